"""The state a command is asked about, read with what earlier runs on this machine know of it."""

from __future__ import annotations

from controlplane import wiring
from controlplane.operations.gate import Step
from controlplane.repo.git import GitRepository
from controlplane.repo.snapshot import Snapshot, read_worktree


def state_of(path: str, rev: str | None) -> Snapshot:
    """Return the working tree at `path`, or the revision of its repository that was asked for."""
    return read_worktree(path) if rev is None else revision_of(GitRepository.open(path), rev)


def revision_of(repository: GitRepository, revision: str) -> Snapshot:
    """Return one revision, with what earlier runs know of it."""
    return wiring.recalled().revision(repository, revision)


def step_of(repository: GitRepository, base: str | None, head: str) -> Step:
    """Return the step between two revisions, with what earlier runs know of them.

    From nothing where there is no base.
    """
    return wiring.recalled().step(repository, base, head)
