"""One worker process: its socket, its engine, its threads.

Decides who runs in which thread and in which order things begin and end. The event loop talks to
peers; one thread judges decisions and admissions, another steps of the repository, which take
longer; one follows the branch; where decisions are recorded, one writes them.
"""

from __future__ import annotations

import asyncio
import random
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final
from weakref import WeakKeyDictionary

from controlplane import wiring
from controlplane.errors import ControlPlaneError
from controlplane.operations.admitting import Homes
from controlplane.operations.following import Branch, Follower, Turns
from controlplane.operations.serving import InForce, make_ready
from controlplane.operations.stepping import KeptEngine, Means
from controlplane.repo.git import GitRepository
from controlplane.repo.refs import WatchError, watching
from controlplane.repo.snapshot import read
from controlplane.server.gate import admission, changes, decisions
from controlplane.server.gate.access import tokens
from controlplane.server.gate.admission import AdmissionEndpoint
from controlplane.server.gate.app import App, Judged
from controlplane.server.gate.changes import ChangesEndpoint
from controlplane.server.gate.court import Court
from controlplane.server.gate.decisions import DecisionsEndpoint
from controlplane.server.gate.http1 import Bounds, Peers
from controlplane.server.gate.listening import Listener, TlsFiles
from controlplane.server.gate.metrics import GateMetrics
from controlplane.server.gate.standing import Standing
from controlplane.server.journal import Journal
from controlplane.server.writers import CurrentWriter
from evidence.writer import FinishedRun

_TICK: Final = 1.0  # seconds between two looks at certificates and tokens
_SWITCH: Final = 0.0005  # seconds after which threads take turns: an answer is not to wait long


@dataclass(frozen=True)
class Given:
    """What was asked for. `record` says whether decisions are durable before they are answered."""

    root: str
    branch: str
    engine: str | None
    keys: Path | None
    record: bool
    tls: TlsFiles | None
    token_file: Path | None
    deadline: float  # seconds for one request
    changes_deadline: float  # seconds for one step of the repository
    most: int  # requests that may wait or be judged, in one process
    interval: float  # seconds between two looks at the branch
    grace: float  # seconds in which what is under way may end
    bounds: Bounds = field(default_factory=Bounds)


