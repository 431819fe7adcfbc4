"""An evidence log of many decisions, each such as one pull request to a tenant leaves.

The gate judges a handful of real changes: to some tenants of the shipped company, approved, once
with a budget beyond the plan. Each recorded decision is one of those, about a copy of the tenant
under a name of its own, with its own commits, time and text; one in ten is denied. What is recorded
has the form, the digests and the signatures of the gate's own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pygit2

from controlplane.operations.gate import Agreement, GateReport, Step, gate
from controlplane.operations.recording import decision_json, records
from controlplane.policy.engine import PolicyEngine
from controlplane.policy.model import PolicyBundle
from controlplane.render.helm import ChartRenderer
from controlplane.repo.git import GitRepository
from controlplane.repo.snapshot import read
from evidence.canonical import canonical, digest, digest_bytes
from evidence.records import Record
from evidence.shape import stamp
from evidence.statement import Subject as About
from evidence.writer import EvidenceWriter, FinishedRun
from tests.support.company import ROOT

Json = Any
TOGETHER = 100  # decisions appended under one checkpoint
COPIES = 160  # of each tenant of the company
EVERY = 60  # seconds from one decision to the next
BEGIN = datetime(2026, 11, 21, 10, tzinfo=UTC)  # when the real ones are made
FOLDERS = ("tenants", "catalog", "trust", "templates", "policies", "repository.yaml")
NAME, MARK = "platform@meridian.example", "change-99999"
_LIMIT = re.compile(r"(?<=costEnvelope: \{limit: )\d+")


@dataclass(frozen=True)
class Mold:
    """A decision that the gate made, as texts in which names, commits and times can be others."""

    tenant: str
    denied: bool
    commits: tuple[str, str, str, str]  # base and its tree, head and its tree
    decision: str
    envelopes: tuple[tuple[str, bytes], ...]  # (subject, canonical bytes), once each


@dataclass(frozen=True)
class Written(Record):
    """A record whose payload is canonical bytes already."""

    text: bytes = b""

    @property
    def payload_bytes(self) -> bytes:
        """The bytes as they are."""
        return self.text


def repository(place: Path) -> Path:
    """Write the company's files, and nothing else of this repository."""
    for name in FOLDERS:
        top = ROOT / name
        for path in [top] if top.is_file() else sorted(p for p in top.rglob("*") if p.is_file()):
            copy = place / path.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    return place


def commit(place: Path) -> str:
    """Commit every file; returns the commit's id."""
    git = pygit2.init_repository(str(place), initial_head="main")
    git.index.add_all()
    git.index.write()
    who = pygit2.Signature("Ada", NAME, int(BEGIN.timestamp()), 0)
    parents = [] if git.head_is_unborn else [git.head.target]
    return str(git.create_commit("HEAD", who, who, "Change", git.index.write_tree(), parents))


def made(
    place: Path, engine: PolicyEngine, charts: ChartRenderer, count: int
) -> tuple[list[Mold], tuple[Record, ...], PolicyBundle]:
    """Return decisions about `count` tenants, the records that all of them share, and the policies.

    Every tenant whose budget can be raised has a second one, which is denied.
    """
    repository(place)
    base = commit(place)
    found: list[tuple[Mold, GateReport]] = []
    for path in sorted((place / "tenants").glob("*/tenant.yaml"))[:count]:
        before = path.read_text(encoding="utf-8")
        after = before.replace("metadata:\n", f"metadata:\n  annotations: {{change: {MARK}}}\n", 1)
        beyond = _LIMIT.sub(lambda found: str(int(found[0]) * 3), after)
        for text in dict.fromkeys((after, beyond)):
            path.write_text(text, encoding="utf-8")
            head = commit(place)
            git = GitRepository.open(place)
            step = Step(read(git, base), read(git, head))
            report = gate(step, engine, charts, BEGIN, said=_agreement())
            found.append((_mold(path.parent.name, report), report))
            path.write_text(before, encoding="utf-8")
            base = commit(place)
    (_, judgement), *others = found[0][1].judgements
    assert not others
    return [mold for mold, _ in found], tuple(_shared(found[0][1])), judgement.bundle


