"""The state a command is asked about, read with what earlier runs know of it."""

from __future__ import annotations

from controlplane import wiring
from controlplane.cli import output
from controlplane.operations.gate import Step
from controlplane.operations.recalled import Recalled
from controlplane.repo.git import GitRepository
from controlplane.repo.snapshot import Snapshot, read_worktree


def state_of(path: str, rev: str | None) -> Snapshot:
    """Return the working tree at `path`, or the revision of its repository that was asked for."""
    return read_worktree(path) if rev is None else revision_of(GitRepository.open(path), rev)


def revision_of(repository: GitRepository, revision: str) -> Snapshot:
    """Return one revision, with what earlier runs know of it."""
    recalled = wiring.recalled()
    found = recalled.revision(repository, revision)
    mention(recalled)
    return found


def step_of(repository: GitRepository, base: str | None, head: str) -> Step:
    """Return the step between two revisions, with what earlier runs know of them.

    From nothing where there is no base.
    """
    recalled = wiring.recalled()
    step = recalled.step(repository, base, head)
    mention(recalled)
    return step


def mention(recalled: Recalled) -> None:
    """Say on whose word a revision was not read."""
    if recalled.taken_over:
        signed = "which a key for deciding signed"
        output.talk(f"image: {recalled.taken_over[:12]}, {signed}; the fleet is not read again")
