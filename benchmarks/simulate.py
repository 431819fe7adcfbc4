"""`cpctl simulate` over 10,000 recorded decisions, against `opa eval` once per decision.

Ours is the whole command: it reads the evidence, verifies every signature and every digest, judges
and compares. The peer is given the envelopes on disk and the policies as files, and verifies
nothing; it is timed on some of the decisions, for it takes as long for each of more. Both must
find the same, or nothing is reported.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pygit2

from benchmarks import decisions, measure
from benchmarks.measure import UnmeasuredError, Usage
from benchmarks.report import Comparison, Report, Sample, median
from benchmarks.settings import Settings
from controlplane import wiring
from controlplane.operations.past import PastDecision
from controlplane.operations.remembering import past_decisions
from controlplane.policy.bundle import with_texts
from controlplane.policy.entries import PACKAGE, entries, told_alike
from controlplane.policy.model import PolicyBundle
from evidence.canonical import canonical
from tests.support import binaries
from tests.support.company import ROOT
from tests.support.decisions import trusting
from tests.support.evidence import signer, writer

Json = Any
DECISIONS, ASKED = 10_000, 100
OURS, PEER = "cpctl simulate", "opa eval once per decision"
AIM = 50.0
RULE = "policies/budgets/within-plan/rule.rego"
LOOSE = ("limit.micros > most.micros", "limit.micros > most.micros * 10000")
FOLDERS = ("tenants", "catalog", "trust", "templates", "policies", "repository.yaml")


def run(settings: Settings) -> Report:
    """Record decisions once, then let both judge them under policies that loosen one rule."""
    count = settings.choose(DECISIONS, 20)
    asked = settings.choose(ASKED, 2)
    engine = wiring.policy_engine(None)
    settings.say(f"  recording {count:,} decisions ({engine.version()})")
    keys = signer("decide"), signer("log")
    evidence = settings.scratch / "evidence"
    log = writer(evidence, sign=keys[0], log=keys[1], origin="benchmarks.example/decide")
    envelopes = decisions.write(log, engine, count)
    trust = trusting(*keys)
    (settings.scratch / "trust.json").write_bytes(trust.to_bytes())
    candidate = _candidate(decisions.policies())
    repository = _repository(settings.scratch / "repository")
    peer = _Peer(settings.scratch / "peer", candidate)
    some = _some(past_decisions(evidence, trust, datetime.now(UTC)), asked)
    documents = [peer.input(number, each) for number, each in enumerate(some)]
    samples: list[Sample] = []
    for number in range(settings.runs):
        sides = (0, 1) if number % 2 == 0 else (1, 0)
        for side in sides:
            settings.say(f"  round {number + 1}: {(OURS, PEER)[side]}")
            if side == 0:
                usage, found = _ours(settings, repository, evidence)
                samples.append(Sample(OURS, number, usage, found))
            else:
                samples.append(Sample(PEER, number, peer.ask(documents, settings.scratch)))
    _agree(samples, count)
    scale = count / len(some)
    return Report(
        "simulate",
        {
            "decisions": count,
            "envelopes": envelopes,
            "rules": len(candidate.rules),
            "engine": engine.version(),
            PEER: f"of {len(some)}, times {scale:g}",
        },
        samples,
        [
            Comparison(
                f"{OURS}, times as fast as {PEER}",
                median(samples, PEER) * scale / median(samples, OURS),
                AIM,
            )
        ],
        [
            f"{PEER}: {median(samples, PEER) / len(some) * 1000:.1f} ms a decision",
            f"{OURS}: {median(samples, OURS) / count * 1000:.2f} ms a decision",
        ],
    )


def _candidate(bundle: PolicyBundle) -> PolicyBundle:
    """Return the policies with one rule loosened."""
    (text,) = (module.text for module in bundle.modules if module.path == RULE)
    if LOOSE[0] not in text:
        raise UnmeasuredError(f"{RULE} no longer holds {LOOSE[0]!r}")
    return with_texts(bundle, {RULE: text.replace(*LOOSE)})


def _repository(place: Path) -> Path:
    """Return a repository whose HEAD is the company with the loosened rule."""
    git = pygit2.init_repository(str(place), initial_head="main")
    for name in FOLDERS:
        top = ROOT / name
        for path in [top] if top.is_file() else sorted(p for p in top.rglob("*") if p.is_file()):
            copy = place / path.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            data = path.read_bytes()
            if path == ROOT / RULE:
                data = data.replace(LOOSE[0].encode(), LOOSE[1].encode())
            copy.write_bytes(data)
    git.index.add_all()
    git.index.write()
    who = pygit2.Signature("Ada", "ada@meridian.example", decisions.BEGIN, 0)
    git.create_commit("HEAD", who, who, "Begin", git.index.write_tree(), [])
    return place


def _ours(settings: Settings, repository: Path, evidence: Path) -> tuple[Usage, Json]:
    words = [sys.executable, "-m", "controlplane.cli.main", "simulate", "--policies", "HEAD"]
    words += ["--root", str(repository), "--trust", str(settings.scratch / "trust.json")]
    home = settings.scratch / "home"
    environment = {
        **os.environ,
        "CPCTL_EVIDENCE": str(evidence),
        "CPCTL_HOME": str(home),
        "XDG_CACHE_HOME": str(home / "cache"),
    }
    output = settings.scratch / "ours.out"
    usage = measure.command(
        [*words, "-o", "json"], environment=environment, output=output, expect=(1,)
    )
    said = output.read_text(encoding="utf-8")
    found, _ = json.JSONDecoder().raw_decode(said[said.index("{\n") :])
    wanted = ("decisions", "inputs", "asked", "totals", "notSimulated")
    return usage, {name: found[name] for name in wanted}


def _some(found: Iterable[object], count: int) -> list[PastDecision]:
    """Return the latest decisions, one in ten of them denied, as everywhere."""
    kept: list[PastDecision] = []
    for each in found:
        if not isinstance(each, PastDecision):
            raise UnmeasuredError(f"a decision that was just recorded does not count: {each}")
        kept.append(each)
        if len(kept) == count:
            break
    return kept


def _agree(samples: Sequence[Sample], count: int) -> None:
    """Refuse to report where ours left something out or the rounds differ."""
    found = [sample.details for sample in samples if sample.client == OURS]
    if any(each["decisions"] != count or each["notSimulated"] for each in found):
        raise UnmeasuredError(f"not every decision was simulated: {found[0]}")
    if not all(each["totals"] == found[0]["totals"] for each in found):
        raise UnmeasuredError("two rounds found different things")
    if not found[0]["totals"]["turns"]["deny → allow"]:
        raise UnmeasuredError("the loosened rule lets nothing pass, so nothing was compared")


class _Peer:
    """`opa eval` with the policies as files, and one file of envelopes for each decision."""

    def __init__(self, place: Path, bundle: PolicyBundle) -> None:
        self._place, self._bundle = place, bundle
        self._opa = binaries.need("opa")
        asked = entries(bundle)
        self._entries = asked.by_rules
        for module in (*bundle.modules, asked.module):
            path = place / module.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(module.text, encoding="utf-8")
        (place / "data.json").write_bytes(canonical(bundle.data))

    def input(self, number: int, decision: PastDecision) -> Path:
        """Write what is asked about a decision."""
        asked = []
        for subject, names in decision.judged().items():
            for name in names:
                value = json.loads(decision.envelope(name))
                told = ("time" in value, bool(value["facts"]))
                rules = told_alike(self._bundle.rules, subject.partition("/")[0])[told]
                entry = self._entries[frozenset(rule.id for rule in rules)]
                asked.append({"entry": entry, "envelope": {**value, "question": name}})
        path = self._place / f"input-{number}.json"
        path.write_bytes(canonical({"asked": asked}))
        return path

    def ask(self, documents: Sequence[Path], scratch: Path) -> Usage:
        """Run one process a document, one after the other, as a script around it would."""
        # The names are bound first: `with` replaces what a reference to `input` in them means.
        query = (
            "[answer | some each in input.asked; entry := each.entry; envelope := each.envelope; "
            f"answer := data.{PACKAGE}[entry] with input as envelope]"
        )
        wall = cpu = peak = 0.0
        policies = [self._place / "policies", self._place / f"{PACKAGE}.rego"]
        flags = [word for path in (*policies, self._place / "data.json") for word in ("-d", path)]
        for number, document in enumerate(documents):
            words = [self._opa, "eval", *flags, "-i", document, "--format", "raw", query]
            output = scratch / "peer.out"
            usage = measure.command(words, output=output, watch_memory=number == 0)
            self._check(document, json.loads(output.read_text(encoding="utf-8")))
            wall, cpu, peak = wall + usage.wall, cpu + usage.cpu, max(peak, usage.peak_mib)
        return Usage(wall, cpu, peak)

    def _check(self, document: Path, answers: Json) -> None:
        """Refuse to report where it was not asked everything."""
        wanted = [e["envelope"]["question"] for e in json.loads(document.read_bytes())["asked"]]
        if [each["question"] for each in answers] != wanted:
            raise UnmeasuredError(f"opa eval did not answer every envelope: {str(answers)[:300]}")
