"""Work spread over processes: the same results in the same order as one process would give.

Decides which process does which portion and what the end of one means. Processes are forked, so
that what was read once is shared and nothing is sent but results. A portion whose process ended
before it answered is `Lost`, as is its last one where it failed afterwards, and what that means is
for the caller to say; nothing is tried twice. An error that a process raises is raised here by
doing that portion here.

Only a process of one thread may be forked; where there are others, all is done here.
"""

from __future__ import annotations

import os
import pickle
import selectors
import signal
import struct
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

P = TypeVar("P")
R = TypeVar("R")

Work = Callable[[Iterator[P]], Iterator[R]]
"""Does portions one after the other; what it prepares lasts until the last of them."""

_LENGTH = struct.Struct(">Q")
_DONE, _RAISED, _ENDED = b"d", b"r", b"e"
_WELL = (_ENDED, b"")  # the last that a process says, once nothing is left to fail


@dataclass(frozen=True)
class Lost(Generic[P]):
    """A portion whose process ended without an answer."""

    portion: P


def may_fork() -> bool:
    """Whether this process can be forked: another thread could hold a lock for ever."""
    return hasattr(os, "fork") and threading.active_count() == 1


def spread(
    portions: Sequence[P],
    work: Work[P, R],
    workers: int,
    possible: Callable[[], bool] | None = None,
) -> Iterator[R | Lost[P]]:
    """Yield what `work` makes of each portion, in order, using up to `workers` processes."""
    workers = min(workers, len(portions))
    if workers < 2 or not (possible or may_fork)():
        yield from work(iter(portions))
        return
    children = [_Child(portions[start::workers], work) for start in range(workers)]
    try:
        yield from _collected(portions, work, children)
    finally:
        for child in children:
            child.end()


def _collected(
    portions: Sequence[P], work: Work[P, R], children: Sequence[_Child[P, R]]
) -> Iterator[R | Lost[P]]:
    with selectors.DefaultSelector() as ready:
        for child in children:
            ready.register(child.pipe, selectors.EVENT_READ, child)
        for number, portion in enumerate(portions):
            child = children[number % len(children)]
            last = number + len(children) >= len(portions)  # how it ends belongs to its work
            while not child.ended and (last or not child.answers):
                for key, _ in ready.select():
                    if not key.data.receive():
                        ready.unregister(key.fileobj)
            kind, answer = child.answers.pop(0) if child.answers else _WELL
            if kind == _RAISED:
                yield from work(iter([portion]))
            elif kind == _ENDED or (last and child.answers != [_WELL]):
                yield Lost(portion)
            else:
                yield pickle.loads(answer)  # noqa: S301 - of our own child


class _Child(Generic[P, R]):
    """One process and its answers, in the order of its portions."""

    def __init__(self, portions: Sequence[P], work: Work[P, R]) -> None:
        self.pipe, out = os.pipe()
        self.answers: list[tuple[bytes, bytes]] = []
        self.ended = False
        self._received = bytearray()
        sys.stdout.flush()
        sys.stderr.flush()
        self._pid = os.fork()
        if self._pid == 0:
            os.close(self.pipe)
            _serve(portions, work, out)
        os.close(out)

    @property
    def pid(self) -> int:
        """The process, while it is there."""
        return self._pid

    def receive(self) -> bool:
        """Take what the process sent; False once it has ended."""
        data = os.read(self.pipe, 1 << 20)
        self.ended = not data
        self._received += data
        while len(self._received) > _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._received)
            end = _LENGTH.size + 1 + length
            if len(self._received) < end:
                break
            kind = bytes(self._received[_LENGTH.size : _LENGTH.size + 1])
            self.answers.append((kind, bytes(self._received[_LENGTH.size + 1 : end])))
            del self._received[:end]
        return not self.ended

    def end(self) -> None:
        """See to it that the process is gone."""
        os.close(self.pipe)
        with suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)
        with suppress(ChildProcessError):
            os.waitpid(self._pid, 0)


def _serve(portions: Sequence[P], work: Work[P, R], out: int) -> None:
    """Answer every portion, then end this process without running anybody's clean-up."""
    code = 1
    try:
        with suppress(AttributeError):  # a parent that is killed takes its children with it
            signal.signal(signal.SIGINT, signal.SIG_DFL)
        todo = iter(portions)
        try:
            for answer in work(todo):
                _send(out, _DONE, pickle.dumps(answer, pickle.HIGHEST_PROTOCOL))
            _send(out, *_WELL)
        except Exception:  # noqa: BLE001 - the parent meets it again, and says so in its own words
            _send(out, _RAISED, b"")
        code = 0
    finally:
        os._exit(code)


def _send(out: int, kind: bytes, answer: bytes) -> None:
    view = memoryview(_LENGTH.pack(len(answer)) + kind + answer)
    while view:
        view = view[os.write(out, view) :]
