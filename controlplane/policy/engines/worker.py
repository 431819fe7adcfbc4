"""A child process that answers frames, and is killed when it does not.

Decides how the child is started (no environment, a process group of its own), how long it is
waited for, and what counts as its having crashed. What is asked and what an answer means is left
to the engine.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from evidence.canonical import Json

LENGTH = struct.Struct(">I")


class WorkerTimeoutError(Exception):
    """The child did not answer in time; it has been killed."""


class WorkerCrashError(Exception):
    """The child ended, or answered with something that is no frame; it is gone."""


class Worker:
    """One child process. Not shared between threads."""

    def __init__(
        self,
        program: Path,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        largest_answer: int,
    ) -> None:
        """Start `program` under this Python, isolated from the caller's settings."""
        self._largest = largest_answer
        self._process = subprocess.Popen(  # noqa: S603 - our own program, no shell
            [sys.executable, "-I", str(program), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=dict(environment),
            cwd="/",
            start_new_session=True,
        )
        assert self._process.stdin and self._process.stdout  # noqa: S101 - both are pipes
        self._in, self._out = self._process.stdin.fileno(), self._process.stdout.fileno()
        os.set_blocking(self._in, False)
        os.set_blocking(self._out, False)

    @property
    def pid(self) -> int:
        """The child's process id, which is its group's too."""
        return self._process.pid

    def ask(self, frame: Json, seconds: float) -> Json:
        """Send one frame and return the answer to it.

        Raises WorkerTimeoutError after `seconds`, WorkerCrashError where the child ended.
        """
        try:
            return self._exchange(frame, time.monotonic() + seconds)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Kill the child and its group."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()

    def _exchange(self, frame: Json, deadline: float) -> Json:
        body = json.dumps(frame, ensure_ascii=False).encode()
        self._write(LENGTH.pack(len(body)) + body, deadline)
        (length,) = LENGTH.unpack(self._read(LENGTH.size, deadline))
        if length > self._largest:
            raise WorkerCrashError(f"an answer of {length:,} bytes; at most {self._largest:,}")
        try:
            return json.loads(self._read(length, deadline))
        except ValueError as error:
            raise WorkerCrashError("the answer is not JSON") from error

    def _write(self, data: bytes, deadline: float) -> None:
        view = memoryview(data)
        while view:
            self._wait(self._in, selectors.EVENT_WRITE, deadline)
            try:
                view = view[os.write(self._in, view) :]
            except BrokenPipeError as error:
                raise WorkerCrashError(self._how_it_ended()) from error

    def _read(self, length: int, deadline: float) -> bytes:
        parts: list[bytes] = []
        while length:
            self._wait(self._out, selectors.EVENT_READ, deadline)
            part = os.read(self._out, min(length, 1 << 20))
            if not part:
                raise WorkerCrashError(self._how_it_ended())
            parts.append(part)
            length -= len(part)
        return b"".join(parts)

    def _wait(self, descriptor: int, event: int, deadline: float) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(descriptor, event)
            if not selector.select(max(0.0, deadline - time.monotonic())):
                raise WorkerTimeoutError("no answer within the time allowed")

    def _how_it_ended(self) -> str:
        try:
            code = self._process.wait(1)
        except subprocess.TimeoutExpired:
            return "the evaluator closed its pipes"
        return f"the evaluator ended with {signal.Signals(-code).name if code < 0 else code}"
