"""Being asked to end, by SIGTERM or SIGINT, and the moments in which that has to wait.

A handler raises wherever Python happens to be. Where foreign code has called back into Python,
nothing can carry that exception on: it is dropped, and the foreign code goes on with an answer that
nobody gave.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_waiting: list[BaseException] = []  # what was asked for while it had to wait
_depth = 0  # how many blocks of the main thread hold it back


class EndedError(BaseException):
    """The process was asked to end: what a command took or started is given back on the way out."""


def end(*_: object) -> None:
    """Handle SIGTERM: raise EndedError, now or once that may be."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # who asks again does not wait
    _raise(EndedError())


def interrupt(*_: object) -> None:
    """Handle SIGINT as Python does, but for the moments in which it has to wait."""
    _raise(KeyboardInterrupt())


def _raise(asked: BaseException) -> None:
    if not _depth:
        raise asked
    _waiting.append(asked)


@contextmanager
def held() -> Iterator[None]:
    """Let whoever asks wait until the block is over; only the main thread is ever asked."""
    global _depth  # noqa: PLW0603 - a process has one main thread, and its handlers see no other state
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _depth += 1
    try:
        yield
    finally:
        _depth -= 1
        if _waiting and not _depth:
            asked = _waiting[0]
            _waiting.clear()
            raise asked
