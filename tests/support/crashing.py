"""Kills a process at every point where a crash would be felt, and looks at what the next run does.

A scenario is a class, named "module:Class", made with a folder of its own. For each point a world
is prepared, a run in it is killed with SIGKILL when it reaches the point, a second run is left
alone, and the final state is compared with that of a run that was never killed.

The worlds are worked on in children forked from one process that has imported everything and has
no threads: `python -m tests.support.crashing SCENARIO FOLDER`. It prints one JSON object.
"""

from __future__ import annotations

import importlib
import itertools
import json
import os
import pickle
import shutil
import signal
import subprocess
import sys
import traceback
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Never

from reconciler import crashpoints

Json = Any
KILLED = -signal.SIGKILL
POINT = "point"  # the file in a world that names where its run was killed


class Scenario(ABC):
    """One world. Nothing is kept in memory between calls: each is in a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @abstractmethod
    def prepare(self) -> None:
        """Bring the world to where the run begins."""

    def prepare_as(self, other: Path) -> None:
        """Bring it to where the world in `other`, prepared and not run, is: by the same steps.

        A world that is nothing but its folder may be copied instead, which is quicker.
        """
        self.prepare()

    @abstractmethod
    def run(self) -> None:
        """Do what is to be killed, or done again after a kill."""

    @abstractmethod
    def final(self) -> tuple[Json, list[str]]:
        """Return the state to be compared, and what is wrong with it by itself."""


@dataclass
class Report:
    """What came of a scenario."""

    points: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def examine(scenario: str, folder: Path, *, timeout: float) -> Report:
    """Run a scenario in a process of its own."""
    command = [sys.executable, "-m", "tests.support.crashing", scenario, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)
    if done.returncode:
        raise AssertionError(f"{scenario}: {done.stderr}")
    return Report(**json.loads(done.stdout.splitlines()[-1]))


def crash_everywhere(make: Callable[[Path], Scenario], folder: Path) -> Report:
    """Kill a run at every point, one world each; every fourth time the next run as well."""
    untouched, prepared = make(folder / "untouched"), make(folder / "prepared")
    _in_child(prepared.prepare)
    _in_child(partial(untouched.prepare_as, prepared.folder))
    _in_child(untouched.run)
    expected, wrong = _in_child(untouched.final)[1]
    report = Report(problems=[f"never killed: {problem}" for problem in wrong])
    for number in itertools.count(1):
        world = make(folder / str(number))
        _in_child(partial(world.prepare_as, prepared.folder))
        code, _ = _in_child(partial(_run_to_death, world, number))
        if code != KILLED:
            break
        report.points.append((world.folder / POINT).read_text(encoding="utf-8"))
        if number % 4 == 0:
            _in_child(partial(_run_to_death, world, number // 4))
        _in_child(world.run)
        found, wrong = _in_child(world.final)[1]
        where = f"killed at point {number}, {report.points[-1]}"
        report.problems += [f"{where}: {problem}" for problem in wrong]
        if found != expected:
            report.problems.append(f"{where}: {_difference(expected, found)}")
        shutil.rmtree(world.folder)
    return report


def _run_to_death(scenario: Scenario, number: int) -> None:
    """Run, and end this process without warning at the point of that number."""
    reached = itertools.count(1)

    def listener(point: str) -> None:
        if next(reached) == number:
            (scenario.folder / POINT).write_text(point, encoding="utf-8")
            os.kill(os.getpid(), signal.SIGKILL)

    crashpoints.listen(listener)
    scenario.run()


def _in_child(work: Callable[[], Any]) -> tuple[int, Any]:
    """Do something in a forked child; return how it ended and what it returned."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        _child(work, write)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        data = pipe.read()
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    if code not in {0, KILLED}:
        raise SystemExit(f"a child ended with {code}; see above")
    return code, pickle.loads(data) if code == 0 else None


def _child(work: Callable[[], Any], write: int) -> Never:
    try:
        data = pickle.dumps(work())
        with os.fdopen(write, "wb") as pipe:
            pipe.write(data)
    except BaseException:  # noqa: BLE001 (the child ends here, whatever it is)
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    os._exit(0)


def _difference(expected: Json, found: Json) -> str:
    if isinstance(expected, dict) and isinstance(found, dict):
        names = sorted(
            name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name)
        )
        return "; ".join(
            f"{n}: expected {expected.get(n)!r}, found {found.get(n)!r}" for n in names
        )
    return f"expected {expected!r}, found {found!r}"


def main(scenario: str, folder: str) -> None:
    """Examine one scenario and print the report."""
    module, _, name = scenario.partition(":")
    made: Callable[[Path], Scenario] = getattr(importlib.import_module(module), name)
    print(json.dumps(asdict(crash_everywhere(made, Path(folder)))))


if __name__ == "__main__":
    main(*sys.argv[1:])
