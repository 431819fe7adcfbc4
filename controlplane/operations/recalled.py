"""What earlier runs found out about the revisions of a repository, so that a step costs its change.

A base that was found sound is not looked at again: head is derived from it, and the figures of its
fleet are read back. What is kept names the tree, for nothing else of a commit counts, and the code
that found it out; it is believed only where this machine kept it, and changes no answer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Final

from pydantic import TypeAdapter, ValidationError

from controlplane.authenticated import Cache
from controlplane.operations import fleet_subject, own_code
from controlplane.operations.gate import GateReport, Step, step_between
from controlplane.operations.linting import lint
from controlplane.repo.cache import beside
from controlplane.repo.derived import derive, found_sound
from controlplane.repo.git import GitRepository
from controlplane.repo.snapshot import Snapshot, nothing, read

MOST_SOUND: Final = 1000  # revisions that are known to be sound; each is an empty file
MOST_FLEETS: Final = 8  # fleets of which the figures are kept; each about 1 KiB a tenant
_COUNTED: Final = TypeAdapter(fleet_subject.Counted)


class Recalled:
    """Gives the step between two revisions, with what is known of them; `cache` None for nothing.

    For one run: `step`, then `keep` with what came of it.
    """

    def __init__(self, cache: Cache | None) -> None:
        self._cache = cache
        if cache is not None:
            own_code.digest()  # before anything is read: the code could be replaced meanwhile

    def step(self, repository: GitRepository, base: str | None, head: str) -> Step:
        """Return the step between two revisions; from nothing where there is no base.

        Raises what reading them raises, and UsageError for a base that head does not contain.
        """
        if base is None:
            return Step(nothing(), read(repository, head), genesis=True)
        before = read(repository, base)
        after = self._derived(before, repository, head) or read(repository, head)
        ends = (before.commit, after.commit)
        contained = all(ends) and repository.is_ancestor(*(c.id for c in ends if c))
        return step_between(before, after, contained=contained)

    def keep(self, report: GateReport) -> None:
        """Keep for later runs what judging a step has shown of its two revisions."""
        if report.problems:
            return
        base, head = report.step.base, report.step.head
        for snapshot in (base, head) if found_sound(base, head) else (head,):
            if snapshot.commit is None:
                continue
            self._put(_name(snapshot, "sound"), lambda: b"", MOST_SOUND)
            counted = fleet_subject.known(snapshot)
            if counted is not None:
                dumped = partial(_COUNTED.dump_json, counted)
                self._put(_name(snapshot, "fleet"), dumped, MOST_FLEETS)

    def _derived(self, before: Snapshot, repository: GitRepository, head: str) -> Snapshot | None:
        """Return head made of base, None where it is to be read."""
        if self._cache is None or not _sound(before, self._cache):
            return None
        fleet = self._cache.get(_name(before, "fleet"))
        if fleet is not None:
            with suppress(ValidationError):  # ours, but of another shape: it is counted again
                fleet_subject.restore(before, _COUNTED.validate_json(fleet))
        parsed = beside(repository.git_dir)
        after = derive(before, repository, head, parsed)
        parsed.flush()
        return after

    def _put(self, name: str, content: Callable[[], bytes], most: int) -> None:
        if self._cache is not None and self._cache.get(name) is None:
            self._cache.put(name, content(), most)


def _sound(snapshot: Snapshot, cache: Cache) -> bool:
    return cache.get(_name(snapshot, "sound")) is not None or not lint(snapshot)


def _name(snapshot: Snapshot, kind: str) -> str:
    key = f"{own_code.digest()}\0{snapshot.tree_id}".encode()
    return f"{hashlib.sha256(key).hexdigest()}.{kind}"
