"""Judges steps of one repository again and again, keeping what the next one needs.

What is kept changes nothing of an answer: the snapshot of the revision in force, and policies that
are loaded already, by their digest.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path

from controlplane.errors import UsageError
from controlplane.operations.agreement import agreement
from controlplane.operations.clearing import branch as way
from controlplane.operations.gate import NOBODY, GateReport, Step, gate, step_between
from controlplane.operations.genesis import require_pinned
from controlplane.operations.remembering import past_decisions
from controlplane.operations.said import Statements
from controlplane.operations.trust import trust_of
from controlplane.policy.engine import Answer, PolicyEngine, Prepared, Question
from controlplane.policy.model import PolicyBundle
from controlplane.render.helm import ChartRenderer
from controlplane.repo.cache import ParseCache
from controlplane.repo.derived import derive
from controlplane.repo.git import GitRepository
from controlplane.repo.snapshot import Snapshot, nothing, read

KEPT = 4  # policy sets
KEPT_FILES = 10_000  # parsed files that steps brought


class KeptEngine(PolicyEngine):
    """An engine that loads a policy set once. For one thread at a time."""

    name = "kept"

    def __init__(self, engine: PolicyEngine) -> None:
        self._engine = engine
        self.name = engine.name  # type: ignore[misc]
        self._kept: OrderedDict[str, Prepared] = OrderedDict()

    def version(self) -> str:
        """Return that of the engine."""
        return self._engine.version()

    def prepare(self, bundle: PolicyBundle) -> Prepared:
        """Return what was loaded before, or load."""
        if bundle.digest not in self._kept:
            self._kept[bundle.digest] = self._engine.prepare(bundle)
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)[1].close()
        self._kept.move_to_end(bundle.digest)
        return _Lent(self._kept[bundle.digest])

    def close(self) -> None:
        """Give back what is held."""
        while self._kept:
            self._kept.popitem()[1].close()


class _Lent(Prepared):
    """Loaded policies that stay loaded when whoever used them is done."""

    def __init__(self, prepared: Prepared) -> None:
        self._prepared = prepared
        self.artifact, self.artifact_file = prepared.artifact, prepared.artifact_file

    def evaluate(self, question: Question) -> Answer:
        """Ask the policies."""
        return self._prepared.evaluate(question)

    def answer(self, question: Question) -> Answer:
        """Ask the policies."""
        return self._prepared.answer(question)


@dataclass(frozen=True)
class Means:
    """With what steps are judged. `branch` is the one whose policies are in force.

    `parsed` keeps files that steps brought, so that a change that is asked about again is not read
    again.
    """

    engine: PolicyEngine
    charts: ChartRenderer
    evidence: Path
    branch: str
    now: Callable[[], datetime]
    parsed: ParseCache = field(default_factory=lambda: ParseCache(None, most=KEPT_FILES))

    @cached_property
    def statements(self) -> Statements:
        """What people said, of which each question reads only what is new."""
        return Statements(self.evidence)


def judge_step(
    repository: GitRepository, base: str, head: str, means: Means, known: Snapshot | None = None
) -> GateReport:
    """Judge the step from `base` to `head`, commit ids; "" as base is for the first revision.

    `known` is a sound snapshot that need not be read again. Raises UsageError for a base that is
    not on the branch: whoever asks does not choose which policies judge; GenesisError for a first
    revision that is not the one it pins.
    """
    step = _step(repository, base, head, means, known)
    now, said = means.now(), NOBODY
    if not step.genesis:
        said = agreement(repository, means.statements, step, now)
    return gate(
        step,
        means.engine,
        means.charts,
        now,
        said=said,
        past=lambda: past_decisions(means.evidence, trust_of(step.base), now),
    )


def _step(
    repository: GitRepository, base: str, head: str, means: Means, known: Snapshot | None
) -> Step:
    branch = means.branch
    after = _snapshot(repository, head, means, known)
    here = f"refs/heads/{branch}"
    if not base:
        if repository.has(here):
            raise UsageError(
                f"{branch} has a revision already, so a step needs a base",
                remedy="name what the branch holds",
            )
        first = way(repository, "", head).in_force
        if first is not None and not first.problems:  # else the gate says what is wrong with it
            require_pinned(first, after)
        return Step(nothing(), after, genesis=True)
    if not repository.is_ancestor(base, repository.resolve(here).id):
        raise UsageError(
            f"{base[:12]} is not on {branch}, so its policies are not in force",
            remedy=f"name a revision of {branch} as base; rebase what stands on another",
        )
    before = _snapshot(repository, base, means, known)
    return step_between(before, after, contained=repository.is_ancestor(base, head))


def _snapshot(
    repository: GitRepository, commit: str, means: Means, known: Snapshot | None
) -> Snapshot:
    """Return what is known, what can be derived from it, or what is read."""
    if known is None:
        return read(repository, commit)
    if known.commit is not None and known.commit.id == commit:
        return known
    return derive(known, repository, commit, means.parsed) or read(repository, commit)
