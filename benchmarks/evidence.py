"""How much evidence can be made durable and verified in a second, and what it weighs.

Each task runs in a process of its own (`python -m benchmarks.evidence TASK DIRECTORY COUNT`), so
that its peak memory is its own; its time is that of the work alone, without starting Python.
Every figure is with fsync: a record or statement counts once it is durable.
"""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from benchmarks import measure
from benchmarks.measure import Stopwatch, Usage
from benchmarks.report import Report, Sample
from benchmarks.settings import Settings
from evidence.bundle import export
from evidence.records import Record
from evidence.trust import TrustedKey, TrustSet
from evidence.verify import verify_bundle
from evidence.writer import EvidenceWriter, FinishedRun
from tests.support.evidence import COMMIT, about, signer, writer

BATCH = 100  # records or statements handed over together


def run(settings: Settings) -> Report:
    """Measure each task `runs` times, in turn."""
    samples: list[Sample] = []
    for number in range(settings.runs):
        for task, (_, count) in TASKS.items():
            directory = settings.scratch / f"evidence-{task}-{number}"
            asked = settings.choose(count, 10)
            output = settings.scratch / "evidence.out"
            whole, said = measure.worker(
                "benchmarks.evidence", task, directory, str(asked), output=output
            )
            usage = Usage(said["wall"], said["cpu"], whole.peak_mib)
            samples.append(Sample(task, number, usage, said))
    return Report(
        "evidence",
        {"fsync": "every append", "signatures": "Ed25519", "batch": BATCH},
        samples,
        figures=[_figure(task, samples) for task in TASKS],
    )


def _figure(task: str, samples: Iterable[Sample]) -> str:
    mine = [sample.details for sample in samples if sample.client == task]
    rate = statistics.median(said["count"] / said["wall"] for said in mine)
    size = f", bundle of {mine[0]['bytes'] / 1024:.0f} KiB" if "bytes" in mine[0] else ""
    return f"{task}: {rate:,.0f} a second ({mine[0]['count']:,} of them{size})"


def _records(count: int) -> list[Record]:
    """Receipts such as an apply leaves."""
    return [
        Record(
            "receipt",
            f"created apps/v1/Deployment/apps/app-{n:05d}",
            {"id": f"apps/v1/Deployment/apps/app-{n:05d}", "result": "done", "verb": "create"},
            "benchmark/prod",
        )
        for n in range(count)
    ]


def _one_by_one(directory: Path, count: int) -> dict[str, Any]:
    """Records, each durable before the next is handed over."""
    todo = _records(count)
    with writer(directory).begin(kind="apply", subjects=about(), summary="apply") as begun:
        watch = Stopwatch()
        for record in todo:
            begun.record(record)
        usage = watch.read()
        begun.close(outcome="done", summary="done")
    return _said(usage, count)


def _in_batches(directory: Path, count: int) -> dict[str, Any]:
    """A whole run: its beginning, its records in batches, the signed statement that closes it."""
    todo, opened = _records(count), writer(directory)
    watch = Stopwatch()
    with opened.begin(kind="apply", subjects=about(), summary="apply") as begun:
        for some in _portions(todo):
            begun.record_many(some)
        begun.close(outcome="done", summary="done")
    return _said(watch.read(), count)


def _statements(directory: Path, count: int) -> dict[str, Any]:
    """Runs one after the other, each with a record, each closed and in the log before the next."""
    todo, opened = _records(count), writer(directory)
    watch = Stopwatch()
    for record in todo:
        with opened.begin(kind="apply", subjects=about(), summary="apply") as begun:
            begun.record(record)
            begun.close(outcome="done", summary="done")
    return _said(watch.read(), count)


def _statements_together(directory: Path, count: int) -> dict[str, Any]:
    """Statements that are appended together, under one checkpoint for each batch."""
    opened = writer(directory)
    watch = Stopwatch()
    _append(opened, count)
    return _said(watch.read(), count)


def _verify_records(directory: Path, count: int) -> dict[str, Any]:
    """Verify the bundle of one run of so many records."""

    def fill(opened: EvidenceWriter) -> None:
        with opened.begin(kind="apply", subjects=about(), summary="apply") as begun:
            begun.record_many(_records(count))
            begun.close(outcome="done", summary="done")

    return _verify(directory, count, fill)


def _verify_statements(directory: Path, count: int) -> dict[str, Any]:
    """Verify the bundle of so many signed statements."""
    return _verify(directory, count, lambda opened: _append(opened, count))


def _verify(directory: Path, count: int, fill: Callable[[EvidenceWriter], None]) -> dict[str, Any]:
    keys = signer("apply"), signer("log")
    fill(writer(directory, sign=keys[0], log=keys[1]))
    trust = TrustSet.of(TrustedKey(key.name, key.purpose, key.public_key) for key in keys)
    bundle = export([directory], COMMIT)
    watch = Stopwatch()
    report = verify_bundle(bundle, trust, datetime.now(UTC))
    usage = watch.read()
    if not report.verified:
        raise RuntimeError(report.words())
    return {**_said(usage, count), "bytes": len(bundle)}


def _append(opened: EvidenceWriter, count: int) -> None:
    for some in _portions(_records(count)):
        opened.append(
            [FinishedRun("apply", about(), "apply", "done", (record,)) for record in some]
        )


def _portions(todo: list[Record]) -> Iterable[list[Record]]:
    return (todo[start : start + BATCH] for start in range(0, len(todo), BATCH))


def _said(usage: Usage, count: int) -> dict[str, Any]:
    return {**asdict(usage), "count": count}


TASKS: Final = {
    "records one by one": (_one_by_one, 1_000),
    "records in batches": (_in_batches, 4_000),
    "statements one by one": (_statements, 300),
    "statements in batches": (_statements_together, 2_000),
    "verify records": (_verify_records, 4_000),
    "verify statements": (_verify_statements, 2_000),
}

if __name__ == "__main__":
    _task, _directory, _count = sys.argv[1:]
    print(json.dumps(TASKS[_task][0](Path(_directory), int(_count))))
