"""Which step the gate is asked about: two revisions, or what is not committed yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import click

from controlplane import wiring
from controlplane.errors import ControlPlaneError
from controlplane.operations.gate import Step, step_between
from controlplane.operations.recalled import Recalled
from controlplane.repo.git import GitRepository
from controlplane.repo.snapshot import Snapshot, nothing, read, read_index, read_worktree

REMOTE = "origin"
NOTHING_RECALLED = Recalled(None)


@dataclass(frozen=True)
class Ends:
    """The ends of a step as a person names them. `base` None is for genesis or a default."""

    base: str | None
    head: str | None
    genesis: bool = False
    worktree: bool = False
    index: bool = False

    @property
    def committed(self) -> bool:
        """Whether both ends are commits, so that a decision about them binds somebody."""
        return not (self.worktree or self.index)

    def require(self) -> None:
        """Raise UsageError for ends that cannot be meant together."""
        if self.worktree and self.index:
            raise click.UsageError("--worktree and --index exclude each other")
        if self.head is not None and not self.committed:
            raise click.UsageError("--head is a commit; --worktree and --index are none")
        if self.base is not None and self.genesis:
            raise click.UsageError("--genesis says that there is no base")
        if self.committed and self.base is None and not self.genesis:
            raise click.UsageError("give --base REV, or --genesis for the very first revision")

    def read(self, repository: GitRepository, recalled: Recalled = NOTHING_RECALLED) -> Step:
        """Return the step as it stands now."""
        if self.committed:
            return recalled.step(repository, self.base, self.head or "HEAD")
        after = self._uncommitted(repository)
        if self.genesis:
            return Step(nothing(), after, genesis=True)
        return Step(self._before(repository, after), after)

    def _uncommitted(self, repository: GitRepository) -> Snapshot:
        if self.index:
            return read_index(repository, wiring.index_file())
        return read_worktree(repository.work_dir or repository.git_dir)

    def _before(self, repository: GitRepository, after: Snapshot) -> Snapshot:
        """Return the base, which HEAD must contain: what is not committed stands on HEAD."""
        if self.base is not None:
            before, head = read(repository, self.base), repository.resolve("HEAD")
            contained = before.commit and repository.is_ancestor(before.commit.id, head.id)
            return step_between(before, after, contained=bool(contained)).base
        declared = after.repository()
        branches = declared.spec.protected_branches if declared else ("main",)
        return read(repository, usual_base(repository, branches))


def usual_base(repository: GitRepository, branches: Sequence[str]) -> str:
    """Return where HEAD left the first protected branch there is, the remote's first; else HEAD."""
    head = repository.resolve("HEAD").id
    places = (f"refs/remotes/{REMOTE}", "refs/heads")
    for name in (f"{place}/{branch}" for branch in branches for place in places):
        found = _commit(repository, name)
        shared = repository.merge_base(found, head) if found else None
        if shared:
            return shared
    return head


def _commit(repository: GitRepository, name: str) -> str | None:
    try:
        return repository.resolve(name).id
    except ControlPlaneError:
        return None
