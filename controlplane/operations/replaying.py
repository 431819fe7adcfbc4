"""Makes recorded decisions again from an evidence bundle, and compares the verdicts by digest.

The bundle has been verified before: what is in it is what was signed. Here every recorded policy
judges every recorded envelope once more; nothing else takes part, no clock, no repository.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from controlplane.operations.decided import ALLOW, KIND
from controlplane.operations.judged_pages import KIND as PAGES
from controlplane.operations.past import (
    NoDecisionError,
    PastDecision,
    PastJudgement,
    read_decision,
)
from controlplane.operations.remembering import bundle_or_why
from controlplane.policy.decide import decide, unanswered_details
from controlplane.policy.engine import PolicyEngine, Question, answered
from controlplane.policy.engines.compiled_artifact import Artifact, ArtifactError
from controlplane.policy.entries import told_alike
from controlplane.policy.model import PolicyBundle, Verdict, merge
from controlplane.policy.weigh import weigh
from evidence.canonical import Json, canonical
from evidence.errors import MalformedError
from evidence.run import INTERRUPTED
from evidence.statement import Statement

EngineOf = Callable[[PastJudgement, bytes | None], PolicyEngine]
"""Gives the engine for a judgement, and for the compiled policies that were recorded with it."""


@dataclass(frozen=True)
class Replayed:
    """One verdict, as it was recorded and as it comes out now; `details` say what stayed open."""

    part: str
    policy_set: str  # "" for the decision as a whole
    recorded_with: str
    replayed_with: str
    recorded: str  # digests
    again: str
    allow: bool
    details: tuple[str, ...] = ()

    @property
    def same(self) -> bool:
        """Whether the verdict is the same, byte for byte."""
        return self.recorded == self.again


@dataclass(frozen=True)
class Replayable:
    """A decision with the compiled policies that were recorded beside it.

    `compiled` is by digest and by the policies it was made of: two that differ in a comment only
    compile to the same module.
    """

    decision: PastDecision
    compiled: Mapping[tuple[str, str], bytes]


def decisions(bundle: bytes) -> Iterator[Replayable]:
    """Yield the decisions of a bundle that was verified; a run that was interrupted holds none.

    Raises MalformedError where a statement that decides holds no decision to be made again, or one
    that is not its own.
    """
    value = json.loads(bundle)
    for number, entry in enumerate(value["statements"]):
        part = f"statement {number}"
        said = Statement.read(base64.b64decode(entry["envelope"]["payload"]), part)
        if said.kind == KIND and said.outcome != INTERRUPTED:
            yield _decision(said, entry["records"], value["payloads"], part)


def _decision(
    said: Statement, records: Json, payloads: Mapping[str, Json], part: str
) -> Replayable:
    kept: dict[str, list[str]] = {}
    for record in records:
        kept.setdefault(record["kind"], []).append(record["payload"])
    bundles: dict[str, PolicyBundle] = {}
    for name in kept.get("policies", ()):
        found = bundle_or_why(payloads[name])
        if isinstance(found, str):
            raise MalformedError(f"{part}: policies", found)
        bundles[found.digest] = found
    envelopes = {name: payloads[name] for name in kept.get("envelope", ())}
    pages = {name: payloads[name] for name in kept.get(PAGES, ())}
    compiled = dict(_compiled(payloads[name], part) for name in kept.get("compiled", ()))
    names = kept.get("decision", [])
    if len(names) != 1:
        raise MalformedError(part, f"holds {len(names)} decisions, not one")
    try:
        decision = read_decision(
            payloads[names[0]],
            names[0],
            part,
            lambda wanted: canonical(_named(envelopes, wanted, f"{part}: envelope")),
            lambda wanted: _named(bundles, wanted, f"{part}: policies"),
            lambda wanted: _named(pages, wanted, f"{part}: judged"),
        )
    except NoDecisionError as error:
        raise MalformedError(part, str(error)) from error
    if why := _foreign(decision, payloads[names[0]]["to"], said):
        raise MalformedError(part, why)
    return Replayable(decision, compiled)


def _foreign(decision: PastDecision, to: Json, said: Statement) -> str:
    """Return why a decision is not the one that its statement says was made, "" where it is."""
    tree = str(to["tree"])
    named = {"gitCommit": decision.head, "gitTree": tree}
    if not decision.head:
        named = {"sha256": tree.removeprefix("files:")}
    if all(subject.digest != named for subject in said.subjects):
        return "its decision is about another step than its statement"
    if decision.allow is not decision.verdict.allow:
        return "its decision allows otherwise than its verdict"
    if decision.allow is not (said.outcome == ALLOW):
        return "its outcome is not that of its decision"
    return ""


def _compiled(payload: Json, part: str) -> tuple[tuple[str, str], bytes]:
    """Return the digests of compiled policies and of their sources, and the file with them."""
    try:
        name, data = str(payload["digest"]), base64.b64decode(payload["file"], validate=True)
        artifact = Artifact.from_bytes(data)
    except (KeyError, TypeError, ValueError, ArtifactError) as error:
        raise MalformedError(f"{part}: compiled", "are no compiled policies") from error
    if artifact.digest != name:
        raise MalformedError(f"{part}: compiled", "are not those that their digest names")
    return (name, artifact.sources.policies), data


def _named(found: Mapping[str, Json], name: str, part: str) -> Json:
    if name not in found:
        raise MalformedError(part, f"{name} is not among the records")
    return found[name]


def judged_again(given: Replayable, engine_of: EngineOf) -> Iterator[Replayed]:
    """Yield each verdict of a decision again, and last the decision as a whole.

    Raises MalformedError where a record is missing, PolicyLoadError or EngineError where the
    policies cannot be evaluated here.
    """
    decision, verdicts = given.decision, []
    for judgement in decision.judgements:
        engine = engine_of(judgement, given.compiled.get((judgement.artifact, judgement.policies)))
        verdict, details = _again(decision, judgement, engine)
        verdicts.append(verdict)
        yield Replayed(
            part=decision.part,
            policy_set=judgement.policy_set,
            recorded_with=f"{judgement.engine} ({judgement.engine_version})",
            replayed_with=f"{engine.name} ({engine.version()})",
            recorded=judgement.verdict,
            again=verdict.digest(),
            allow=verdict.allow,
            details=details,
        )
    whole = merge(verdicts)
    if decision.weights is not None:
        whole = weigh(whole, decision.weights).verdict
    recorded = decision.verdict.digest()
    yield Replayed(decision.part, "", "", "", recorded, whole.digest(), whole.allow)


def _again(
    decision: PastDecision, judgement: PastJudgement, engine: PolicyEngine
) -> tuple[Verdict, tuple[str, ...]]:
    bundle = decision.bundle(judgement.policies)
    asked = [
        _question(subject, decision.envelope(name), bundle) for subject, name in judgement.judged
    ]
    with engine.prepare(bundle) as prepared:
        pairs = list(zip(asked, answered(prepared, asked), strict=True))
    details = tuple(text for pair in pairs for text in unanswered_details(*pair))
    return merge(decide(question, answer) for question, answer in pairs), details


def _question(subject: str, envelope: bytes, bundle: PolicyBundle) -> Question:
    """Return what was asked about an envelope: it shows whether rules were told time and facts."""
    value = json.loads(envelope)
    told = ("time" in value, bool(value.get("facts")))
    rules = told_alike(bundle.rules, subject.partition("/")[0]).get(told, ())
    return Question(subject, envelope, rules)
