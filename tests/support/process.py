"""A server process of a test: started on free ports, watched, and always ended.

Decides how a process is started, when it counts as ready and how it is stopped. What is run, and
what "ready" means for it, is said by the module of each server.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

SUPERVISOR = Path(__file__).with_name("supervise.py")

# Below the range from which Linux and macOS give ports to outgoing connections (32768 and up),
# so that no client takes the port between the moment it is chosen and the server's start.
PORTS = range(20_000, 30_000)


class ServerError(Exception):
    """A server did not start, did not become ready, or ended by itself."""


def free_port() -> int:
    """Return a loopback TCP port on which nothing listens."""
    for port in random.SystemRandom().sample(PORTS, 100):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise ServerError("no free port between 20000 and 29999 after 100 tries")


class Server:
    """One running process in a process group of its own, ended together with its starter."""

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        log: Path,
        *,
        user: str = "",
        stop_signal: signal.Signals = signal.SIGTERM,
        cwd: Path | None = None,
    ) -> None:
        """Start `command`, its output appended to `log`; `user` is an account to run it as."""
        self.name = name
        self.log = log
        arguments = [str(part) for part in command]
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-S", "-E", SUPERVISOR, str(int(stop_signal)), user, *arguments],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=cwd or log.parent,
                start_new_session=True,
            )

    @property
    def group(self) -> int:
        """The id of the process group in which the server and its supervisor run."""
        return self._process.pid

    def is_running(self) -> bool:
        """Whether the server has not ended yet."""
        return self._process.poll() is None

    def wait_until(self, ready: Callable[[], bool], *, seconds: float = 60) -> None:
        """Return once `ready()`; raises ServerError with the log's end if that never happens."""
        deadline = time.monotonic() + seconds
        while not ready():
            if not self.is_running():
                raise ServerError(f"{self.name} ended before it was ready:\n{self.tail()}")
            if time.monotonic() > deadline:
                raise ServerError(f"{self.name} not ready after {seconds} s:\n{self.tail()}")
            time.sleep(0.05)

    def stop(self) -> None:
        """End the server in an orderly way, then whatever is left of its group."""
        if self.is_running():
            self._process.terminate()
            self._process.wait()
        self.kill()

    def kill(self) -> None:
        """End the whole group at once, as a power failure would."""
        # After stop() the group may hold a child that outlived the server; mostly it is gone.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.group, signal.SIGKILL)
        self._process.wait()
        _close(self._process.stdin)

    def tail(self, lines: int = 20) -> str:
        """Return the end of the log."""
        text = self.log.read_text(encoding="utf-8", errors="replace")
        return "\n".join(text.splitlines()[-lines:])


def members(group: int) -> list[int]:
    """Return the ids of the processes in process group `group`, ended ones excluded.

    Linux only. A process that has ended but was not yet reaped (state Z) is not counted: how
    soon that happens is up to process 1. Fields of /proc/PID/stat: see proc_pid_stat(5).
    """
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        state, process_group = fields[0], int(fields[2])
        if process_group == group and state != "Z":
            found.append(int(entry.parent.name))
    return found


def _close(stream: IO[bytes] | None) -> None:
    if stream is not None:
        stream.close()
