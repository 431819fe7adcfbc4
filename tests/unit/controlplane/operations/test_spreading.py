"""Work over several processes gives what one would; a process that ends decides nothing."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import pytest

from controlplane.operations import spreading
from controlplane.operations.spreading import Lost

T = TypeVar("T")
R = TypeVar("R")


def spread(
    portions: Sequence[T], work: Callable[[Iterator[T]], Iterator[R]], workers: int
) -> Iterator[R | Lost[T]]:
    """Spread, although the test runner may have threads: these functions take no locks."""
    return spreading.spread(portions, work, workers, lambda: True)


def _doubled(numbers: Iterator[int]) -> Iterator[tuple[int, int]]:
    for number in numbers:
        yield number * 2, os.getpid()


def test_results_come_in_order_from_several_processes() -> None:
    found = list(spread(range(20), _doubled, 3))
    assert [value for value, _ in found if not isinstance(found, Lost)] == [
        n * 2 for n in range(20)
    ]
    pids = {pid for _, pid in found}
    assert len(pids) == 3
    assert os.getpid() not in pids


def test_one_worker_or_one_portion_stays_here() -> None:
    for portions, workers in ((range(5), 1), (range(1), 4)):
        assert {pid for _, pid in spread(portions, _doubled, workers)} == {os.getpid()}


def _killed_at_four(numbers: Iterator[int]) -> Iterator[int]:
    for number in numbers:
        if number == 4:
            os.kill(os.getpid(), signal.SIGKILL)
        yield number


def test_what_a_killed_process_had_left_is_lost_and_nothing_else() -> None:
    found = list(spread(range(8), _killed_at_four, 2))
    assert found == [0, 1, 2, 3, Lost(4), 5, Lost(6), 7]


def _large(numbers: Iterator[int]) -> Iterator[bytes]:
    for number in numbers:
        yield bytes([number]) * 3_000_000


def test_large_results_do_not_block() -> None:
    assert [len(each) for each in spread(range(6), _large, 2)] == [3_000_000] * 6


def _raising(numbers: Iterator[int]) -> Iterator[int]:
    for number in numbers:
        if number == 3:
            raise KeyError("three")
        yield number


def test_an_error_is_raised_here_as_it_was_there() -> None:
    with pytest.raises(KeyError, match="three"):
        list(spread(range(6), _raising, 2))


def test_what_is_done_after_the_last_answer_is_waited_for(tmp_path: Path) -> None:
    def closing(numbers: Iterator[int]) -> Iterator[int]:
        mine = list(numbers)
        yield from mine
        (tmp_path / str(mine[0])).write_text("x" * 1000)

    assert list(spread(range(4), closing, 2)) == [0, 1, 2, 3]
    assert [(tmp_path / name).stat().st_size for name in ("0", "1")] == [1000, 1000]


@pytest.mark.parametrize("kill", [True, False])
def test_a_process_that_fails_after_its_last_answer_loses_it(kill: bool) -> None:
    def failing(numbers: Iterator[int]) -> Iterator[int]:
        mine = list(numbers)
        yield from mine
        if mine[0] == 0 and kill:
            os.kill(os.getpid(), signal.SIGKILL)
        if mine[0] == 0:
            raise OSError("the disk is broken")

    assert list(spread(range(5), failing, 2)) == [0, 1, 2, 3, Lost(4)]
    assert list(spread(range(4), failing, 2)) == [0, 1, Lost(2), 3]


def test_a_process_with_threads_is_not_forked() -> None:
    over = threading.Event()
    other = threading.Thread(target=over.wait)
    other.start()
    try:
        found = list(spreading.spread(range(4), _doubled, 2))
    finally:
        over.set()
        other.join()
    assert found == [(n * 2, os.getpid()) for n in range(4)]
