"""Kills a writer of evidence at every step of its writing, and looks at what is left.

Run as a program (`python -m tests.support.evidence_crash DIRECTORY`): it forks, and a test
runner's process, with its threads, must not. Prints one JSON object for the test to judge.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from evidence.audit import verify_directory
from evidence.disk import Disk
from evidence.objects import INLINE
from evidence.records import Record
from evidence.signers.base import Signer
from evidence.store import read_run, readers
from evidence.writer import FinishedRun
from tests.support.evidence import START, about, signer, writer

EARLIER = 254  # entries before, so that the runs fill a tile of 256


def work(directory: Path, keys: tuple[Signer, Signer], disk: Disk, acked: Path) -> None:
    """Write two runs, noting what was acknowledged as it is."""
    notes = os.open(acked, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    evidence = writer(directory, sign=keys[0], log=keys[1], disk=disk)
    for name in ("first", "second"):
        run = evidence.begin(kind="apply", subjects=about(), summary="apply", run_id=name)
        os.write(notes, f"begun {name}\n".encode())
        small = [Record("receipt", f"{name} {i}", {"i": i, "run": name}) for i in range(2)]
        large = Record("plan", f"{name} plan", {"text": name * INLINE})
        for digest in [*run.record_many(small), run.record(large)]:
            os.write(notes, f"recorded {digest}\n".encode())
        run.close(outcome="done", summary="done")
        os.write(notes, f"closed {name}\n".encode())


def killer(point: int) -> Callable[[str], None]:
    """Return a hook that ends this process at its `point`-th call."""
    steps = itertools.count(1)

    def hook(_: str) -> None:
        if next(steps) == point:
            os.kill(os.getpid(), signal.SIGKILL)

    return hook


def look(directory: Path, keys: tuple[Signer, Signer], acked: Path) -> list[str]:
    """Recover and return everything that is wrong afterwards."""
    noted = acked.read_text().splitlines() if acked.exists() else []
    evidence = writer(directory, sign=keys[0], log=keys[1])
    evidence.recover()
    wrong = [] if evidence.recover() == [] else ["a second recovery found something"]
    report = verify_directory(directory, None, START.replace(year=2027), trust_bundled_keys=True)
    wrong += [str(finding) for finding in report.findings]
    ((_, log),) = readers([directory]).values()
    late = enumerate(log.entries(EARLIER), start=EARLIER)
    found = [read_run(directory, log.origin, index, data) for index, data in late]
    by_name = [run.statement.run for run in found]
    kept = {r["summary"] for run in found for r in (x.record for x in run.records())}
    outcomes = {run.statement.run: run.statement.outcome for run in found}
    if len(by_name) != len(set(by_name)):
        wrong.append("a run is in the log twice")
    for line in noted:
        word, what = line.split()
        if word == "begun" and what not in by_name:
            wrong.append(f"run {what} began and is in no statement")
        if word == "closed" and outcomes.get(what) != "done":
            wrong.append(f"run {what} was closed and is {outcomes.get(what)}")
    digests = {
        Record(r.record["kind"], r.record["summary"], run.payload(r), r.record["subject"]).digest
        for run in found
        for r in run.records()
    }
    lost = [line for line in noted if line.startswith("recorded") and line[9:] not in digests]
    wrong += [f"a record was acknowledged and is gone: {line}" for line in lost]
    wrong += [f"left over: {p.name}" for p in directory.glob("logs/*/runs/*.json")]
    if noted == [] and kept:
        wrong.append("records of a run that was not acknowledged")
    return wrong


def main() -> None:
    """Try every point and print how many there were and what went wrong."""
    root = Path(sys.argv[1])
    keys = (signer("apply"), signer("log"))
    base = root / "base"
    earlier = writer(base, sign=keys[0], log=keys[1])
    for _ in range(2):
        half = [FinishedRun("apply", about(), f"earlier {i}", "done") for i in range(EARLIER // 2)]
        earlier.append(half)
    wrong: dict[str, list[str]] = {}
    for point in itertools.count(1):
        place, acked = root / f"{point}", root / f"{point}.acked"
        shutil.copytree(base, place, copy_function=os.link)  # nothing is changed in place
        child = os.fork()
        if child == 0:
            work(place, keys, Disk(killer(point)), acked)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if found := look(place, keys, acked):
            wrong[str(point)] = found
        shutil.rmtree(place)
        if not os.WIFSIGNALED(status):
            print(json.dumps({"points": point - 1, "status": status, "wrong": wrong}))
            return


if __name__ == "__main__":
    main()
