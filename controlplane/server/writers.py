"""The evidence of a process that runs for long, signed by the keys that are in use.

Decides when the keys of this machine are read again: as soon as something else is in their
directory. What a key signs after it was rotated counts for nothing, and would spoil its log: a run
under way meanwhile is closed by the new one.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from pathlib import Path

from controlplane import wiring
from evidence.run import Entry, Run
from evidence.statement import Subject
from evidence.writer import EvidenceWriter


class CurrentWriter:
    """Opens the writer anew once the keys have changed. May be called from several threads.

    Where it cannot, KeyFileError: nothing is recorded, so that nothing is done.
    """

    def __init__(self, directory: Path, purpose: str, keys: Path | None) -> None:
        """Raises KeyFileError where there is no key for `purpose`."""
        self._directory, self._purpose, self._keys = directory, purpose, keys
        self._lock = threading.Lock()
        self._seen = self._stamp()
        self._writer = self._opened()

    def __call__(self) -> EvidenceWriter:
        """Return the writer that signs with the key in use."""
        with self._lock:
            seen = self._stamp()
            if seen != self._seen:
                self._writer = self._opened()
                self._seen = seen
            return self._writer

    def begin(
        self, *, kind: str, subjects: Sequence[Subject], summary: str, run_id: str | None = None
    ) -> Run:
        """Begin a run as `EvidenceWriter.begin` does."""
        return self().begin(kind=kind, subjects=subjects, summary=summary, run_id=run_id)

    def recover(self) -> list[Entry]:
        """Close what processes that are gone left open, by whichever key they were to be signed."""
        return self().recover()

    def _opened(self) -> EvidenceWriter:
        writer = wiring.evidence_writer(self._directory, self._purpose, keys=self._keys)
        writer.succeeded_by(self)
        return writer

    def _stamp(self) -> tuple[object, ...]:
        place = wiring.keys_directory(self._keys)
        try:
            return (place.stat().st_mtime_ns, *sorted(os.listdir(place)))  # noqa: PTH208 - names only
        except OSError:
            return ()  # opening says what is wrong with it
