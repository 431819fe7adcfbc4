"""Who asks a process to end is heard at once, or when what must not be broken off is over."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator

import pytest

from controlplane import ending


@pytest.fixture(autouse=True)
def _handlers() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    signal.signal(signal.SIGTERM, ending.end)
    signal.signal(signal.SIGINT, ending.interrupt)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(
    ("number", "raised"),
    [(signal.SIGTERM, ending.EndedError), (signal.SIGINT, KeyboardInterrupt)],
)
def test_an_end_waits_until_what_is_held_is_over(
    number: signal.Signals, raised: type[BaseException]
) -> None:
    done = []
    with pytest.raises(raised), ending.held():
        with ending.held():
            os.kill(os.getpid(), number)
            done.append("within")
        done.append("around")
    assert done == ["within", "around"]
    with ending.held():  # what was asked for once is not asked for again
        done.append("after")


def test_without_that_it_is_heard_at_once() -> None:
    with pytest.raises(ending.EndedError):
        os.kill(os.getpid(), signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL  # a second one does not wait


def test_another_thread_holds_nothing_back() -> None:
    held, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        with ending.held():
            held.set()
            go_on.wait(30)

    thread = threading.Thread(target=hold)
    thread.start()
    assert held.wait(30)
    try:
        with pytest.raises(ending.EndedError):
            os.kill(os.getpid(), signal.SIGTERM)
    finally:
        go_on.set()
        thread.join(30)
