"""The long-running reconciler, put together: a branch, the loop over targets, an HTTP face.

Decides who runs in which thread, and in which order things begin and end. What a new revision
means is `operations/following.py`'s to say, what is done to a target the reconciler's.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from controlplane import wiring
from controlplane.errors import ControlPlaneError
from controlplane.operations.applying import (
    RUNS,
    Clearing,
    applied_last,
    emptied,
    holding,
    is_ahead,
    left_alone,
)
from controlplane.operations.clearing import Clearance
from controlplane.operations.following import Branch, Follower, Following, Taken, Turns
from controlplane.operations.linting import require_sound
from controlplane.operations.wanted import wanted
from controlplane.repo.git import GitRepository
from controlplane.repo.git.remote import Mirror
from controlplane.repo.refs import WatchError, watching
from controlplane.repo.snapshot import read
from controlplane.server.health import Health, Sources
from controlplane.server.http import Endpoints, Server
from controlplane.server.journal import Journal
from controlplane.server.writers import CurrentWriter
from controlplane.settings import Connections
from reconciler.apply import ApplyOptions, Reconciler
from reconciler.errors import StateUnavailableError
from reconciler.events import Event
from reconciler.loop import Loop, TargetState
from reconciler.metrics import Metrics
from reconciler.model import Placement
from reconciler.schedule import Pace
from reconciler.state.base import StateStore
from reconciler.status import PlacementStatus

_GLANCE: Final = 1.0  # seconds between two looks at how targets fare
_OPENING: Final = Pace(first_retry=0.5, longest_retry=10.0)


@dataclass(frozen=True)
class Given:
    """What the service was asked for. `mirror` is None where the repository is local."""

    repository: GitRepository
    mirror: Mirror | None
    branch: str
    reach: Connections
    state: str | None
    engine: str | None
    keys: Path | None
    address: tuple[str, int]
    secret: bytes
    interval: float  # seconds between two looks at the branch
    resync: float  # seconds between two looks at everything on the targets


class Service:
    """One process that follows one branch. `run` returns when `stop` is set."""

    def __init__(self, given: Given, journal: Journal, stop: threading.Event) -> None:
        self._given, self._journal, self._stop = given, journal, stop
        evidence = wiring.evidence_directory(given.repository)
        self._writer = CurrentWriter(evidence, "apply", given.keys)
        self._clearing: Clearing = wiring.clearing(given.repository, given.engine, given.keys)
        self._targets = wiring.Targets(None, given.reach)
        self._metrics = Metrics()
        self._store: StateStore | None = None
        self._loop: Loop | None = None
        self._follower: Follower | None = None
        self._begun: frozenset[Placement] = frozenset()  # to be filled by the revision before
        self._taken_up = ""  # the revision whose policies are to be made ready
        self._to_prepare = threading.Event()
        self._health = Health(Sources(self._check, self._following, self._states, time.monotonic))
        self._health.add_to(self._metrics)

    def run(self) -> None:
        """Work until told to stop; what was begun is finished, and its evidence closed."""
        endpoints = Endpoints(
            ready=self._health.ready,
            metrics=self._metrics.text,
            look_now=self._look_now,
            webhook_secret=self._given.secret,
        )
        with Server(*self._given.address, endpoints) as server, self._targets:
            self._say("info", "started", branch=self._given.branch, listen=server.address)
            store = self._open_store()
            if store is not None:
                self._work(store)
                store.close()
        self._say("info", "stopped")

    def _open_store(self) -> StateStore | None:
        """Wait for the state store; None if the process is to stop before it is there."""
        failures = 0
        while not self._stop.is_set():
            try:
                self._store = wiring.state_store(self._given.repository, self._given.state)
            except StateUnavailableError as error:
                failures += 1
                if failures == 1:
                    self._say("warning", "state-away", error=str(error), next=error.remedy)
                self._stop.wait(_OPENING.retry(failures))
            else:
                return self._store
        return None

    def _work(self, store: StateStore) -> None:
        loop = self._loop = Loop(
            Reconciler(
                target_of=self._targets,
                store=store,
                evidence=self._writer,
                clock=wiring.now,
                new_run=wiring.new_run,
                listen=self._listen,
            ),
            self._targets,
            seconds=time.monotonic,
            options=ApplyOptions(may_follow=self._may_follow),
            pace=Pace(interval=self._given.resync),
        )
        follower = self._follower = self._new_follower(store, loop)
        with ExitStack() as stack:
            stack.enter_context(_thread("loop", lambda: loop.run(self._stop)))
            stack.enter_context(_thread("follow", lambda: follower.run(self._stop)))
            stack.enter_context(_thread("policies", self._make_policies_ready))
            stack.callback(self._to_prepare.set)  # so that both notice that they are to stop
            stack.callback(follower.nudge)
            stack.enter_context(self._watching(follower))
            stack.callback(self._stop.set)  # whatever ends this, the threads end, too
            self._glance()

    def _new_follower(self, store: StateStore, loop: Loop) -> Follower:
        return Follower(
            Branch(self._head, lambda new, old: self._take(store, new, old), self._render(store)),
            loop.want,
            in_force=applied_last(self._given.repository, store.runs(RUNS)),
            now=time.time,
            chance=random.random,
            turns=Turns(self._given.interval),
            tell=self._journal.told,
        )

    @contextmanager
    def _watching(self, follower: Follower) -> Iterator[None]:
        """Nudge when a local branch moves; a remote one calls the webhook."""
        with ExitStack() as stack:
            if self._given.mirror is None:
                try:
                    stack.enter_context(watching(self._given.repository.git_dir, follower.nudge))
                except WatchError as error:
                    self._say("warning", "not-watching", error=str(error), next=error.remedy)
                follower.nudge()  # what moved before the watch began
            yield

    def _may_follow(self, revision: str, last: PlacementStatus) -> bool:
        """Whether a revision may follow what was applied last; where not, look at the branch."""
        follower = self._follower
        if follower is None or not is_ahead(
            last, revision, follower.looked, self._given.repository
        ):
            return True
        follower.nudge()
        return False

    def _head(self) -> str:
        """Return where the branch is, asking the Git server first where there is one."""
        if self._given.mirror is not None:
            self._given.mirror.fetch()
        return self._given.repository.resolve(f"refs/heads/{self._given.branch}").id

    def _take(self, store: StateStore, revision: str, in_force: str) -> Taken:
        self._given.repository.refuse_shallow()
        clearance = self._clearing.clear(revision, in_force)
        taken = self._render(store)(revision)
        return replace(taken, gated=clearance.gated, grounds=clearance.grounds())

    def _render(self, store: StateStore) -> Callable[[str], Taken]:
        """Return what says what every placement should hold at a revision."""

        def render(revision: str) -> Taken:
            snapshot = require_sound(read(self._given.repository, revision))
            declared = wanted(snapshot, wiring.charts())
            held = holding(self._given.repository, store.statuses(), self._begun)
            self._targets.follow(snapshot)
            gone, _ = emptied(self._targets, held.ours, declared, snapshot)
            for each in left_alone(self._given.repository, held.strangers, declared):
                words = {"placement": each.name, "error": each.message, "next": each.remedy}
                self._say("warning", "left-alone", **words)
            problems = tuple(
                f"{problem.position}: {problem.message}"
                for some in declared.problems.values()
                for problem in some
            )
            self._begun = frozenset(each.placement for each in declared.desired)
            self._taken_up = revision
            self._to_prepare.set()
            grounds = Clearance(self._given.repository.resolve(revision), ()).grounds()
            return Taken((*declared.desired, *gone), problems, grounds=grounds)

        return render

    def _make_policies_ready(self) -> None:
        """Load the policies in force beside all else, until the process is to stop.

        A commit that nobody judged is judged by them, and should not wait for their compilation.
        """
        while self._to_prepare.wait() and not self._stop.is_set():
            self._to_prepare.clear()
            try:
                snapshot = read(self._given.repository, self._taken_up)
                self._clearing.judge.make_ready(snapshot)
            except ControlPlaneError as error:  # whoever judges says so again, and denies
                self._say("warning", "policies-not-ready", error=str(error), next=error.remedy)

    def _glance(self) -> None:
        """Say when a target goes away or comes back, until the process is to stop."""
        before: Mapping[str, TargetState] = {}
        while not self._stop.wait(_GLANCE):
            states = self._states()
            for name, state in sorted(states.items()):
                self._compare(name, before.get(name), state)
            before = states

    def _compare(self, name: str, before: TargetState | None, state: TargetState) -> None:
        was_there = before is None or before.reachable
        if state.reachable != was_there:
            event = "target-back" if state.reachable else "target-away"
            self._say(_level(state.reachable), event, target=name, error=state.problem)
        observed = before is not None and before.observing_only
        if state.observing_only != observed:
            event = "observing-only" if state.observing_only else "writing-again"
            self._say(_level(not state.observing_only), event, target=name, error=state.problem)

    def _check(self) -> None:
        if self._store is None:
            raise StateUnavailableError(
                "the state store has not answered yet",
                remedy="see that it runs",
                retry_after=5.0,
            )
        self._store.check()

    def _following(self) -> Following:
        return self._follower.following if self._follower else Following()

    def _states(self) -> Mapping[str, TargetState]:
        return self._loop.state() if self._loop else {}

    def _look_now(self) -> None:
        if self._follower is not None:
            self._follower.nudge()

    def _listen(self, event: Event) -> None:
        self._metrics.listen(event)
        self._journal.listen(event)

    def _say(self, level: str, event: str, **words: str) -> None:
        self._journal.say(level, event, words)


def _level(well: bool) -> str:  # noqa: FBT001 (the one thing it is told)
    return "info" if well else "warning"


@contextmanager
def _thread(name: str, work: Callable[[], None]) -> Iterator[None]:
    """Run `work` beside; on leaving, wait until it has ended."""
    thread = threading.Thread(target=work, name=name)
    thread.start()
    try:
        yield
    finally:
        thread.join()
