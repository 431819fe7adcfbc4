"""Gate reports for tests of what people are shown, made without an engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from controlplane.operations.findings import LocatedFinding, Undecided
from controlplane.operations.gate import GateReport, Step
from controlplane.operations.item_names import steps
from controlplane.operations.judging import Judgement
from controlplane.policy.bundle import load
from controlplane.policy.model import Cause, Finding, Indeterminate, Severity, Verdict
from controlplane.repo.changes import Changes
from controlplane.repo.reach import Reach
from controlplane.repo.snapshot import nothing
from controlplane.values import FieldPath, Position, Problem
from evidence.canonical import Json, canonical
from tests.support.policies import finds, rule

STEP = Step(nothing(), nothing(), genesis=True)
NO_CHANGES = Changes((), (), (), Reach())


def finding(
    rule_id: str = "tenancy/first",
    severity: Severity = Severity.DENY,
    *,
    line: int = 7,
    message: str = "x is bad",
    path: FieldPath = ("spec", "placements", 1),
    params: tuple[tuple[str, str | int], ...] = (("name", "x"),),
    file: str = "tenants/acme/tenant.yaml",
) -> LocatedFinding:
    """Return a finding about Tenant/acme."""
    return LocatedFinding(
        rule=rule_id,
        severity=severity,
        subject="Tenant/acme",
        position=Position(file, line, 3),
        field="spec.placements[1]",
        message=message,
        remedy="Mend it.",
        controls=("SOC2 CC6.1",),
        code="bad",
        path=path,
        params=params,
    )


def undecided(rule_id: str = "tenancy/second", cause: Cause = Cause.TIMEOUT) -> Undecided:
    """Return a rule that gave no answer about Tenant/acme."""
    place = Position("tenants/acme/tenant.yaml", 1, 1)
    return Undecided(rule_id, "Tenant/acme", cause, "took too long", "run it again", place)


def problem(message: str = "`no` is not text", file: str = "tenants/acme/tenant.yaml") -> Problem:
    """Return a problem of the repository."""
    return Problem(Position(file, 4, 2), "field/string-type", message, "quote it")


def report(
    findings: Sequence[LocatedFinding] = (),
    undecided: Sequence[Undecided] = (),
    problems: Sequence[Problem] = (),
    *,
    resource: Json = None,
    rules: bool = True,
) -> GateReport:
    """Return a report in which two rules were asked about Tenant/acme and Tenant/other."""
    files = rule(finds("input.a")) | rule(finds("input.b"), "tenancy/second", severity="warn")
    loaded = load(files)
    assert not loaded.problems, loaded.problems
    names = tuple(each.id for each in loaded.bundle.rules) if rules and not problems else ()
    verdict = Verdict(
        tuple(Finding(f.rule, f.severity, f.subject, f.code, f.path, f.params) for f in findings),
        tuple(Indeterminate(u.rule, u.subject, u.cause) for u in undecided),
        names,
    )
    findings = [replace(f, steps=steps(f.path, resource)) for f in findings]
    envelope = canonical({"subject": {"resource": resource or {}}})
    judgement = Judgement(
        verdict=verdict,
        engine="fake",
        engine_version="fake 1",
        bundle=loaded.bundle,
        envelopes={"sha256:a": envelope},
        judged=(("Tenant/acme", "sha256:a"), ("Tenant/other", "sha256:a")),
        details=(),
    )
    return GateReport(
        step=STEP,
        verdict=verdict,
        changes=NO_CHANGES,
        findings=tuple(findings),
        undecided=tuple(undecided),
        judgements=(("base/own", judgement),) if names else (),
        problems=tuple(problems),
    )
