"""From a verdict to the documents that are answered and recorded. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from controlplane.operations.findings import LocatedFinding, message
from controlplane.operations.gate import GateReport
from controlplane.operations.recording import decision_json, state_json
from controlplane.operations.serving import Answered, Final, InForce, LoadedSet, Ruling
from controlplane.operations.weighing import reasons
from controlplane.values import Problem, dotted
from evidence.canonical import Json

Place = tuple[str, int]


def decision(found: Answered, policies: InForce, place: Place | None = None) -> Json:
    """Return the answer about one envelope."""
    value = {
        "allow": found.verdict.allow,
        "question": found.question,
        "verdict": found.verdict.to_json(),
        "verdictDigest": found.verdict.digest(),
        "revision": state_json(policies.snapshot),
        "judgements": [_judgement(ruling, policies) for ruling in found.rulings],
        "weighed": [each.to_json() for each in found.final.weighings],
        "words": words(found.final, policies),
        "details": [line for ruling in found.rulings for line in ruling.details],
    }
    return {**value, "recorded": _entry(place)} if place else value


def _entry(place: Place) -> Json:
    return {"origin": place[0], "index": place[1]}


def _judgement(ruling: Ruling, policies: InForce) -> Json:
    loaded = ruling.policy_set
    return {
        "policySet": loaded.name,
        "policies": loaded.bundle.digest,
        "engine": engine(loaded, policies),
        "verdictDigest": ruling.verdict.digest(),
        "judged": [{"subject": subject, "envelope": name} for subject, name in ruling.judged],
    }


def engine(loaded: LoadedSet, policies: InForce) -> Json:
    """Return who evaluates a policy set."""
    named = {"name": policies.engine.name, "version": policies.engine_version}
    artifact = loaded.prepared.artifact
    return {**named, "artifact": artifact} if artifact else named


def words(final: Final, policies: InForce) -> Json:
    """Return the findings of a verdict in words, the gravest first."""
    order = ("deny", "warn", "info")
    why = reasons(final.weighings)
    found = [
        {
            "rule": each.rule,
            "severity": each.severity.value,
            "subject": each.subject,
            "field": dotted(each.path),
            "message": message(each, rule, why.get(each, "")),
            "remedy": rule.remedy,
        }
        for each in final.verdict.findings
        if (rule := policies.rules.get(each.rule)) is not None
    ]
    return sorted(found, key=lambda each: order.index(each["severity"]))


def change_decision(report: GateReport, place: Place | None) -> Json:
    """Return the answer about a step of the repository."""
    value = {
        "allow": report.allow,
        "decision": decision_json(report),
        "words": [_located(each) for each in report.findings],
        "problems": problems(report.problems),
        "details": list(report.details),
    }
    return {**value, "recorded": _entry(place)} if place else value


def _located(finding: LocatedFinding) -> Json:
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "subject": finding.subject,
        "field": finding.field,
        "message": finding.message,
        "remedy": finding.remedy,
        "position": str(finding.position),
    }


def problems(found: Iterable[Problem] | Sequence[Problem]) -> Json:
    """Return what is wrong with a repository."""
    return [
        {
            "rule": each.code,
            "severity": "deny",
            "subject": "",
            "field": "",
            "message": each.message,
            "remedy": each.remedy,
            "position": str(each.position),
        }
        for each in found
    ]
