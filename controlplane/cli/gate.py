"""`cpctl gate`: may the branch go from base to head? The answer is signed before it is shown."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path

import click

from controlplane import wiring
from controlplane.authenticated import Cache
from controlplane.cli import collecting, gate_output, options, output
from controlplane.cli import forms as shown
from controlplane.cli.forms import Form
from controlplane.cli.gate_explain import show
from controlplane.cli.gate_step import Ends
from controlplane.cli.gate_watch import watch
from controlplane.errors import Exit
from controlplane.operations.agreement import agreement
from controlplane.operations.answered_before import Asked, recall, remember
from controlplane.operations.authorising import holds_until
from controlplane.operations.clearing import branch
from controlplane.operations.gate import ALONE, Agreement, GateReport, Means, Step
from controlplane.operations.gate import gate as judge_step
from controlplane.operations.genesis import UnreadableBeginningError, beginning, require_pinned
from controlplane.operations.recording import record_decision
from controlplane.operations.remembering import past_decisions
from controlplane.operations.said import Statements
from controlplane.operations.trust import trust_of
from controlplane.policy.engine import PolicyEngine
from controlplane.repo.git import GitRepository
from controlplane.repo.snapshot import Snapshot
from controlplane.report import github, gitlab, json_text, junit, markdown, sarif
from controlplane.report.results import asked, exit_of, of_gate
from evidence.shape import stamp
from evidence.signers.base import Signer


@dataclass(frozen=True)
class Wanted:
    """How the answer is to be given."""

    whole: bool
    recorded: bool
    again: bool
    keys: Path | None
    forms: Sequence[Form]


@dataclass(frozen=True)
class Answer:
    """What the gate answers, durable where it is to be, and what remembers it."""

    report: GateReport
    keep: Callable[[], None] = lambda: None
    signer: Signer | None = None  # of the decision


FORMS = ("table", "json", "sarif", "junit", "github", "gitlab", "md")


@click.command(name="gate")
@click.option("--base", metavar="REV", help="What the protected branch holds.")
@click.option("--head", metavar="REV", help="What it would hold. [HEAD]")
@click.option("--genesis", is_flag=True, help="There is no base: judge the very first revision.")
@click.option("--worktree", is_flag=True, help="Judge the files as they stand; not recorded.")
@click.option("--index", is_flag=True, help="Judge what would be committed; not recorded.")
@click.option(
    "--unapproved",
    is_flag=True,
    help="With --worktree or --index: end with 0 where only approvals are missing.",
)
@click.option("--watch", "watching", is_flag=True, help="Judge the files again on every save.")
@click.option("--explain", "rule", metavar="RULE", help="Show which conditions of a rule held.")
@click.option("--subject", metavar="KIND/NAME", help="For --explain: about what.")
@click.option("--whole", is_flag=True, help="Judge every resource, not only what is reached.")
@click.option("--root", default=".", type=click.Path(), help="The repository.")
@options.engine
@click.option("--keys", type=click.Path(path_type=Path), help="The directory of signing keys.")
@click.option("--no-record", is_flag=True, help="Leave no evidence; the answer binds nobody.")
@click.option("--again", is_flag=True, help="Judge even what was judged and recorded before.")
@shown.option(*FORMS)
def command(
    base: str | None,
    head: str | None,
    genesis: bool,
    worktree: bool,
    index: bool,
    unapproved: bool,
    watching: bool,
    rule: str | None,
    subject: str | None,
    whole: bool,
    root: str,
    engine: str | None,
    keys: Path | None,
    no_record: bool,
    again: bool,
    forms: tuple[Form, ...],
) -> int:
    """Judge the step from BASE to HEAD under the policies of both.

    With --worktree, --index or --watch it is judged from where HEAD left the protected branch,
    unless --base names another revision.
    """
    ends = Ends(base, head, genesis, worktree or watching, index)
    ends.require()
    _require(rule, subject, watching=watching, forms=forms)
    if unapproved and (ends.committed or watching):
        raise click.UsageError("--unapproved is for --worktree and --index")
    repository = GitRepository.open(root)
    repository.refuse_shallow()
    if watching:
        return watch(repository, ends, lambda step: _judged(repository, step, engine, whole=whole))
    with collecting.paused():
        recalled = wiring.recalled(vouched=True)
        step = ends.read(repository, recalled)
        if recalled.taken_over:
            signed = "which a key for deciding signed"
            output.talk(f"image: {recalled.taken_over[:12]}, {signed}; the fleet is not read again")
        if step.genesis:
            _begin(repository, step.head)
        judge = wiring.policy_engine(engine)
        if rule is not None:
            return show(_gate(repository, step, judge, whole=whole), judge, rule, subject)
        recorded = ends.committed and not no_record
        wanted = Wanted(whole, recorded, again, keys, shown.chosen(forms, "table"))
        answer = _answer(repository, step, judge, wanted, wiring.revisions())
        _show(answer.report, wanted)
        code = _next(answer.report, recorded=recorded, unapproved=unapproved)
        with suppress(Exception):  # the answer was given; this spares the next its time
            answer.keep()
            recalled.keep(answer.report, answer.signer)
        return code


def _begin(repository: GitRepository, head: Snapshot) -> None:
    """Say what trust begins with, after seeing that it is what `head` pins."""
    commit = head.commit
    first = branch(repository, "", commit.id).in_force if commit else head
    if first is None or first.problems:
        return  # the gate says what is wrong with it
    require_pinned(first, head)
    try:
        found = beginning(first)
    except UnreadableBeginningError as error:  # nothing is pinned, and what is judged is `head`
        output.talk(f"genesis: unknown; {error}")
        return
    output.talk(f"genesis: trustRoot {found.trust_root}, policies {found.policies}")


def _require(
    rule: str | None, subject: str | None, *, watching: bool, forms: Sequence[Form]
) -> None:
    """Raise UsageError for options that mean nothing together."""
    if subject is not None and rule is None:
        raise click.UsageError("--subject is for --explain RULE")
    if rule is not None and (watching or forms):
        raise click.UsageError("--explain is read by itself, without --watch and -o")
    if watching and forms:
        raise click.UsageError("--watch shows a table; run `cpctl gate --worktree -o …` once")


def _said(repository: GitRepository, step: Step) -> Agreement:
    """Return what people said of this very step. What is not committed was approved by nobody."""
    if step.head.commit is None:
        return Agreement()
    statements = Statements(wiring.evidence_directory(repository))
    return agreement(repository, statements, step, wiring.now())


def _gate(
    repository: GitRepository,
    step: Step,
    engine: PolicyEngine,
    *,
    whole: bool,
    means: Means = ALONE,
    said: Agreement | None = None,
) -> GateReport:
    now = wiring.now()
    evidence = wiring.evidence_directory(repository)
    return judge_step(
        step,
        engine,
        wiring.charts(),
        now,
        whole=whole,
        said=_said(repository, step) if said is None else said,
        means=means,
        past=lambda: past_decisions(evidence, trust_of(step.base), now),
    )


def _judged(repository: GitRepository, step: Step, engine: str | None, *, whole: bool) -> str:
    report = _gate(repository, step, wiring.policy_engine(engine), whole=whole)
    return gate_output.as_table(report)


def _answer(
    repository: GitRepository, step: Step, engine: PolicyEngine, wanted: Wanted, cache: Cache
) -> Answer:
    """Judge, and make the decision durable before anybody sees it."""
    if not wanted.recorded:
        report = _gate(
            repository, step, engine, whole=wanted.whole, means=Means(wiring.processors())
        )
        output.talk(f"engine: {engine.version()}")
        output.talk("not recorded: nothing may be applied on the strength of this answer")
        return Answer(report)
    directory = wiring.evidence_directory(repository)
    writer = wiring.evidence_writer(directory, "decide", keys=wanted.keys)
    for run in writer.recover():
        output.talk(f"closed a run that was left open: {run.origin} entry {run.index}")
    now, said = wiring.now(), _said(repository, step)
    named = f"{engine.name} {engine.version()}"
    asked = Asked(step, named, said, wanted.whole, writer.origin, wiring.programs())
    before = None if wanted.again else recall(cache, asked, directory, writer.signer, now)
    if before is not None:
        output.talk(f"engine: {engine.version()}")
        place = f"{before.entry.origin} entry {before.entry.index}"
        output.talk(
            f"judged before, at {stamp(before.given)}, and recorded: {place}; --again judges anew"
        )
        return Answer(before.report)
    cache.forget(asked.name)
    means = Means(wiring.processors(), writer.new_pack)
    report = _gate(repository, step, engine, whole=wanted.whole, means=means, said=said)
    output.talk(f"engine: {engine.version()}")
    if report.problems:
        return Answer(report)
    entry = record_decision(report, writer)
    output.talk(f"recorded: {entry.origin} entry {entry.index}, {entry.records} records")
    return Answer(report, partial(remember, cache, asked, report, entry, now), writer.signer)


def _show(report: GateReport, wanted: Wanted) -> None:
    shown.write(wanted.forms, {name: partial(write, report) for name, write in _WRITERS.items()})
    if any(form.name == "github" for form in wanted.forms):
        _summarise(report)


def _sarif(report: GateReport) -> str:
    commit = report.step.head.commit
    revision = commit.id if commit else ""
    origins = sarif.Origins(version("controlplane"), wiring.web_address(revision), revision)
    return sarif.write(of_gate(report), origins)


_WRITERS = {
    "table": gate_output.as_table,
    "json": json_text.of_gate_report,
    "sarif": _sarif,
    "junit": lambda report: junit.write(of_gate(report), asked(report)),
    "github": lambda report: github.write(of_gate(report)),
    "gitlab": lambda report: gitlab.write(of_gate(report)),
    "md": markdown.write,
}


def _summarise(report: GateReport) -> None:
    """Add the comment to the summary of the job, where GitHub says there is one."""
    file = os.environ.get("GITHUB_STEP_SUMMARY")
    if not file:
        return
    try:
        with Path(file).open("a", encoding="utf-8") as summary:
            summary.write(output.harmless(markdown.write(report)))
    except OSError as error:
        output.talk(f"the job's summary {file} cannot be written: {error.strerror or error}")


def _next(report: GateReport, *, recorded: bool, unapproved: bool) -> int:
    code = exit_of(report)
    if unapproved and code == Exit.FINDINGS and gate_output.lacks_approvals_only(report):
        output.talk("next: commit it, then ask for the approvals that are missing")
        return Exit.CLEAN
    if code == Exit.INDETERMINATE:
        output.talk("next: see what could not be decided above; nothing indeterminate passes")
    elif code == Exit.FINDINGS:
        output.talk("next: mend what is denied, commit, and run the gate again")
    elif code == Exit.CLEAN and recorded:
        merged = "`cpctl apply`" if report.step.genesis else "merge it, then `cpctl apply`"
        output.talk(f"next: {merged}")
        until = holds_until(report.verdict.valid_until, report.time["text"])
        if until is not None:
            output.talk(f"this answer holds until {stamp(until)}: apply it by then")
    return code
