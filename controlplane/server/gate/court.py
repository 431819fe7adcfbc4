"""One thread that judges, one that makes durable: what waits for them, and for how long.

Decides that a request which cannot be judged in time is answered without a decision, that too many
at once are turned away, and that a decision which is to be recorded is not answered before it is.
What is judged is left to the functions it is given; answers are made on the event loop's thread.

Decisions that come while others are being written are written together next (group commit), so
that recording keeps up with judging however long one write takes.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TypeVar

from controlplane.errors import ControlPlaneError, Exit
from controlplane.server.gate.http1 import busy
from controlplane.server.gate.messages import RefusedError, Response, problem
from evidence.errors import EvidenceError, StorageError
from evidence.writer import FinishedRun

T = TypeVar("T")
LARGEST_COMMIT = 256  # decisions that are written together
_AWAY = (Exit.INDETERMINATE, Exit.FAULT)  # it is not the request that is wrong


@dataclass(frozen=True)
class Decided:
    """An answer, and what must be durable before it is given; `runs` empty where nothing must.

    `finish` makes the answer from where each run was written (origin, entry).
    """

    finish: Callable[[Sequence[tuple[str, int]]], Response]
    runs: tuple[FinishedRun, ...] = ()


Work = Callable[[], Decided]
Chore = Callable[[], None]
Append = Callable[[Sequence[FinishedRun]], Sequence[tuple[str, int]]]


@dataclass(eq=False)
class _Case:
    work: Work
    future: asyncio.Future[Response]
    timer: asyncio.TimerHandle | None = None
    over: bool = False  # answered without a decision, or nobody waits any more
    decided: Decided | None = field(default=None)


class Court:
    """The two threads. `hear` is for the event loop's thread only."""

    def __init__(self, *, seconds: float, most: int, append: Append | None = None) -> None:
        """`seconds` is the deadline of a request, `most` how many may wait or be judged."""
        self._seconds, self._most, self._append = seconds, most, append
        self._loop = asyncio.get_running_loop()
        self._cases: queue.SimpleQueue[_Case | Chore | None] = queue.SimpleQueue()
        self._unwritten: queue.SimpleQueue[_Case | None] = queue.SimpleQueue()
        self._done: deque[tuple[_Case, Response]] = deque()
        self._told = False
        self._lock = threading.Lock()
        self.under_way = 0
        self.shed = 0
        self.late = 0
        self._threads = [threading.Thread(target=self._judge, name="judge", daemon=True)]
        if append is not None:
            self._threads.append(threading.Thread(target=self._write, name="record", daemon=True))
        for thread in self._threads:
            thread.start()

    def hear(self, work: Work) -> asyncio.Future[Response] | Response:
        """Judge when it is its turn. What is one too many is answered at once: 429, no decision."""
        if self.under_way >= self._most:
            self.shed += 1
            return busy("too many requests are being judged")
        case = _Case(work, self._loop.create_future())
        case.timer = self._loop.call_later(self._seconds, self._expire, case)
        case.future.add_done_callback(lambda _: self._over(case))
        self.under_way += 1
        self._cases.put(case)
        return case.future

    def after(self, chore: Chore) -> None:
        """Do something between two requests, after those that wait; from any thread."""
        self._cases.put(chore)

    def close(self) -> None:
        """End the threads after what waits for them."""
        self._cases.put(None)
        for thread in self._threads:
            thread.join(5.0)

    def _over(self, case: _Case) -> None:
        case.over = True
        if case.timer is not None:
            case.timer.cancel()

    def _expire(self, case: _Case) -> None:
        if not case.future.done():
            self.late += 1
            words = f"there was no decision within {self._seconds:g} s"
            remedy = "try again; ask about less at once, or raise --deadline"
            case.future.set_result(problem(HTTPStatus.GATEWAY_TIMEOUT, words, remedy))

    def _judge(self) -> None:
        while (case := self._cases.get()) is not None:
            if not isinstance(case, _Case):
                case()
                continue
            if case.over:
                self._deliver([(case, _GONE)])
                continue
            try:
                decided = case.work()
            except Exception as error:  # noqa: BLE001 - whatever went wrong, it is no decision
                self._deliver([(case, failed(error))])
                continue
            case.decided = decided
            if decided.runs and self._append is not None:
                self._unwritten.put(case)
            else:
                self._deliver([(case, _finished(decided, ()))])
        self._unwritten.put(None)

    def _write(self) -> None:
        going = True
        while going:
            cases, going = _together(self._unwritten)
            if cases:
                self._deliver(self._written(cases))

    def _written(self, cases: Sequence[_Case]) -> list[tuple[_Case, Response]]:
        """Make the decisions of `cases` durable, all in one write, and answer each."""
        assert self._append is not None  # noqa: S101 - else there is no such thread
        every = [(case, case.decided) for case in cases if case.decided is not None]
        try:
            places = iter(self._append([run for _, decided in every for run in decided.runs]))
        except Exception as error:  # noqa: BLE001 - what is not durable was not decided
            return [(case, unrecorded(error)) for case in cases]
        return [
            (case, _finished(decided, [next(places) for _ in decided.runs]))
            for case, decided in every
        ]

    def _deliver(self, answers: Sequence[tuple[_Case, Response]]) -> None:
        """Hand answers to the event loop, waking it once for many."""
        with self._lock:
            self._done.extend(answers)
            told, self._told = self._told, True
        if not told:
            self._loop.call_soon_threadsafe(self._hand_out)

    def _hand_out(self) -> None:
        with self._lock:
            answers, self._told = list(self._done), False
            self._done.clear()
        for case, response in answers:
            self.under_way -= 1
            if not case.future.done():
                case.future.set_result(response)


_GONE = problem(HTTPStatus.SERVICE_UNAVAILABLE, "nobody waits for this answer", "ask again")


def _finished(decided: Decided, places: Sequence[tuple[str, int]]) -> Response:
    try:
        return decided.finish(places)
    except Exception as error:  # noqa: BLE001 - an answer that cannot be written is no decision
        return failed(error)


def _together(waiting: queue.SimpleQueue[T | None]) -> tuple[list[T], bool]:
    """Return everything that waits, at least one, and whether more may come."""
    found: list[T] = []
    first = waiting.get()
    while first is not None:
        found.append(first)
        if len(found) >= LARGEST_COMMIT:
            return found, True
        try:
            first = waiting.get_nowait()
        except queue.Empty:
            return found, True
    return found, False


def failed(error: Exception) -> Response:
    """Return the answer where there is no decision because of `error`: always a deny."""
    if isinstance(error, RefusedError):
        return error.response
    if isinstance(error, ControlPlaneError | EvidenceError):
        away = isinstance(error, ControlPlaneError) and error.exit_code in _AWAY
        status = HTTPStatus.SERVICE_UNAVAILABLE if away else HTTPStatus.UNPROCESSABLE_ENTITY
        return problem(status, str(error), error.remedy)
    return problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        f"this is a fault of cpctl: {type(error).__name__}",
        "see what the server wrote to its log; nothing was decided",
    )


def unrecorded(error: Exception) -> Response:
    """Return the answer where a decision could not be made durable, and so does not count."""
    inside = isinstance(error, StorageError) or not isinstance(error, EvidenceError)
    words = type(error).__name__ if inside else str(error)  # no path of this machine
    return problem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        f"the decision could not be recorded: {words}",
        "see that the evidence directory can be written to; nothing was decided",
    )
