"""Keeps the leases of a run while it works, and says when they could not be kept.

A process may be stopped at any line and go on an hour later, when another run is at work. So
whoever writes asks right before: by this run's own clock, with no request to anybody.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from types import TracebackType
from typing import Final, Self

from reconciler.errors import LeaseLostError, ReconcilerError
from reconciler.state.base import StateStore

_SURE: Final = 2 / 3  # of a lease: clocks differ, and a request takes its time


class Keeper:
    """A context manager. Work calls `check` before it goes on, and before all that it writes."""

    def __init__(self, store: StateStore, run: str, now: Callable[[], datetime]) -> None:
        """`now` is the clock by which the store's leases end."""
        self._store = store
        self._run = run
        self._now = now
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._keep, name=f"lease-{run}", daemon=True)
        self._failed: ReconcilerError | None = None
        self._lost = False
        self._sure_until = self._sure_from(now())

    def check(self) -> None:
        """Raise unless the leases are certainly this run's still.

        Once they may not have been they are lost to it for good, whatever is renewed later.
        """
        if self._lost or self._now() >= self._sure_until:
            self._lost = True
            raise LeaseLostError(
                f"run {self._run} did not keep its leases in time, another may have taken them",
                remedy="let the other run finish; the next pass looks again",
            )
        if self._failed is not None:
            raise self._failed

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()

    def renew(self) -> None:
        """Renew the leases, unless they are lost."""
        asked = self._now()
        self._lost |= asked >= self._sure_until
        if self._lost:
            return
        try:
            self._store.renew(self._run)
        except ReconcilerError as error:
            self._failed = error
            return
        self._sure_until = self._sure_from(asked)
        self._failed = None

    def _keep(self) -> None:
        while not self._ended.wait(self._store.lease_seconds / 4):
            self.renew()

    def _sure_from(self, asked: datetime) -> datetime:
        return asked + timedelta(seconds=self._store.lease_seconds * _SURE)
