"""From what the gate or lint found to the one list of results that every form shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from controlplane.errors import Exit
from controlplane.operations.findings import LocatedFinding, Undecided
from controlplane.operations.gate import GateReport
from controlplane.policy.model import Rule, Severity
from controlplane.repo.layout import REPOSITORY_FILE
from controlplane.report import fingerprints
from controlplane.report.model import About, Level, Origin, Report, Result
from controlplane.values import Position, Problem

LEVELS: Mapping[Severity, Level] = {
    Severity.DENY: Level.ERROR,
    Severity.WARN: Level.WARNING,
    Severity.INFO: Level.NOTE,
}
NOTHING_ASKED = "gate/nothing-asked"


def of_gate(gate: GateReport) -> Report:
    """Return the results of the gate. Problems and undecided rules go before findings."""
    results = [
        *map(_problem, gate.problems),
        *_nothing_asked(gate),
        *map(_undecided, gate.undecided),
        *_findings(gate),
    ]
    rules = {rule.id: _about(rule) for rule in _rules(gate) if rule.id in gate.verdict.rules}
    code = exit_of(gate)
    return Report(
        command="gate",
        sentence=sentence(gate),
        results=_once(results),
        rules=_known(rules, results),
        complete=code in (Exit.CLEAN, Exit.FINDINGS),
        exit_code=code,
    )


def of_lint(problems: Iterable[Problem], what: str) -> Report:
    """Return the results of lint on `what`: a revision, the index, the working tree, a file."""
    results = [_problem(each) for each in problems]
    count = f"{len(results)} problem(s)" if results else "no problems"
    return Report(
        command="lint",
        sentence=f"{what}: {count}",
        results=_once(results),
        rules=_known({}, results),
        exit_code=Exit.INVALID_REPOSITORY if results else Exit.CLEAN,
    )


def exit_of(gate: GateReport) -> Exit:
    """Return the exit code that the gate's answer calls for."""
    if gate.problems:
        return Exit.INVALID_REPOSITORY
    if gate.verdict.indeterminate or not gate.verdict.rules:
        return Exit.INDETERMINATE
    return Exit.CLEAN if gate.allow else Exit.FINDINGS


def sentence(gate: GateReport) -> str:
    """Return the verdict in one sentence."""
    if gate.problems:
        return f"invalid: {len(gate.problems)} problem(s)"
    if gate.allow:
        rules = len(gate.verdict.rules)
        return f"allowed: {rules} rules, {len(gate.findings)} finding(s) that do not forbid it"
    denies = sum(finding.severity is Severity.DENY for finding in gate.findings)
    parts = [f"{denies} finding(s) forbid it"] if denies else []
    parts += [f"{len(gate.undecided)} undecided"] if gate.undecided else []
    return f"denied: {', '.join(parts or ['no rule was asked'])}"


def asked(gate: GateReport) -> list[tuple[str, str]]:
    """Return every (rule, subject) that was asked, sorted, once each."""
    return sorted(
        {
            (rule.id, subject)
            for _, judgement in gate.judgements
            for subject, _ in judgement.judged
            for rule in judgement.bundle.rules
            if subject.partition("/")[0] in rule.subjects
        }
    )


def _rules(gate: GateReport) -> Iterator[Rule]:
    """Yield every rule; of two versions of one the base's comes last, which is in force."""
    for _, judgement in reversed(gate.judgements):
        yield from judgement.bundle.rules


def _about(rule: Rule) -> About:
    return About(
        id=rule.id,
        level=LEVELS[rule.severity],
        title=rule.title,
        description=rule.description.strip(),
        remedy=rule.remedy.strip(),
        controls=rule.controls,
        source=rule.module,
    )


def _problem(problem: Problem) -> Result:
    place = problem.position
    return Result(
        rule=problem.code,
        level=Level.ERROR,
        origin=Origin.PROBLEM,
        subject="",
        position=place,
        message=problem.message,
        remedy=problem.remedy,
        fingerprint=fingerprints.of_problem(place.path, problem.code, problem.message),
    )


def _undecided(item: Undecided) -> Result:
    return Result(
        rule=item.rule,
        level=Level.ERROR,
        origin=Origin.UNDECIDED,
        subject=item.subject,
        position=item.position,
        message=f"undecided: {item.rule} {item.message} about {item.subject}, which denies",
        remedy=item.remedy,
        fingerprint=fingerprints.of(item.rule, item.subject, "undecided", item.cause.value),
    )


def _nothing_asked(gate: GateReport) -> Iterator[Result]:
    if gate.problems or gate.verdict.rules:
        return
    yield Result(
        rule=NOTHING_ASKED,
        level=Level.ERROR,
        origin=Origin.UNDECIDED,
        subject="",
        position=Position(REPOSITORY_FILE),
        message="undecided: no rule was asked, and nothing that was not judged passes",
        remedy="see which policy sets `repository.yaml` names, or judge all with `--whole`",
        fingerprint=fingerprints.of(NOTHING_ASKED),
    )


def _findings(gate: GateReport) -> Iterator[Result]:
    for finding in gate.findings:
        yield _finding(finding)


def _finding(finding: LocatedFinding) -> Result:
    steps = list(finding.steps)
    name = [finding.rule, finding.subject, finding.code, steps, dict(finding.params)]
    return Result(
        rule=finding.rule,
        level=LEVELS[finding.severity],
        origin=Origin.FINDING,
        subject=finding.subject,
        position=finding.position,
        field=finding.field,
        message=finding.message,
        remedy=finding.remedy,
        fingerprint=fingerprints.of(*name),
    )


def _once(results: Iterable[Result]) -> tuple[Result, ...]:
    """Return the results, the gravest of those with one fingerprint; they come gravest first.

    The policies of base and head may both find a thing and weigh it differently.
    """
    found: dict[str, Result] = {}
    for each in results:
        found.setdefault(each.fingerprint, each)
    return tuple(found.values())


def _known(rules: Mapping[str, About], results: Iterable[Result]) -> dict[str, About]:
    """Return the rules and, beside them, the codes that no rule stands behind."""
    codes = {r.rule: About(r.rule, r.level, title=r.rule) for r in results if r.rule not in rules}
    return dict(sorted({**codes, **rules}.items()))