def _agreement() -> Agreement:
    """Return that everybody agreed who may be asked; one person wrote it who is none of them."""
    roles = ("platform", "owner", "security", "finance")
    approvals = tuple(
        {
            "classes": [],
            "epochSeconds": int(BEGIN.timestamp()) - 3600,
            "key": f"{number}" * 64,
            "known": True,
            "name": f"{role}-approve",
            "names": [NAME, f"{role}@meridian.example"],
            "person": role,
            "role": role,
            "source": "key",
            "time": "2026-11-21T09:00:00Z",
        }
        for number, role in enumerate(roles)
    )
    return Agreement(
        approvals, ({"email": "ada@meridian.example", "name": "Ada", "person": "ada"},)
    )


def _mold(tenant: str, report: GateReport) -> Mold:
    envelopes: dict[str, tuple[str, bytes]] = {}
    for _, judgement in report.judgements:
        for subject, name in judgement.judged:
            envelopes.setdefault(name, (subject, judgement.envelopes[name]))
    value = decision_json(report) | {"gatedBeforeMerge": True}
    ends = (value["from"], value["to"])
    return Mold(
        tenant,
        not report.allow,
        (ends[0]["commit"], ends[0]["tree"], ends[1]["commit"], ends[1]["tree"]),
        canonical(value).decode(),
        tuple(envelopes.values()),
    )


def _shared(report: GateReport) -> Iterator[Record]:
    """Yield the records that every run holds and the directory keeps once."""
    yield from (r for r in records(report, "", gated=True) if r.kind in ("policies", "compiled"))


def write(
    writer: EvidenceWriter, molds: Sequence[Mold], shared: tuple[Record, ...], count: int
) -> int:
    """Record so many decisions; returns how many envelopes they rest on."""
    allowed, denied = ([m for m in molds if m.denied is which] for which in (False, True))
    envelopes = 0
    for start in range(0, count, TOGETHER):
        runs = []
        for number in range(start, min(count, start + TOGETHER)):
            some = denied if number % 10 == 0 else allowed
            runs.append(
                _run(some[(number // 10 if some is denied else number) % len(some)], number, shared)
            )
            envelopes += len(runs[-1].records) - 1 - len(shared)
        writer.append(runs)
    return envelopes


def _run(mold: Mold, number: int, shared: tuple[Record, ...]) -> FinishedRun:
    change = _Change(mold, number)
    names: list[tuple[str, str]] = []
    judged: list[Record] = []
    for subject, text in mold.envelopes:
        other = change.of(text)
        names.append((digest_bytes(text), digest_bytes(other)))
        about = change.of(subject.encode()).decode()
        judged.append(Written("envelope", f"what was judged of {about}", None, about, other))
    word = "deny" if mold.denied else "allow"
    summary = f"{word} change {number}"
    commit_, tree = change.head
    return FinishedRun(
        "gate",
        (About("head", {"gitCommit": commit_, "gitTree": tree}),),
        summary,
        word,
        (Record("decision", summary, _decision(mold, change, names)), *shared, *judged),
    )


class _Change:
    """What is another in decision `number` than in its mold."""

    def __init__(self, mold: Mold, number: int) -> None:
        when = datetime.fromtimestamp(BEGIN.timestamp() + EVERY * (number + 1), UTC)
        base, base_tree, head, head_tree = mold.commits
        self.head = (f"{number + 1:040x}", f"{number + 1:039x}f")
        pairs = [
            (base, f"{number:040x}"),
            (base_tree, f"{number:039x}f"),
            (head, self.head[0]),
            (head_tree, self.head[1]),
            (MARK, f"change-{number:05d}"),
            (str(int(BEGIN.timestamp())), str(int(when.timestamp()))),
            (stamp(BEGIN), stamp(when)),
            (mold.tenant, f"{mold.tenant}-{number // 10 % COPIES:02d}"),
        ]
        self._pairs = [(old.encode(), new.encode()) for old, new in pairs]

    def of(self, text: bytes) -> bytes:
        """Return a text of the mold as this decision has it."""
        for old, new in self._pairs:
            text = text.replace(old, new)
        return text


def _decision(mold: Mold, change: _Change, names: Sequence[tuple[str, str]]) -> Json:
    text = change.of(mold.decision.encode()).decode()
    for old, new in names:
        text = text.replace(old, new)
    value = json.loads(text)
    value["verdictDigest"] = digest(value["verdict"])
    for judgement in value["judgements"]:  # there is one, so its verdict is that of all
        judgement["verdictDigest"] = digest(value.get("enginesVerdict") or value["verdict"])
    return value
