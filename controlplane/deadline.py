"""One deadline for an exchange over a network, whatever the other side does.

The timeout of a socket bounds one read, and a server that sends a byte a second never meets it. So
a timer ends the connection itself, in the middle of whatever waits for it. What is exchanged is
left to the callers. Looking a name up is the system's own affair and has no deadline here.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from types import TracebackType

Connection = Callable[[], socket.socket | None]
"""Returns the socket at the moment at which it is asked, None where there is none (any more)."""


class Deadline:
    """Ends the connections that it watches once its time is up."""

    def __init__(self, seconds: float) -> None:
        """`seconds` begin with the context."""
        self._seconds = seconds
        self._watched: list[Connection] = []
        self._lock = threading.Lock()
        self._is_over = False
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    def watch(self, connection: Connection) -> None:
        """End this one too; at once where the time is up."""
        with self._lock:
            self._watched.append(connection)
            if self._is_over:
                _shut(connection)

    def __enter__(self) -> Deadline:
        self._timer.start()
        return self

    def __exit__(
        self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None
    ) -> None:
        """Raise TimeoutError, whatever was made of the ended connection, where the time was up."""
        self._timer.cancel()
        with self._lock:
            is_over = self._is_over
        if is_over and (error is None or isinstance(error, Exception)):
            raise TimeoutError(f"no whole answer within {self._seconds:g} seconds") from error

    def _end(self) -> None:
        with self._lock:
            self._is_over = True
            for connection in self._watched:
                _shut(connection)


def _shut(connection: Connection) -> None:
    with contextlib.suppress(OSError):  # it was closed, or never connected
        if (found := connection()) is not None:
            # Not its own `shutdown`: that of an SSL socket lets go of its encryption first, and who
            # sends at that moment would go on in clear text.
            socket.socket.shutdown(found, socket.SHUT_RDWR)
