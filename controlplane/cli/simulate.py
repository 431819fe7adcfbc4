"""`cpctl simulate`: what other policies would have said about the decisions that were made."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from controlplane import wiring
from controlplane.cli import options, output, simulate_output
from controlplane.errors import Exit, UsageError
from controlplane.operations.candidates import CandidatePanel, candidates
from controlplane.operations.first_difference import Reasons
from controlplane.operations.history import steps
from controlplane.operations.past import PastDecision, Skipped
from controlplane.operations.remembering import past_decisions
from controlplane.operations.simulating import Change, Simulation, Turn, simulate
from controlplane.operations.trust import trust_set
from controlplane.policy.engine import PolicyEngine
from controlplane.repo.git import GitRepository
from controlplane.repo.snapshot import read
from evidence.trust import TrustSet

FORMS = {
    "table": simulate_output.as_table,
    "json": simulate_output.as_json_text,
    "md": simulate_output.as_markdown,
}


@click.command(name="simulate")
@click.option(
    "--policies",
    "named",
    required=True,
    metavar="REV|DIR",
    help="The policies to try: of a revision, of a working tree, or a folder of rules.",
)
@click.option("--since", metavar="REV", help="Only decisions about what came after this revision.")
@options.root
@options.engine
@click.option(
    "--trust",
    "trust_file",
    type=click.Path(path_type=Path),
    help="Whose decisions count: a trust set; that of HEAD if not given.",
)
@options.form(*FORMS)
def command(
    named: str, since: str | None, root: str, engine: str | None, trust_file: Path | None, form: str
) -> int:
    """Judge every recorded decision again under other policies, and show what differs.

    Where none is recorded, the steps of the Git history are judged, under their own policies and
    under these. Nothing is recorded. Exit code 0 where nothing differs, 1 where something does, 4
    where something could not be decided, 6 where evidence could not be used.
    """
    repository = GitRepository.open(root)
    head = read(repository, "HEAD")
    chosen = candidates(repository, named, head)
    judge = wiring.policy_engine(engine)
    output.talk(f"engine: {judge.version()}")
    output.talk(f"policies: {chosen.words}")
    trust = _trust(trust_file) if trust_file else trust_set(head)
    source = _Source(repository, since, judge, trust)
    with CandidatePanel(judge, chosen) as panel:
        reasons = Reasons(panel.bundles)
        found = simulate(source.decisions(), panel, reasons.look)
    if not found.decisions and not found.skipped:
        raise UsageError(
            "there is no decision to judge again",
            remedy="run `cpctl gate` first, or leave --since out",
        )
    shown = simulate_output.Shown(found, reasons.explain(judge), source.words)
    output.data(FORMS[form](shown))
    return _exit(found)


class _Source:
    """Where decisions come from: evidence, and the Git history where there is none of them."""

    def __init__(
        self, repository: GitRepository, since: str | None, engine: PolicyEngine, trust: TrustSet
    ) -> None:
        self._repository, self._since = repository, since
        self._engine, self._trust = engine, trust
        self.words = "recorded decisions"

    def decisions(self) -> Iterator[PastDecision | Skipped]:
        """Yield them, the latest first."""
        repository = self._repository
        if self._since:
            repository.resolve(self._since)
        directory = wiring.evidence_directory(repository)
        found = False
        for each in past_decisions(directory, self._trust, wiring.now()):
            found = found or isinstance(each, PastDecision)
            if isinstance(each, Skipped) or self._wanted(each):
                yield each
        if not found:
            self.words = "steps of the Git history, judged now: no decision is recorded"
            yield from steps(repository, self._since, self._engine, wiring.charts())

    def _wanted(self, decision: PastDecision) -> bool:
        """Whether a decision is about what came after `since`; one about no commit here is."""
        if not self._since:
            return True
        return not (decision.head and self._repository.reaches(self._since, decision.head))


def _trust(path: Path) -> TrustSet:
    try:
        return TrustSet.read(path.read_bytes())
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read: {error.strerror}", remedy="`cpctl keys trust` writes one"
        ) from error


def _exit(found: Simulation) -> int:
    if found.turns[Turn.OPENED] or found.changes[Change.OPENED]:
        output.talk(
            "next: see what could not be decided; a rule that needs more must be tried live"
        )
        return Exit.INDETERMINATE
    if found.flipped:
        return Exit.FINDINGS
    if found.skipped:
        output.talk("next: run `cpctl evidence verify --log DIR` to see what is damaged")
        return Exit.NOT_VERIFIED
    return Exit.CLEAN
