"""`cpctl gate`: may the branch go from base to head? The answer is signed before it is shown."""

from __future__ import annotations

from pathlib import Path

import click

from controlplane import wiring
from controlplane.cli import gate_output, options, output
from controlplane.errors import Exit
from controlplane.operations.approving import approvals
from controlplane.operations.gate import GateReport, Step, gate, step_between
from controlplane.operations.recording import record_decision
from controlplane.operations.trust import trust_of
from controlplane.repo.git import GitRepository
from controlplane.repo.snapshot import nothing, read

FORMS = {
    "table": gate_output.as_table,
    "json": gate_output.as_json_text,
    "md": gate_output.as_markdown,
}


@click.command(name="gate")
@click.option("--base", metavar="REV", help="What the protected branch holds.")
@click.option("--head", metavar="REV", default="HEAD", help="What it would hold. [HEAD]")
@click.option("--genesis", is_flag=True, help="There is no base: judge the very first revision.")
@click.option("--whole", is_flag=True, help="Judge every resource, not only what is reached.")
@click.option("--root", default=".", type=click.Path(), help="The repository.")
@click.option("--engine", metavar="NAME", help="The policy engine; the best at hand if not given.")
@click.option("--keys", type=click.Path(path_type=Path), help="The directory of signing keys.")
@click.option("--no-record", is_flag=True, help="Leave no evidence; the answer binds nobody.")
@options.form(*FORMS)
def command(
    base: str | None,
    head: str,
    genesis: bool,
    whole: bool,
    root: str,
    engine: str | None,
    keys: Path | None,
    no_record: bool,
    form: str,
) -> int:
    """Judge the step from BASE to HEAD under the policies of both."""
    if (base is None) is not genesis:
        raise click.UsageError("give --base REV, or --genesis for the very first revision")
    repository = GitRepository.open(root)
    repository.refuse_shallow()
    step = step_of(repository, base, head)
    judge = wiring.policy_engine(engine)
    writer = None
    if not no_record:
        writer = wiring.evidence_writer(wiring.evidence_directory(repository), "decide", keys=keys)
    evidence = wiring.evidence_directory(repository)
    agreed = () if genesis else approvals(evidence, step, trust_of(step.base), wiring.now())
    report = gate(step, judge, wiring.charts(), wiring.now(), whole=whole, approvals=agreed)
    output.talk(f"engine: {judge.version()}")
    if writer is not None and not report.problems:
        entry = record_decision(report, writer)
        output.talk(f"recorded: {entry.origin} entry {entry.index}, {entry.records} records")
    elif no_record:
        output.talk("not recorded: nothing may be applied on the strength of this answer")
    output.data(FORMS[form](report))
    code = _exit(report)
    if code == Exit.CLEAN and writer is not None:
        output.talk("next: " + ("`cpctl apply`" if genesis else "merge it, then `cpctl apply`"))
    return code


def step_of(repository: GitRepository, base: str | None, head: str) -> Step:
    """Return the step between two revisions; from nothing where there is no base."""
    after = read(repository, head)
    if base is None:
        return Step(nothing(), after, genesis=True)
    before = read(repository, base)
    ends = (before.commit, after.commit)
    contained = all(ends) and repository.is_ancestor(*(c.id for c in ends if c))
    return step_between(before, after, contained=contained)


def _exit(report: GateReport) -> int:
    if report.problems:
        return Exit.INVALID_REPOSITORY
    if report.verdict.indeterminate or not report.verdict.rules:
        output.talk("next: see what could not be decided above; nothing indeterminate passes")
        return Exit.INDETERMINATE
    if not report.allow:
        output.talk("next: mend what is denied, commit, and run the gate again")
        return Exit.FINDINGS
    return Exit.CLEAN
