"""When each placement of one target gets its next turn. Pure: times come in, in seconds.

A placement is due at once when what is desired of it changes, a moment after something was seen
to change on the target, soon while something is on its way, later and later while it fails, and
in any case every `interval`. While the target does not answer only one placement asks, less and
less often.

There are two queues, so that a drift need not wait for a pass over everything: one of what was
seen to change, one of the rest. Nobody is given a turn from the one while at work in the other.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from reconciler.model import Placement
from reconciler.status import Phase

_NEVER: Final = float("inf")


@dataclass(frozen=True)
class Pace:
    """The times, in seconds."""

    interval: float = 600.0  # a look at everything, whatever was or was not seen
    settle: float = 0.1  # several changes in a row are one
    give_way: float = 1.0  # for which a placement lets what was seen to change go before it
    progressing: float = 2.0
    first_retry: float = 1.0
    longest_retry: float = 60.0

    def retry(self, failures: int) -> float:
        """Return how long to wait after so many failures in a row: twice as long each time."""
        return min(self.first_retry * 2.0 ** min(failures - 1, 32), self.longest_retry)


@dataclass
class Schedule:
    """The turns of one target's placements. Not for use from several threads."""

    pace: Pace = field(default_factory=Pace)
    _due: dict[Placement, float] = field(default_factory=dict)
    _seen: set[Placement] = field(default_factory=set)  # changed on the target since it began
    _at_work: set[Placement] = field(default_factory=set)
    _failures: dict[Placement, int] = field(default_factory=dict)
    _silent: int = 0  # times in a row that the target did not answer
    _quiet_until: float = 0.0

    def want(self, placements: Iterable[Placement], now: float) -> None:
        """Take up a new set of placements, all due at once; those not in it are forgotten."""
        self._due = dict.fromkeys(placements, now)
        self._seen.clear()
        self._failures.clear()

    def nudge(self, placement: Placement, now: float, *, seen: bool = False) -> None:
        """It deserves a look, because something was `seen` to change there or might have.

        Nothing happens if it is none of ours.
        """
        if placement in self._due:
            self._due[placement] = min(self._due[placement], now + self.pace.settle)
            if seen:
                self._seen.add(placement)

    def due(self, now: float, *, seen: bool = False) -> list[Placement]:
        """Return whose turn it is in one of the queues, the longest waiting first."""
        if now < self._quiet_until:
            return []
        queue = self._queue(seen=seen)
        waiting = sorted((when, str(p), p) for p, when in queue.items() if when <= now)
        found = [placement for _, _, placement in waiting]
        return found[:1] if self._silent else found

    def next_due(self, *, seen: bool = False) -> float:
        """Return when it is next anybody's turn in that queue; infinite where there is nobody."""
        return max(self._quiet_until, min(self._queue(seen=seen).values(), default=_NEVER))

    def taken(self, placement: Placement) -> None:
        """It has its place in a pass: what is seen from now on asks for another turn."""
        if placement in self._due:
            self._due[placement] = _NEVER
            self._seen.discard(placement)

    def begin(self, placement: Placement) -> bool:
        """Begin work on it, unless somebody is at work on it already; tell which."""
        if placement in self._at_work:
            return False
        self._at_work.add(placement)
        return True

    def leave(self, placement: Placement) -> None:
        """Nobody is at work on it any more."""
        self._at_work.discard(placement)

    def ended(self, placement: Placement, phase: Phase | None, *, clean: bool, now: float) -> None:
        """Its turn is over. `phase` is None where it could not be said."""
        if phase is Phase.UNREACHABLE:
            if now >= self._quiet_until:  # several at the same moment are one silence
                self._silent += 1
                self._quiet_until = now + self.pace.retry(self._silent)
            self._wait(placement, now)
            return
        if phase is not None:
            self._silent, self._quiet_until = 0, 0.0
        if phase is Phase.PROGRESSING:
            self._failures.pop(placement, None)
            self._wait(placement, now + self.pace.progressing)
        elif clean:
            self._failures.pop(placement, None)
            self._wait(placement, now + self.pace.interval)
        else:
            failures = self._failures.get(placement, 0) + 1
            self._failures[placement] = failures
            self._wait(placement, now + self.pace.retry(failures))

    def again(self, placement: Placement, now: float) -> None:
        """Its turn was not taken after all."""
        self._wait(placement, now)

    def _queue(self, *, seen: bool) -> dict[Placement, float]:
        """Of a target that does not answer everything waits in the one queue."""
        if self._silent:
            return {} if seen else self._due
        if seen:
            return {p: self._due[p] for p in self._seen - self._at_work}
        return {p: when for p, when in self._due.items() if p not in self._seen}

    def _wait(self, placement: Placement, until: float) -> None:
        if placement in self._due:
            self._due[placement] = min(self._due[placement], until)
