"""Keeps targets as desired for as long as the process lives.

Each target has threads of its own, so that one that is slow or away holds up no other: one works
on what is due, one watches, and one heals at once what was seen to change, while the first lets it
go before. What is desired is handed in by `want`; a new revision pre-empts what has not begun of
the old one. While the state store is away targets are only observed. When whose turn comes is
`schedule.py`'s to say.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from math import isinf
from typing import Final

from reconciler.apply import ApplyOptions, Reconciler, Summary, Turn
from reconciler.errors import EvidenceUnavailableError, StateUnavailableError
from reconciler.ledger import NO_GROUNDS, Grounds
from reconciler.model import Desired, Placement
from reconciler.schedule import Pace, Schedule
from reconciler.status import Phase
from reconciler.targets.base import Target

_LOOK: Final = 0.5  # seconds after which a waiting thread looks whether it is to stop


@dataclass(frozen=True)
class TargetState:
    """What a health endpoint may say of one target. Times are in the loop's seconds."""

    reachable: bool
    observing_only: bool  # the state store or the evidence is away
    last_pass: float | None
    problem: str = ""


class Loop:
    """Several threads may call `want` and `nudge` while `run` runs in another."""

    def __init__(
        self,
        reconciler: Reconciler,
        target_of: Callable[[str], Target],
        *,
        seconds: Callable[[], float],
        options: ApplyOptions | None = None,
        pace: Pace | None = None,
    ) -> None:
        self._reconciler = reconciler
        self._target_of = target_of
        self._seconds = seconds
        self._options = options or ApplyOptions()
        self._pace = pace or Pace()
        self._lock = threading.Lock()
        self._workers: dict[str, _Worker] = {}
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def want(self, desired: Sequence[Desired], grounds: Grounds = NO_GROUNDS) -> None:
        """Take up what is desired at a new revision, on every target, and what lets it be applied.

        A target of which nothing is desired any more is left as it is: whoever wants its
        placements emptied says so with placements of which nothing is desired.
        """
        by_target: defaultdict[str, list[Desired]] = defaultdict(list)
        for each in desired:
            by_target[each.placement.target].append(each)
        with self._lock:
            for name in self._workers.keys() | by_target.keys():
                self._worker(name).want(by_target[name], grounds)

    def nudge(self, placement: Placement) -> None:
        """Look at a placement soon."""
        with self._lock:
            worker = self._workers.get(placement.target)
        if worker is not None:
            worker.nudge(placement)

    def state(self) -> Mapping[str, TargetState]:
        """Return how each target fares."""
        with self._lock:
            return {name: worker.state for name, worker in self._workers.items()}

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set; returns when what had begun by then is finished."""
        try:
            stop.wait()
        finally:
            with self._lock:
                self._stop.set()
                workers, threads = list(self._workers.values()), list(self._threads)
            for worker in workers:
                worker.wake()
            for thread in threads:
                thread.join()

    def _worker(self, name: str) -> _Worker:
        """Return the worker of a target, starting it at its first mention."""
        if name not in self._workers:
            worker = _Worker(self, name)
            self._workers[name] = worker
            for work in (worker.work, worker.heal, worker.watch):
                thread = threading.Thread(target=work, name=f"{work.__name__}-{name}", daemon=True)
                self._threads.append(thread)
                thread.start()
        return self._workers[name]

    def stopped(self) -> bool:
        """Whether the loop is to end."""
        return self._stop.is_set()

    def wait(self, seconds: float) -> None:
        """Wait, but no longer than until the loop is to end."""
        self._stop.wait(seconds)

    @property
    def seconds(self) -> Callable[[], float]:
        """The clock."""
        return self._seconds

    @property
    def pace(self) -> Pace:
        """The times."""
        return self._pace

    def target(self, name: str) -> Target:
        """Return the target of that name."""
        return self._target_of(name)

    def apply(self, todo: _Todo, kind: str, stop: Callable[[], bool], turn: Turn) -> Summary:
        """Do one pass."""
        how = replace(self._options, kind=kind, grounds=todo.grounds)
        return self._reconciler.apply(todo.desired, how, stop=stop, turn=turn)

    def observe(self, desired: Sequence[Desired]) -> None:
        """Look without writing, so that whoever listens still hears of drift."""
        self._reconciler.observe(desired, self._options)


@dataclass(frozen=True)
class _Todo:
    """Whose turn it is, and the revision that was wanted then."""

    desired: Sequence[Desired]
    generation: int
    grounds: Grounds
    seen: bool  # to be changed on the target
    gave_way: threading.Event = field(default_factory=threading.Event)  # for as long as it may


class _Worker:
    """The work on one target."""

    def __init__(self, loop: Loop, name: str) -> None:
        self._loop = loop
        self._name = name
        self._changed = threading.Condition()
        self._schedule = Schedule(loop.pace)
        self._desired: dict[Placement, Desired] = {}
        self._applied: dict[Placement, str] = {}
        self._grounds = NO_GROUNDS
        self._generation = 0
        self._healing = False
        self._unrecorded = 0  # times in a row that state or evidence was away
        self.state = TargetState(reachable=True, observing_only=False, last_pass=None)

    def want(self, desired: Sequence[Desired], grounds: Grounds) -> None:
        """Take up a new revision."""
        with self._changed:
            self._grounds = grounds
            self._desired = {each.placement: each for each in desired}
            self._schedule.want(self._desired, self._loop.seconds())
            self._generation += 1
            self._changed.notify_all()

    def nudge(self, placement: Placement, *, seen: bool = False) -> None:
        """Give a placement a turn soon."""
        with self._changed:
            self._schedule.nudge(placement, self._loop.seconds(), seen=seen)
            self._changed.notify_all()

    def wake(self) -> None:
        """Let a waiting thread look whether it is to stop."""
        with self._changed:
            self._changed.notify_all()

    def work(self) -> None:
        """Give every placement its turns until the loop ends."""
        self._passes(seen=False)

    def heal(self) -> None:
        """Give turns to what was seen to change until the loop ends."""
        self._passes(seen=True)

    def watch(self) -> None:
        """Nudge what is seen to change; what may have been missed meanwhile is looked at again."""
        failures = 0
        while not self._loop.stopped():
            try:
                for nudge in self._loop.target(self._name).watch(self._loop.stopped):
                    failures = 0
                    self.nudge(nudge.placement, seen=bool(nudge.ids))
                return  # it was told to stop, or cannot watch and is polled
            except Exception:  # noqa: BLE001 (whatever it is, the periodic passes go on)
                failures += 1
                self._loop.wait(self._loop.pace.retry(failures))
                for placement in list(self._desired):
                    self.nudge(placement)

    def _passes(self, *, seen: bool) -> None:
        """Do pass after pass over one of the schedule's queues."""
        while not self._loop.stopped():
            todo = self._next(seen=seen)
            if todo is None:
                continue
            try:
                self._take(todo)
            except Exception as error:  # noqa: BLE001 (this target's work goes on, whatever it is)
                self._put_off(todo, f"{type(error).__name__}: {error}", observing_only=False)
            finally:
                with self._changed:
                    self._healing &= not seen
                    self._changed.notify_all()

    def _next(self, *, seen: bool) -> _Todo | None:
        """Wait for somebody's turn, within limits; return whose it is."""
        with self._changed:
            now = self._loop.seconds()
            due = self._schedule.due(now, seen=seen)
            if not due:
                wait = self._schedule.next_due(seen=seen) - now
                self._changed.wait(min(max(wait, 0.0), _LOOK))
                return None
            for placement in due:
                self._schedule.taken(placement)
            self._healing |= seen
            desired = [self._desired[placement] for placement in due]
            return _Todo(desired, self._generation, self._grounds, seen)

    @contextmanager
    def _turn(self, todo: _Todo, placement: Placement) -> Iterator[None]:
        """Wait until it is a placement's turn, and keep others from it meanwhile.

        Nobody waits any more once the pass is to stop: its caller does not work on it then. A pass
        gives way for so long once; then both go on beside each other.
        """
        with self._changed:
            if not todo.seen and not todo.gave_way.is_set():
                ready = partial(self._goes_on, todo)
                if not self._changed.wait_for(ready, self._loop.pace.give_way):
                    todo.gave_way.set()
            while not (begun := self._schedule.begin(placement)) and not self._stops(todo):
                self._changed.wait()
            if begun and self._generation == todo.generation:  # else it is due for a newer revision
                self._schedule.taken(placement)
        try:
            yield
        finally:
            with self._changed:
                if begun:
                    self._schedule.leave(placement)
                    self._changed.notify_all()

    def _goes_on(self, todo: _Todo) -> bool:
        """Whether nothing is being healed or about to be, or the pass is to stop anyway."""
        idle = not self._healing and isinf(self._schedule.next_due(seen=True))
        return idle or self._stops(todo)

    def _stops(self, todo: _Todo) -> bool:
        """Whether nothing more of a pass is to begin."""
        return self._loop.stopped() or self._generation != todo.generation

    def _take(self, todo: _Todo) -> None:
        """Do one pass over those whose turn it is."""
        fresh = any(self._applied.get(each.placement) != each.revision for each in todo.desired)
        kind, turn = "apply" if fresh else "heal", partial(self._turn, todo)
        stop = partial(self._stops, todo)
        try:
            summary = self._loop.apply(todo, kind, stop, turn)
        except (StateUnavailableError, EvidenceUnavailableError) as error:
            self._loop.observe(todo.desired)  # what cannot be remembered or proven is not done
            self._put_off(todo, str(error), observing_only=True)
            return
        self._note(summary, todo.generation)

    def _note(self, summary: Summary, generation: int) -> None:
        """Say when each one's next turn is, unless a new revision has said so already."""
        now = self._loop.seconds()
        problems = [result.error for result in summary.results if result.error]
        phases = [r.status.phase for r in summary.results if r.status is not None]
        with self._changed:
            self._unrecorded = 0
            self.state = TargetState(
                reachable=Phase.UNREACHABLE not in phases,
                observing_only=False,
                last_pass=now,
                problem=problems[0] if problems else summary.error,
            )
            for result in summary.results:
                if result.clean:
                    self._applied[result.placement] = result.revision
                if self._generation != generation:
                    continue
                if not result.tried:
                    self._schedule.again(result.placement, now)
                    continue
                phase = result.status.phase if result.status else None
                self._schedule.ended(result.placement, phase, clean=result.clean, now=now)

    def _put_off(self, todo: _Todo, problem: str, *, observing_only: bool) -> None:
        """Say what kept a whole pass from being done, and give everybody another turn later."""
        with self._changed:
            self._healing &= not todo.seen
            self._changed.notify_all()
            self.state = replace(self.state, observing_only=observing_only, problem=problem)
            self._unrecorded += 1
            wait = self._loop.pace.retry(self._unrecorded)
        self._loop.wait(wait)
        with self._changed:
            for each in todo.desired:
                self._schedule.again(each.placement, self._loop.seconds())
