"""An OPA server of our own: on loopback, for one bundle, ended with us.

Decides how it is started and when it is ready. What is put into it is left to the engine.
"""

from __future__ import annotations

import contextlib
import os
import random
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from controlplane.policy.errors import EngineUnavailableError

KEEPER = Path(__file__).with_name("keeper.py")
FLAGS = ("run", "--server", "--disable-telemetry", "--log-level=error")
ATTEMPTS = 5
LABEL = "cpctl"


class OwnServer:
    """One `opa run --server`, in a process group of its own."""

    def __init__(self, binary: Path, ready: Callable[[int, str], bool], seconds: float) -> None:
        """Start it; raises EngineUnavailableError where it is not ready after `seconds`.

        `ready` is given the port and the mark of our server: another process may take the port
        between our look at it and OPA's, and its server would answer for ours.
        """
        for _ in range(ATTEMPTS):
            self.port = _free_port()
            mark = secrets.token_hex(16)
            self._process = self._start(binary, mark)
            deadline = time.monotonic() + seconds
            while self._process.poll() is None and time.monotonic() < deadline:
                if ready(self.port, mark):
                    return
                time.sleep(0.02)
            self.stop()
        raise EngineUnavailableError(
            f"{binary} was started and is not ready",
            remedy=f"try `{binary} run --server` by hand, or judge with --engine embedded",
        )

    def is_running(self) -> bool:
        """Whether the server has not ended."""
        return self._process.poll() is None

    @property
    def group(self) -> int:
        """The id of the process group of the server and its keeper."""
        return self._process.pid

    def stop(self) -> None:
        """Kill the server and its keeper."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()

    def _start(self, binary: Path, mark: str) -> subprocess.Popen[bytes]:
        address = f"--addr=127.0.0.1:{self.port}"
        label = f"--set=labels.{LABEL}={mark}"
        return subprocess.Popen(  # noqa: S603 - the OPA binary that was configured
            [sys.executable, "-I", "-S", str(KEEPER), str(binary), *FLAGS, label, address],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={},
            cwd="/",
            start_new_session=True,
        )


def _free_port() -> int:
    """Return a loopback port below the range that systems give to outgoing connections."""
    for port in random.SystemRandom().sample(range(20_000, 30_000), 100):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise EngineUnavailableError(
        "no free loopback port between 20000 and 29999",
        remedy="judge with --engine embedded, or give a server with CPCTL_OPA_URL",
    )
