"""When a branch is looked at, and what becomes of a new revision of it.

A revision is taken up if it is cleared; then what it says is handed over, and what was in force
before is over. One that is not cleared changes nothing: what is in force stays so and is kept as
it is, and the refused one is looked at again with every look. Clock, branch and clearance come
in as arguments; who heals the targets is elsewhere.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from controlplane.errors import ControlPlaneError
from evidence.errors import EvidenceError
from reconciler.errors import ReconcilerError
from reconciler.ledger import NO_GROUNDS, Grounds
from reconciler.model import Desired

_SETTLE: Final = 0.05  # seconds: several events of one push are one look
KNOWN = (ControlPlaneError, EvidenceError, ReconcilerError)


@dataclass(frozen=True)
class Turns:
    """How long to wait between two looks, in seconds, when nothing calls for one."""

    interval: float = 60.0
    jitter: float = 0.1  # part of the interval by which it varies, so that many do not ask at once
    first_retry: float = 1.0

    def wait(self, failures: int, chance: float) -> float:
        """Return the wait after so many failures in a row; `chance` lies between 0 and 1."""
        if failures:
            return min(self.first_retry * 2.0 ** min(failures - 1, 32), self.interval)
        return self.interval * (1 + self.jitter * (2 * chance - 1))


@dataclass(frozen=True)
class Following:
    """How the branch stands. Revisions are commit ids, "" for none."""

    in_force: str = ""
    seen: str = ""
    refused: str = ""  # why `seen` is not in force
    remedy: str = ""
    source: str = ""  # why the branch could not be looked at
    since: float = 0.0  # when the one in force was taken up, in seconds since 1970
    unrendered: int = 0  # tenants of the one in force that cannot be rendered and stay as they are


@dataclass(frozen=True)
class Taken:
    """A cleared revision, rendered: what every placement should hold."""

    desired: tuple[Desired, ...]
    problems: tuple[str, ...] = ()  # of tenants that cannot be rendered
    gated: bool = True  # False where it was judged only now, and the repository permits that
    grounds: Grounds = NO_GROUNDS  # what lets it be applied, for the statements of passes


@dataclass(frozen=True)
class Branch:
    """What is followed, as functions. Each may raise an error that has a remedy."""

    head: Callable[[], str]
    take: Callable[[str, str], Taken]  # (revision, the one in force): clears and renders
    resume: Callable[[str], Taken]  # renders what was cleared before


@dataclass(frozen=True)
class Told:
    """Something that an operator may want to read."""

    event: str
    level: str
    words: dict[str, str]


class Follower:
    """Follows one branch in one thread; `nudge` and `following` are for any thread."""

    def __init__(
        self,
        branch: Branch,
        hand_over: Callable[[Sequence[Desired], Grounds], None],
        *,
        in_force: str,
        now: Callable[[], float],
        chance: Callable[[], float],
        turns: Turns | None = None,
        tell: Callable[[Told], None] = lambda _: None,
    ) -> None:
        """`in_force` is what was cleared and begun before this process, "" for nothing."""
        self._branch = branch
        self._hand_over = hand_over
        self._now, self._chance = now, chance
        self._turns = turns or Turns()
        self._tell = tell
        self._handed = False
        self._failures = 0
        self._woken = threading.Event()
        self.following = Following(in_force=in_force)
        self.looked = 0.0  # when the last look began that is over, in seconds since 1970

    def nudge(self) -> None:
        """Look soon: the branch may have moved."""
        self._woken.set()

    def run(self, stop: threading.Event) -> None:
        """Look, wait, look again, until `stop` is set and a nudge says so."""
        while not stop.is_set():
            try:
                self.look()
            except Exception as error:  # noqa: BLE001 (following goes on, whatever it is)
                self._failures += 1
                self._say("fault", "error", error=f"{type(error).__name__}: {error}")
            if self._woken.wait(self.pause()):
                stop.wait(_SETTLE)
                self._woken.clear()

    def pause(self) -> float:
        """Return how many seconds to wait before the next look."""
        return self._turns.wait(self._failures, self._chance())

    def look(self) -> None:
        """Look at the branch once, and take up what is new there."""
        begun = self._now()
        seen = self._seen()
        if seen:
            self._take()
        if not self._handed and self.following.in_force:
            self._resume()
        if seen:
            self.looked = begun

    def _seen(self) -> bool:
        """Find out where the branch is; False where it cannot be said."""
        try:
            head = self._branch.head()
        except KNOWN as error:
            self._failures += 1
            if not self.following.source:
                self._say("source-away", "warning", error=str(error), next=error.remedy)
            self.following = replace(self.following, source=str(error))
            return False
        if self.following.source:
            self._say("source-back", "info", revision=head)
        self._failures = 0
        self.following = replace(self.following, seen=head, source="")
        return True

    def _take(self) -> None:
        head, before = self.following.seen, self.following
        if head == before.in_force and self._handed:
            self.following = replace(before, refused="", remedy="")
            return
        try:
            taken = self._branch.take(head, before.in_force)
        except KNOWN as error:
            self._refuse(error)
            return
        self._enforce(head, taken, "revision-taken-up")

    def _refuse(self, error: Exception) -> None:
        """Keep what is in force; say why, once for each reason."""
        text, remedy = str(error), str(getattr(error, "remedy", ""))
        if text != self.following.refused:
            words = {"revision": self.following.seen, "in_force": self.following.in_force or "none"}
            self._say("revision-refused", "warning", **words, error=text, next=remedy)
        self.following = replace(self.following, refused=text, remedy=remedy)
        if getattr(error, "retry_after", None) is not None:
            self._failures += 1

    def _resume(self) -> None:
        """Keep what an earlier process began: there is nothing newer that may be applied."""
        revision = self.following.in_force
        refused, remedy = self.following.refused, self.following.remedy
        try:
            taken = self._branch.resume(revision)
        except KNOWN as error:
            self._failures += 1
            self._say("resume-failed", "error", revision=revision, error=str(error))
            return
        self._enforce(revision, taken, "revision-resumed")
        self.following = replace(self.following, refused=refused, remedy=remedy)

    def _enforce(self, revision: str, taken: Taken, event: str) -> None:
        for problem in taken.problems:
            self._say("tenant-not-rendered", "warning", revision=revision, error=problem)
        late = "" if taken.gated else "not before its merge"
        placements = str(len(taken.desired))
        self._say(event, "info", revision=revision, placements=placements, gated=late)
        self.following = replace(
            self.following,
            in_force=revision,
            refused="",
            remedy="",
            since=self._now(),
            unrendered=len(taken.problems),
        )
        self._handed = True
        self._hand_over(taken.desired, taken.grounds)

    def _say(self, event: str, level: str, **words: str) -> None:
        self._tell(Told(event, level, words))
