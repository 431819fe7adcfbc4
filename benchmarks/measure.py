"""What a piece of work costs: wall clock, processor time and peak memory, by process.

Decides how a process is measured, so that a client of ours and one of somebody else's are
measured alike: from its start to its end, with everything it loads. Linux only (`/proc`).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from tests.support.process import members

_MIB = 1024 * 1024
_LOOK_EVERY = 0.02  # seconds between two looks at a process's peak memory
_HELD_EVERY = 0.5  # seconds between two looks at what processes share, which cost milliseconds each
_LOOK_FIRST = 0.001  # the same for the first looks, or a short process would be missed
_FIRST_LOOKS = 200
_TICKS = os.sysconf("SC_CLK_TCK")


class UnmeasuredError(Exception):
    """Something could not be measured, or what was measured is not what it should be."""


class FailedCommandError(UnmeasuredError):
    """A measured command did not end with the exit code that was expected."""


@dataclass(frozen=True)
class Usage:
    """Seconds of wall clock and of processor (children that were waited for included), MiB."""

    wall: float
    cpu: float
    peak_mib: float


def command(
    arguments: Sequence[str | Path],
    *,
    environment: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    output: Path,
    expect: Iterable[int] = (0,),
    watch_memory: bool = True,
    children: bool = False,
) -> Usage:
    """Run a command to its end and say what it cost; both its streams go to `output`.

    Peak memory is that of the process itself, read from `/proc` while it runs: the figure that
    `wait4` gives would count the memory of whoever started it. With `children` it is the most that
    it and the processes it started held together, a shared page counted once. Raises
    FailedCommandError with the end of the output where the exit code is not one of `expect`.
    """
    words = [str(part) for part in arguments]
    with output.open("wb") as sink:
        begin = time.perf_counter()
        process = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            env=environment,
            cwd=cwd,
        )
        look, every = (held_mib, _HELD_EVERY) if children else (peak_mib, _LOOK_EVERY)
        peak = _Peak(process.pid, look, every) if watch_memory else None
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in expect:
        said = output.read_text(encoding="utf-8", errors="replace")[-2000:]
        raise FailedCommandError(f"{Path(words[0]).name} ended with {process.returncode}:\n{said}")
    return Usage(wall, usage.ru_utime + usage.ru_stime, peak.end() if peak else 0.0)


def worker(module: str, *arguments: str | Path, output: Path) -> tuple[Usage, dict[str, Any]]:
    """Run one of our modules as a process of its own; returns its cost and what it said.

    What it said is the last line of its output, a JSON object.
    """
    usage = command([sys.executable, "-m", module, *arguments], output=output)
    said: dict[str, Any] = json.loads(output.read_text(encoding="utf-8").splitlines()[-1])
    return usage, said


class Service:
    """One of our modules as a process that runs until it is told to end; a context manager.

    `usage` is there once it has ended.
    """

    def __init__(self, module: str, *arguments: str | Path, log: Path) -> None:
        self._words = [sys.executable, "-m", module, *map(str, arguments)]
        self._log = log
        self.usage = Usage(0.0, 0.0, 0.0)

    def __enter__(self) -> Self:
        self._begin = time.perf_counter()
        with self._log.open("wb") as sink:
            self._process = subprocess.Popen(
                self._words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=sink
            )
        self._peak = _Peak(self._process.pid, peak_mib, _LOOK_EVERY)
        return self

    def wait_for(self, line: str) -> None:
        """Return once it has said `line`; raises FailedCommandError where it ends before."""
        if self._process.stdout is None or self._process.stdout.readline().decode().strip() != line:
            said = self._log.read_text(encoding="utf-8", errors="replace")[-2000:]
            raise FailedCommandError(f"{self._words[2]} did not get ready:\n{said}")

    def __exit__(self, *_exception: object) -> None:
        self._process.terminate()
        _, ended, spent = os.wait4(self._process.pid, 0)
        self._process.returncode = os.waitstatus_to_exitcode(ended)
        if self._process.stdout is not None:
            self._process.stdout.close()
        wall = time.perf_counter() - self._begin
        self.usage = Usage(wall, spent.ru_utime + spent.ru_stime, self._peak.end())


class Stopwatch:
    """Measures the work of this very process between its making and `read`."""

    def __init__(self) -> None:
        self._wall = time.perf_counter()
        self._cpu = time.process_time()

    def read(self) -> Usage:
        """What was spent so far; memory is the process's peak since it started."""
        wall, cpu = time.perf_counter() - self._wall, time.process_time() - self._cpu
        return Usage(wall, cpu, peak_mib(os.getpid()))


def peak_mib(pid: int) -> float:
    """The most memory a process ever held, in MiB (`VmHWM` of proc_pid_status(5))."""
    text = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    found = next((line for line in text.splitlines() if line.startswith("VmHWM:")), "VmHWM: 0 kB")
    return int(found.split()[1]) * 1024 / _MIB


def held_mib(pid: int) -> float:
    """What a process and its descendants hold now, in MiB, or it alone ever held if that is more.

    A shared page counts once: `Pss` of proc_pid_smaps(5) is each page divided by the number of
    processes that map it.
    """
    return max(peak_mib(pid), _shared_mib(pid))


def _shared_mib(pid: int) -> float:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    below = [child for task in tasks for child in task.read_text(encoding="ascii").split()]
    text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8")
    found = next((line for line in text.splitlines() if line.startswith("Pss:")), "Pss: 0 kB")
    own = int(found.split()[1]) * 1024 / _MIB
    for child in below:
        with suppress(OSError):  # it ended meanwhile
            own += _shared_mib(int(child))
    return own


def processor_seconds(groups: Iterable[int]) -> float:
    """Processor time of every process in these groups so far (proc_pid_stat(5))."""
    total = 0
    for group in groups:
        for pid in members(group):
            text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
            fields = text.rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
    return total / _TICKS


class _Peak:
    """Looks at what a process holds until it ends, and keeps the most."""

    def __init__(self, pid: int, look: Callable[[int], float], every: float) -> None:
        self._pid, self._held, self._every = pid, look, every
        self._peak = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def end(self) -> float:
        self._over.set()
        self._thread.join()
        return self._peak

    def _look(self) -> None:
        looks = 0
        while not self._over.is_set():
            try:
                self._peak = max(self._peak, self._held(self._pid))
            except OSError:
                return
            looks += 1
            first = looks < _FIRST_LOOKS and self._every == _LOOK_EVERY
            self._over.wait(_LOOK_FIRST if first else self._every)
