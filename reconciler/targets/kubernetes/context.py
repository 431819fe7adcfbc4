"""What every part of the adapter works with: one cluster, its kinds, its inventories."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed, wait
from dataclasses import dataclass, field
from typing import TypeVar

from reconciler.targets.kubernetes.client import Client
from reconciler.targets.kubernetes.discovery import Discovery
from reconciler.targets.kubernetes.drift import Rules
from reconciler.targets.kubernetes.options import Options
from reconciler.targets.kubernetes.store import InventoryStore

T = TypeVar("T")
R = TypeVar("R")
_AT_ONCE = 8


@dataclass(frozen=True)
class Cluster:
    """One API server and how to work with it.

    `pool` has as many threads as requests may keep the server busy; `readers` has more, for
    LISTs mostly wait: a consistent one takes up to 100 ms until the server's cache has caught up.
    `pause` waits, in seconds; `now` is monotonic. `changing` holds the ids of the objects that this
    process is changing just now.
    """

    client: Client
    discovery: Discovery
    store: InventoryStore
    options: Options
    rules: Rules
    pool: ThreadPoolExecutor
    readers: ThreadPoolExecutor
    pause: Callable[[float], None]
    now: Callable[[], float]
    changing: set[str] = field(default_factory=set)

    def parallel(
        self, work: Callable[[T], R], items: Iterable[T], *, lists: bool = False
    ) -> list[R]:
        """The results of `work`, in order; `lists` tells that each item is a LIST.

        The first exception is raised, and what was not begun by then is dropped.
        """
        todo = list(items)
        if len(todo) < 2:
            return [work(item) for item in todo]
        pool = self.readers if lists else self.pool
        futures = [pool.submit(work, item) for item in todo]
        try:
            return [future.result() for future in futures]
        finally:
            for future in futures:
                future.cancel()

    def as_ready(self, work: Callable[[T], R], items: Sequence[T]) -> Iterator[R]:
        """The results of `work` as soon as they are there; what was not begun is dropped on close.

        `work` must not raise. Of many items a few are done in one go: handing each over by itself
        costs more than the work on it.
        """
        size = max(1, min(_AT_ONCE, len(items) // (self.options.connections * _AT_ONCE)))
        portions = [items[start : start + size] for start in range(0, len(items), size)]

        def some(portion: Sequence[T]) -> list[R]:
            return [work(item) for item in portion]

        futures = [self.pool.submit(some, portion) for portion in portions]
        try:
            for future in as_completed(futures):
                yield from future.result()
        finally:
            for future in futures:
                future.cancel()
            wait(futures)  # what was begun ends before anything else is done