class Worker:
    """One process. `run` returns when it is told to stop."""

    def __init__(
        self, given: Given, listening: socket.socket, parent: int, runtime: Path, journal: Journal
    ) -> None:
        """`parent` is a pipe that closes when the process that started this one ends."""
        self._given, self._socket, self._parent = given, listening, parent
        self._runtime, self._journal = runtime, journal
        self._repository = GitRepository.open(given.root)
        self._engine = wiring.policy_engine(given.engine)
        self._metrics = GateMetrics()
        self._tokens: tuple[bytes, ...] = ()
        self._token_stamp: object = None
        self._namespaces: WeakKeyDictionary[InForce, Homes] = WeakKeyDictionary()

    def run(self) -> None:
        """Work until SIGTERM, SIGINT or the end of the parent."""
        sys.setswitchinterval(_SWITCH)
        asyncio.run(self._main())

    async def _main(self) -> None:
        given, loop = self._given, asyncio.get_running_loop()
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        loop.add_reader(self._parent, stop.set)
        court = Court(seconds=given.deadline, most=given.most, append=self._append())
        steps = Court(seconds=given.changes_deadline, most=given.most)
        standing = Standing(
            self._ready, court.after, self._metrics, self._journal, self._runtime / "in-force"
        )
        app = App(
            standing,
            self._endpoints(court, steps),
            lambda: self._tokens,
            self._metrics,
            guarded=given.token_file is not None,
        )
        peers = Peers(app.handle, given.bounds)
        listener = Listener(self._socket, peers, given.tls)
        self._look_at_tokens()
        peers.start()
        await listener.start()
        with self._following(standing):
            while not stop.is_set():
                await _within(stop, _TICK)
                await self._renew(listener)
        listener.stop()
        await peers.stop(given.grace)
        await loop.run_in_executor(None, partial(_close, court, steps))
        standing.close()

    def _endpoints(self, court: Court, steps: Court) -> dict[str, Judged]:
        asked = DecisionsEndpoint(self._metrics, wiring.now, recorded=self._given.record)
        live = AdmissionEndpoint(
            self._metrics, self._homes, wiring.now, recorded=self._given.record
        )
        return {
            decisions.PATH: Judged(court, asked),
            admission.PATH: Judged(court, live),
            changes.PATH: Judged(steps, self._changes()),
        }

    def _changes(self) -> ChangesEndpoint:
        means = Means(
            engine=KeptEngine(wiring.policy_engine(self._given.engine)),
            charts=wiring.charts(),
            evidence=wiring.evidence_directory(self._repository),
            branch=self._given.branch,
            now=wiring.now,
        )
        writer = self._writer() if self._given.keys is not None else None
        return ChangesEndpoint(self._metrics, self._repository, means, writer)

    def _homes(self, policies: InForce) -> Homes:
        """Return the namespaces of the revision in force."""
        return self._namespaces[policies]

    def _writer(self) -> CurrentWriter:
        directory = wiring.evidence_directory(self._repository)
        return CurrentWriter(directory, "decide", self._given.keys)

    def _append(self) -> Callable[[Sequence[FinishedRun]], list[tuple[str, int]]] | None:
        if not self._given.record:
            return None
        writer = self._writer()

        def append(runs: Sequence[FinishedRun]) -> list[tuple[str, int]]:
            return [(entry.origin, entry.index) for entry in writer().append(runs)]

        return append

    def _ready(self, revision: str) -> InForce:
        self._repository.refuse_shallow()
        ready = make_ready(read(self._repository, revision), self._engine)
        self._namespaces[ready] = Homes(ready.snapshot, wiring.charts())
        return ready

    @contextmanager
    def _following(self, standing: Standing) -> Iterator[None]:
        """Follow the branch in a thread of its own."""
        stop = threading.Event()
        follower = Follower(
            Branch(self._head, lambda revision, _: standing.take(revision), standing.take),
            standing.switch,
            in_force=standing.before(),
            now=time.time,
            chance=random.random,
            turns=Turns(self._given.interval),
            tell=standing.told,
        )
        standing.following = lambda: follower.following
        thread = threading.Thread(target=follower.run, args=(stop,), name="follow", daemon=True)
        with ExitStack() as stack:
            try:
                stack.enter_context(watching(self._repository.git_dir, follower.nudge))
            except WatchError as error:
                words = {"error": str(error), "next": error.remedy}
                self._journal.say("warning", "not-watching", words)
            thread.start()
            stack.callback(thread.join, self._given.grace)
            stack.callback(follower.nudge)
            stack.callback(stop.set)
            yield

    def _head(self) -> str:
        return self._repository.resolve(f"refs/heads/{self._given.branch}").id

    async def _renew(self, listener: Listener) -> None:
        """Take up certificates and tokens that were changed; bad ones are not."""
        try:
            self._look_at_tokens()
            if await listener.renew():
                self._journal.say("info", "certificate-renewed", {})
        except ControlPlaneError as error:
            words = {"error": str(error), "next": error.remedy}
            self._journal.say("warning", "not-renewed", words)

    def _look_at_tokens(self) -> None:
        place = self._given.token_file
        if place is None:
            return
        try:
            status = place.stat()
            stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
            if stamp != self._token_stamp:
                self._token_stamp = stamp
                self._tokens = tokens(place.read_bytes(), str(place))
        except OSError as error:
            if self._token_stamp is not None or not self._tokens:
                words = {"error": f"{place} cannot be read: {error.strerror}"}
                self._journal.say("warning", "not-renewed", words)
            self._token_stamp = None


async def _within(event: asyncio.Event, seconds: float) -> None:
    """Wait for an event, but no longer than so many seconds."""
    waiting = asyncio.ensure_future(event.wait())
    await asyncio.wait([waiting], timeout=seconds)
    waiting.cancel()


def _close(*courts: Court) -> None:
    for court in courts:
        court.close()
