"""Keeps the leases of a run while it works, and says when they could not be kept."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Self

from reconciler.errors import ReconcilerError
from reconciler.state.base import StateStore


class Keeper:
    """A context manager. Work asks `failed` before it goes on."""

    def __init__(self, store: StateStore, run: str) -> None:
        self._store = store
        self._run = run
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._keep, name=f"lease-{run}", daemon=True)
        self.failed: ReconcilerError | None = None

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

    def _keep(self) -> None:
        while not self._ended.wait(self._store.lease_seconds / 4):
            try:
                self._store.renew(self._run)
                self.failed = None
            except ReconcilerError as error:
                self.failed = error
