"""Names the places where a crash would be felt: around every durable write and every request.

In production nothing listens and `reached` does nothing. A test listens to count the places, and
then again to end the process at one of them.
"""

from __future__ import annotations

from collections.abc import Callable

_listeners: list[Callable[[str], None]] = []


def reached(point: str) -> None:
    """Say that the process is at `point`, such as "kubernetes.patch.before"."""
    for listener in tuple(_listeners):
        listener(point)


def listen(listener: Callable[[str], None]) -> None:
    """Call `listener` with each point reached from now on, in the thread that reached it."""
    _listeners.append(listener)


def ignore(listener: Callable[[str], None]) -> None:
    """Stop calling `listener`."""
    _listeners.remove(listener)
