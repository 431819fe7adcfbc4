"""The process that starts the workers, starts one again that ended, and ends them all.

It holds the listening sockets and judges nothing. Workers are forked before anything starts a
thread or loads an engine.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from controlplane.server.journal import Journal

_SIGNALS: Final = {signal.SIGCHLD, signal.SIGTERM, signal.SIGINT}
_SHORT: Final = 5.0  # seconds: who ended sooner is not started again at once
_LONGEST: Final = 30.0  # seconds to wait before a worker is started again
_AT_THE_END: Final = 5.0  # seconds beyond the grace of workers, after which they are killed

Run = Callable[[socket.socket, int, Path], None]
"""A worker's whole life: its socket, the pipe that closes with us, the folder they share."""


@dataclass
class _Slot:
    """The place of one worker."""

    listening: socket.socket
    process: int = 0
    started: float = 0.0
    failures: int = 0
    again: float = field(default=0.0)  # when it may be started


class Supervisor:
    """One worker for each socket."""

    def __init__(
        self, sockets: Sequence[socket.socket], run: Run, journal: Journal, grace: float
    ) -> None:
        self._slots = [_Slot(each) for each in sockets]
        self._run, self._journal, self._grace = run, journal, grace
        self._pipe = os.pipe()
        self._runtime = Path(tempfile.mkdtemp(prefix="cpctl-serve-"))
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(self._runtime)

    def serve(self) -> None:
        """Keep the workers running until SIGTERM or SIGINT; then end them."""
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        try:
            while not self._told_to_stop():
                self._reap()
                for slot in self._slots:
                    if not slot.process and time.monotonic() >= slot.again:
                        self._start(slot)
        finally:
            self._end()
            shutil.rmtree(self._runtime, ignore_errors=True)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)

    def _told_to_stop(self) -> bool:
        first = all(not slot.started for slot in self._slots)
        told = signal.sigtimedwait(_SIGNALS, 0.0 if first else 1.0)
        return told is not None and told.si_signo != signal.SIGCHLD

    def _start(self, slot: _Slot) -> None:
        slot.started = time.monotonic()
        process = os.fork()
        if process:
            slot.process = process
            return
        code = 70
        try:
            os.close(self._pipe[1])
            for other in self._slots:
                if other is not slot:
                    other.listening.close()
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
            self._run(slot.listening, self._pipe[0], self._runtime)
            code = 0
        except BaseException as error:  # noqa: BLE001 - nothing may go on after this in a child
            words = {"error": f"{type(error).__name__}: {error}"}
            self._journal.say("error", "worker-failed", words)
        finally:
            os._exit(code)

    def _reap(self) -> None:
        """Take note of workers that ended."""
        for slot in self._slots:
            if slot.process and (status := _ended(slot.process)) is not None:
                self._note(slot, status)

    def _note(self, slot: _Slot, status: int) -> None:
        from controlplane.server.gate import metrics  # noqa: PLC0415 - needs the folder's name

        lived = time.monotonic() - slot.started
        slot.failures = slot.failures + 1 if lived < _SHORT else 0
        wait = min(2.0 ** (slot.failures - 1), _LONGEST) if slot.failures else 0.0
        slot.again = time.monotonic() + wait
        metrics.ended(slot.process)
        words = {"process": str(slot.process), "end": str(status), "again": f"{wait:g}s"}
        self._journal.say("error", "worker-ended", words)
        slot.process = 0

    def _end(self) -> None:
        """Tell the workers to stop, wait, and kill who does not."""
        os.close(self._pipe[1])
        living = {slot.process for slot in self._slots if slot.process}
        for process in living:
            os.kill(process, signal.SIGTERM)
        until = time.monotonic() + self._grace + _AT_THE_END
        while living and time.monotonic() < until:
            living = {process for process in living if _ended(process) is None}
            time.sleep(0.02)
        for process in living:
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
        for slot in self._slots:
            slot.listening.close()
        os.close(self._pipe[0])


def _ended(process: int) -> int | None:
    """Return how a process ended (negative: by which signal), None while it lives."""
    found, status = os.waitpid(process, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if found else None
