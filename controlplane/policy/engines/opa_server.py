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
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from controlplane.policy.engines import opa_command
from controlplane.policy.errors import EngineUnavailableError, PolicyLoadError

KEEPER = Path(__file__).with_name("keeper.py")
FLAGS = ("run", "--server", "--skip-version-check", "--log-level=error")
ATTEMPTS = 5
LABEL = "cpctl"
ERRORS = ".errors"  # what OPA says while it starts


class OwnServer:
    """One `opa run --server`, in a process group of its own."""

    def __init__(
        self,
        binary: Path,
        ready: Callable[[int, str], bool],
        seconds: float,
        files: Mapping[str, str] = opa_command.NOTHING,
    ) -> None:
        """Start it with `files` (path → text), read at once: one by one OPA compiles all each time.

        `ready` is given the port and the mark of our server: another process may take the port
        between our look at it and OPA's, and its server would answer for ours. Raises
        PolicyLoadError where OPA refuses a file, EngineUnavailableError where it is not ready
        after `seconds`.
        """
        with tempfile.TemporaryDirectory(prefix="cpctl-") as scratch:
            for path, text in files.items():
                place = Path(scratch, path)
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(text, encoding="utf-8")
            for _ in range(ATTEMPTS):
                self.port = _free_port()
                mark = secrets.token_hex(16)
                self._process = self._start(binary, mark, Path(scratch), files)
                deadline = time.monotonic() + seconds
                while self._process.poll() is None and time.monotonic() < deadline:
                    if ready(self.port, mark):
                        return
                    time.sleep(0.02)
                self.stop()
                said = Path(scratch, ERRORS).read_text(encoding="utf-8", errors="replace")
                if refused := opa_command.refusals(binary, Path(scratch)):
                    raise PolicyLoadError(refused)
        raise EngineUnavailableError(
            f"{binary} was started and is not ready: {said.strip()[-300:] or 'it says nothing'}",
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

    def _start(
        self, binary: Path, mark: str, scratch: Path, files: Mapping[str, str]
    ) -> subprocess.Popen[bytes]:
        address = f"--addr=127.0.0.1:{self.port}"
        label = f"--set=labels.{LABEL}={mark}"
        places = sorted({path.split("/")[0] for path in files})
        keeper = [sys.executable, "-I", "-S", str(KEEPER)]
        with Path(scratch, ERRORS).open("wb") as errors:
            return subprocess.Popen(  # noqa: S603 - the OPA binary that was configured
                [*keeper, str(binary), *FLAGS, label, address, *places],
                stdin=subprocess.PIPE,
                stdout=errors,
                stderr=errors,
                env={},
                cwd=scratch,
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
