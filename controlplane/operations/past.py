"""Decisions as they were made: what was judged, under which policies, and what came of it.

Values only. They come from signed evidence (`operations.remembering`), from steps of the Git
history that are judged in memory (`operations.history`), or are made up of what a repository holds
now (`made_of`); whoever asks again does not care which.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from controlplane.operations.judged_pages import judged
from controlplane.policy.model import (
    Cause,
    Finding,
    Indeterminate,
    PolicyBundle,
    Severity,
    Verdict,
)
from controlplane.policy.weights import Weights
from evidence.canonical import Json, digest, digest_bytes

DECISION_VERSION: Final = "controlplane.dev/decision/v1"
_OF_A_TENANT: Final = frozenset({"Tenant", "Placement", "PackLock"})


class NoDecisionError(Exception):
    """A payload does not say what a decision says; its text is the reason. Always caught."""


@dataclass(frozen=True)
class PastJudgement:
    """One policy set's part of a decision."""

    policy_set: str
    policies: str  # digest of the bundle
    engine: str
    engine_version: str
    artifact: str  # digest of the compiled policies that were evaluated, "" for policies as text
    verdict: str  # digest
    judged: tuple[tuple[str, str], ...]  # (subject, envelope digest), in order


@dataclass(frozen=True)
class PastDecision:
    """One decision. `envelope` and `bundle` give what a digest names.

    Either raises EvidenceError where that is damaged or missing.
    """

    name: str  # digest of the record, or the commits of the step
    part: str  # where it was found
    base: str  # commit, "" for none
    head: str
    time: str
    classes: tuple[str, ...]
    allow: bool
    verdict: Verdict  # the final one
    engines: Verdict  # what rules said, before it was weighed
    weights: Weights | None  # what it was weighed by, None where it was not
    judgements: tuple[PastJudgement, ...]
    envelope: Callable[[str], bytes]
    bundle: Callable[[str], PolicyBundle]

    def judged(self) -> Mapping[str, tuple[str, ...]]:
        """Return the envelopes that each subject was judged by, once each."""
        found: dict[str, dict[str, None]] = {}
        for judgement in self.judgements:
            for subject, envelope in judgement.judged:
                found.setdefault(subject, {})[envelope] = None
        return {subject: tuple(names) for subject, names in found.items()}

    def kinds(self) -> frozenset[str]:
        """Return the kinds its rules spoke about: nothing of another kind was looked at."""
        bundles = {each.policies: self.bundle(each.policies) for each in self.judgements}
        return frozenset(k for b in bundles.values() for rule in b.rules for k in rule.subjects)

    def holder(self, rule: str) -> PolicyBundle | None:
        """Return the first of its bundles with that rule, None where none has it."""
        bundles = (self.bundle(each.policies) for each in self.judgements)
        return next((b for b in bundles if any(r.id == rule for r in b.rules)), None)


@dataclass(frozen=True)
class Skipped:
    """Something that was not looked at, and why."""

    part: str
    reason: str


def tenant_of(subject: str) -> str:
    """Return the tenant that a subject belongs to, "" for what belongs to none."""
    kind, _, name = subject.partition("/")
    return name.partition("/")[0] if kind in _OF_A_TENANT else ""


def read_decision(
    payload: Json,
    name: str,
    part: str,
    envelope: Callable[[str], bytes],
    bundle: Callable[[str], PolicyBundle],
    page: Callable[[str], Json],
) -> PastDecision:
    """Return the decision that a record's payload holds; raises NoDecisionError.

    `page` gives the payload of a page of what was judged, by its digest.
    """
    try:
        if payload["apiVersion"] != DECISION_VERSION:
            raise NoDecisionError(f"is of the version {payload['apiVersion']}")
        if digest(payload["verdict"]) != payload["verdictDigest"]:
            raise NoDecisionError("its verdict is not the one that its digest names")
        return PastDecision(
            name=name,
            part=part,
            base=str(payload["from"]["commit"]),
            head=str(payload["to"]["commit"]),
            time=str(payload["time"]),
            classes=tuple(map(str, payload["classes"])),
            allow=payload["allow"] is True,
            verdict=_verdict(payload["verdict"]),
            engines=_verdict(payload.get("enginesVerdict") or payload["verdict"]),
            weights=Weights.from_json(found) if (found := payload.get("weights")) else None,
            judgements=tuple(_judgement(each, page) for each in payload["judgements"]),
            envelope=envelope,
            bundle=bundle,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        reason = f"is no decision: {type(error).__name__}: {error}"
        raise NoDecisionError(reason) from error


def _judgement(value: Json, page: Callable[[str], Json]) -> PastJudgement:
    return PastJudgement(
        policy_set=str(value["policySet"]),
        policies=str(value["policies"]),
        engine=str(value["engine"]["name"]),
        engine_version=str(value["engine"]["version"]),
        artifact=str(value["engine"].get("artifact", "")),
        verdict=str(value["verdictDigest"]),
        judged=tuple(judged(value, page)),
    )


def _verdict(value: Json) -> Verdict:
    """Return a verdict from its JSON form."""
    return Verdict(
        findings=tuple(
            Finding(
                rule=str(each["rule"]),
                severity=Severity(each["severity"]),
                subject=str(each["subject"]),
                code=str(each["code"]),
                path=tuple(each["path"]),
                params=tuple(sorted(each["params"].items())),
            )
            for each in value["findings"]
        ),
        indeterminate=tuple(
            Indeterminate(str(each["rule"]), str(each["subject"]), Cause(each["cause"]))
            for each in value["indeterminate"]
        ),
        rules=tuple(map(str, value["rules"])),
        valid_until=str(value["validUntil"]),
    )


def made_of(questions: Iterable[tuple[PolicyBundle, str, bytes]], part: str) -> PastDecision:
    """Return a decision that nobody made: (policies, subject, envelope) that could be judged."""
    judged: dict[str, list[tuple[str, str]]] = {}
    bundles: dict[str, PolicyBundle] = {}
    envelopes: dict[str, bytes] = {}
    for bundle, subject, envelope in questions:
        name = digest_bytes(envelope)
        envelopes[name] = envelope
        bundles[bundle.digest] = bundle
        judged.setdefault(bundle.digest, []).append((subject, name))
    return PastDecision(
        name="",
        part=part,
        base="",
        head="",
        time="",
        classes=(),
        allow=False,
        verdict=Verdict((), (), ()),
        engines=Verdict((), (), ()),
        weights=None,
        judgements=tuple(
            PastJudgement("", name, "", "", "", "", tuple(each)) for name, each in judged.items()
        ),
        envelope=envelopes.__getitem__,
        bundle=bundles.__getitem__,
    )
