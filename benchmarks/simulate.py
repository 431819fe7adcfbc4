"""`cpctl simulate` over 10,000 recorded decisions, against `opa eval` once per decision.

Ours is the whole command: it reads the evidence, verifies every signature and every digest, asks
the one rule that differs, and lets recorded answers of the others stand. The peer knows of no
recorded answer: it is given the envelopes on disk and the policies as files, asks every rule, and
verifies nothing. It is timed on some of the decisions, spread over all, for it takes as long for
each of more. For each of these both must find the same, finding by finding, or nothing is reported.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import decisions, measure
from benchmarks.measure import UnmeasuredError, Usage
from benchmarks.report import Comparison, Report, Sample, median
from benchmarks.settings import Settings
from controlplane import wiring
from controlplane.operations.past import PastDecision
from controlplane.operations.remembering import past_decisions
from controlplane.policy.bundle import with_texts
from controlplane.policy.decide import decide
from controlplane.policy.engine import Question
from controlplane.policy.entries import PACKAGE, entries, told_alike
from controlplane.policy.model import PolicyBundle, merge
from evidence.canonical import canonical, digest_bytes
from tests.support import binaries
from tests.support.decisions import trusting
from tests.support.evidence import signer, writer

Json = Any
DECISIONS, ASKED, TENANTS = 10_000, 100, 6
OURS, PEER = "cpctl simulate", "opa eval once per decision"
AIM = 50.0
RULE = "policies/budgets/within-plan/rule.rego"
LOOSE = ("period, most.micros)", "period, most.micros * 2)")


def run(settings: Settings) -> Report:
    """Record decisions once, then let both judge them under policies that loosen one rule."""
    count = settings.choose(DECISIONS, 20)
    asked = settings.choose(ASKED, 2)
    engine = wiring.policy_engine(None)
    settings.say(f"  recording {count:,} decisions ({engine.version()})")
    keys = signer("decide"), signer("log")
    evidence, repository = settings.scratch / "evidence", settings.scratch / "repository"
    log = writer(evidence, sign=keys[0], log=keys[1], origin="benchmarks.example/decide")
    tenants = settings.choose(TENANTS, 3)
    molds, shared, bundle = decisions.made(repository, engine, wiring.charts(), tenants)
    envelopes = decisions.write(log, molds, shared, count)
    _loosen(repository)
    trust = trusting(*keys)
    (settings.scratch / "trust.json").write_bytes(trust.to_bytes())
    candidate = _candidate(bundle)
    peer = _Peer(settings.scratch / "peer", candidate)
    some = _some(past_decisions(evidence, trust, datetime.now(UTC)), count // asked)
    for number, each in enumerate(some):
        peer.take(number, each)
    samples: list[Sample] = []
    for number in range(settings.runs):
        sides = (0, 1) if number % 2 == 0 else (1, 0)
        for side in sides:
            settings.say(f"  round {number + 1}: {(OURS, PEER)[side]}")
            if side == 0:
                usage, flipped, found = _ours(settings, repository, evidence)
                samples.append(Sample(OURS, number, usage, found))
                expected = [_after(each, flipped) for each in some]
            else:
                usage, answers = peer.ask(settings.scratch)
                samples.append(Sample(PEER, number, usage))
        _same(expected, answers)
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


def _loosen(repository: Path) -> None:
    """Commit the loosened rule, which is then what HEAD holds."""
    path = repository / RULE
    path.write_text(path.read_text(encoding="utf-8").replace(*LOOSE), encoding="utf-8")
    decisions.commit(repository)


def _ours(settings: Settings, repository: Path, evidence: Path) -> tuple[Usage, Json, Json]:
    """Return what it cost, the decisions that would differ by name, and the totals."""
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
    flipped = {each["decision"]: each["flips"] for each in found["flipped"]}
    return usage, flipped, {name: found[name] for name in wanted}


def _some(found: Iterable[object], every: int) -> list[PastDecision]:
    """Return one of so many decisions, each time from another place among ten: one is denied."""
    kept: list[PastDecision] = []
    for number, each in enumerate(found):
        if not isinstance(each, PastDecision):
            raise UnmeasuredError(f"a decision that was just recorded does not count: {each}")
        if number == len(kept) * every + (len(kept) * 3 + 9) % 10:
            kept.append(each)
    return kept


def _after(decision: PastDecision, flipped: Mapping[str, Json]) -> set[str]:
    """Return the findings that ours says there would be: the recorded ones with its differences."""
    found = {_text(each) for each in decision.engines.to_json()["findings"]}
    flips = flipped.get(decision.name, [])
    return found - set(_side(flips, "before")) | set(_side(flips, "after"))


def _side(flips: Json, side: str) -> Iterator[str]:
    for flip in flips:
        if flip[side]:
            yield _text({**flip[side], "rule": flip["rule"], "subject": flip["subject"]})


def _text(finding: Json) -> str:
    return canonical(finding).decode()


def _same(ours: Sequence[set[str]], peers: Sequence[set[str]]) -> None:
    """Refuse to report where the two found different things about any decision."""
    for number, (one, other) in enumerate(zip(ours, peers, strict=True)):
        if one != other:
            raise UnmeasuredError(f"decision {number}: the findings differ: {sorted(one ^ other)}")
    if not any(ours):
        raise UnmeasuredError("nothing was found in any decision, so nothing was compared")


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
        self._documents: list[tuple[Path, list[Question]]] = []

    def take(self, number: int, decision: PastDecision) -> None:
        """Write what is asked about a decision."""
        asked, questions = [], []
        for subject, names in decision.judged().items():
            for name in names:
                envelope = decision.envelope(name)
                value = json.loads(envelope)
                told = ("time" in value, bool(value["facts"]))
                rules = told_alike(self._bundle.rules, subject.partition("/")[0])[told]
                entry = self._entries[frozenset(rule.id for rule in rules)]
                asked.append({"entry": entry, "envelope": {**value, "question": name}})
                questions.append(Question(subject, envelope, rules))
        path = self._place / f"input-{number}.json"
        path.write_bytes(canonical({"asked": asked}))
        self._documents.append((path, questions))

    def ask(self, scratch: Path) -> tuple[Usage, list[set[str]]]:
        """Run one process a decision, one after the other, as a script around it would.

        Returns what it cost, and each decision's findings.
        """
        # The names are bound first: `with` replaces what a reference to `input` in them means.
        query = (
            "[answer | some each in input.asked; entry := each.entry; envelope := each.envelope; "
            f"answer := data.{PACKAGE}[entry] with input as envelope]"
        )
        wall = cpu = peak = 0.0
        found: list[set[str]] = []
        policies = [self._place / "policies", self._place / f"{PACKAGE}.rego"]
        flags = [word for path in (*policies, self._place / "data.json") for word in ("-d", path)]
        for number, (document, questions) in enumerate(self._documents):
            words = [self._opa, "eval", *flags, "-i", document, "--format", "raw", query]
            output = scratch / "peer.out"
            usage = measure.command(words, output=output, watch_memory=number == 0)
            answers = json.loads(output.read_text(encoding="utf-8"))
            found.append(self._findings(questions, answers))
            wall, cpu, peak = wall + usage.wall, cpu + usage.cpu, max(peak, usage.peak_mib)
        return Usage(wall, cpu, peak), found

    @staticmethod
    def _findings(questions: Sequence[Question], answers: Json) -> set[str]:
        """Return what its answers come to; refuse to report where it left something out."""
        wanted = [digest_bytes(question.envelope) for question in questions]
        if [each["question"] for each in answers] != wanted:
            raise UnmeasuredError(f"opa eval did not answer every envelope: {str(answers)[:300]}")
        verdict = merge(
            decide(question, each["answers"])
            for question, each in zip(questions, answers, strict=True)
        )
        if verdict.indeterminate:
            raise UnmeasuredError(f"opa eval left something open: {verdict.indeterminate[0]}")
        return {_text(each) for each in verdict.to_json()["findings"]}
