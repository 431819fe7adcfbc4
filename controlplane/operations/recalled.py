"""Reads revisions with what earlier runs found out of them, so that a step costs its change.

A revision that was found sound is kept as an image, in which whatever is asked for is looked up;
both ends of a step are derived from the newest one. That changes no answer.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Final

from controlplane.authenticated import Cache
from controlplane.operations import own_code
from controlplane.operations.gate import GateReport, Step, step_between
from controlplane.operations.images import Images
from controlplane.operations.linting import lint
from controlplane.operations.trust import trust_at
from controlplane.repo.cache import ParseCache, beside
from controlplane.repo.derived import Derived, derive, found_sound
from controlplane.repo.errors import MissingObjectError
from controlplane.repo.git import GitRepository
from controlplane.repo.image import Imaged
from controlplane.repo.snapshot import Snapshot, nothing, read
from evidence.signers.base import Signer

FAR: Final = 200  # files between a base and the image it was derived from, above which it gets one


class Recalled:
    """Gives the step between two revisions, with what is known of them; `cache` None for nothing.

    For one run: `step`, then `keep` with what came of it. Without `now` nobody else's word counts.
    """

    def __init__(self, cache: Cache | None, now: Callable[[], datetime] | None = None) -> None:
        self._cache, self._now = cache, now
        self._images: Images | None = None
        self._origin: Snapshot | None = None  # of which both ends are made
        self._read: Callable[[], Snapshot] = nothing  # the base, from the beginning
        self._parsed: ParseCache | None = None
        if cache is not None:
            own_code.digest()  # before anything is read: the code could be replaced meanwhile

    def step(self, repository: GitRepository, base: str | None, head: str) -> Step:
        """Return the step between two revisions; from nothing where there is no base.

        Raises what reading them raises, and UsageError for a base that head does not contain.
        """
        if base is None:
            self._begin(repository)
            return Step(nothing(), read(repository, head), genesis=True)
        before, after = self.ends(repository, base, head)
        ends = (before.commit, after.commit)
        contained = all(ends) and repository.is_ancestor(*(c.id for c in ends if c))
        return step_between(before, after, contained=contained)

    def ends(self, repository: GitRepository, base: str, head: str) -> tuple[Snapshot, Snapshot]:
        """Return two revisions, whether or not one contains the other; raises as reading does."""
        self._begin(repository)
        before = self._before(repository, base)
        return before, self._derived(repository, head) or read(repository, head)

    def revision(self, repository: GitRepository, revision: str) -> Snapshot:
        """Return a revision, from what is known of it or of one near it; raises as reading does."""
        self._begin(repository)
        return self._known(repository, revision) or read(repository, revision)

    def keep(self, report: GateReport, signer: Signer | None = None) -> None:
        """Keep for later runs what judging a step has shown of its two revisions.

        With `signer`, a key for decisions, the image counts on other machines, too. What was found
        out on somebody's word is not kept, nor signed: it would outlive the word. Raises
        EvidenceError where it cannot sign.
        """
        if self._parsed is not None:
            self._parsed.flush()  # what was parsed while judging
        images = self._images
        if report.problems or images is None:
            return
        base, head = report.step.base, report.step.head
        for snapshot in (base, head) if found_sound(base, head) else (head,):
            if snapshot.commit is not None and not self._is_taken_over:
                images.keep_sound(snapshot.tree_id)
        if (found := self._to_be_kept(base, head)) is not None:
            images.keep(found)
        if signer is not None and (kept := found or self._origin) is not None:
            images.vouch(kept, signer)

    @property
    def taken_over(self) -> str:
        """The commit of which another machine's image was gone by, "" for none."""
        commit = self._origin.commit if self._origin and self._is_taken_over else None
        return commit.id if commit else ""

    @property
    def _is_taken_over(self) -> bool:
        """Whether both ends are made of what another machine found out."""
        images = self._images
        return images is not None and self._origin is not None and self._origin is images.borrowed

    def _begin(self, repository: GitRepository) -> None:
        self._parsed = beside(repository.git_dir)
        if self._cache is not None:
            self._images = Images(self._cache, repository, self._now)

    def _before(self, repository: GitRepository, base: str) -> Snapshot:
        """Return the base, and remember of which sound revision head can be derived."""
        if (known := self._known(repository, base)) is not None:
            return known
        before = read(repository, base)
        if self._images is not None:
            sound = self._images.is_sound(before.tree_id) or not lint(before)
            self._origin = before if sound else None
        return before

    def _known(self, repository: GitRepository, revision: str) -> Snapshot | None:
        """Return a revision by its image or that of one near it, and remember which that was."""
        if self._images is None:
            return None
        commit = repository.resolve(revision)
        self._images.believe(partial(trust_at, repository, commit.id))
        self._read = partial(read, repository, commit.id)
        self._origin = self._images.open(revision, commit.tree_id)
        if self._origin is not None:
            return self._origin
        if (newest := self._images.newest()) is not None:
            self._origin = newest
            with suppress(MissingObjectError):  # not all of what it was made of is here any more
                derived = self._derived(repository, revision)
                if derived is not None and derived.commit == commit:  # a branch may move on
                    return derived
            self._origin = None
        return None

    def _derived(self, repository: GitRepository, revision: str) -> Derived | None:
        """Return a revision made of the origin, None where it is to be read."""
        if self._origin is None:
            return None
        parsed = beside(repository.git_dir)
        made = derive(self._origin, repository, revision, parsed)
        parsed.flush()
        return made

    def _to_be_kept(self, base: Snapshot, head: Snapshot) -> Snapshot | None:
        """Return of which sound revision an image is missing, None where one is near enough."""
        if isinstance(self._origin, Imaged):
            if not isinstance(base, Derived) or len(base.changed) <= FAR:
                return None
            far = self._read() if self._is_taken_over else base
            return far if not lint(far) else None
        found = self._origin or head
        return found if found.commit is not None and not isinstance(found, Derived) else None
