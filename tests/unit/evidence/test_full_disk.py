"""A disk that takes no more: whatever failed is no decision, and the log goes on once there is room.

Two kinds of it: each step of writing refused in turn, and a real limit of the operating system, at
which a write ends in the middle.
"""

from __future__ import annotations

import errno
import os
import resource
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from evidence.audit import verify_directory
from evidence.disk import Disk
from evidence.errors import StorageError
from evidence.objects import INLINE
from evidence.packs import PackWriter
from evidence.records import PackedRecord, Record
from evidence.signers.base import Signer
from evidence.store import read_run, readers
from evidence.writer import FinishedRun
from tests.support.evidence import START, about, signer, writer

KEYS = (signer("decide"), signer("log"))
PACKED = f"sha256:{'0' * 64}"


class Full(Disk):
    """A disk on which there is room for `steps` steps, and then for none until `room` is made."""

    def __init__(self, steps: int) -> None:
        super().__init__(self._step)
        self.left = steps
        self.refused = 0

    def _step(self, name: str) -> None:
        if name.startswith("before remove"):  # which never needs room
            return
        self.left -= 1
        if self.left < 0:
            self.refused += 1
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def decide(place: Path, disk: Disk, keys: tuple[Signer, Signer] = KEYS) -> None:
    """Record one decision with a large payload, a small one, and one in a pack."""
    log = writer(place, sign=keys[0], log=keys[1], disk=disk)
    pack = log.new_pack()
    try:
        pack.add(PACKED, [b"x" * 5_000])
        pack.close()
    except StorageError:
        pack.abandon()
        raise
    with log.begin(kind="gate", subjects=about(), summary="allowed") as run:
        run.adopt_pack(pack.path)
        large = Record("policies", "policies", {"text": "x" * (INLINE + 1)})
        run.record_many([Record("decision", "allowed", {"allow": True}), large])
        run.record(PackedRecord("envelope", "what was judged", None, "Tenant/acme", PACKED))
        run.close(outcome="allow", summary="allowed")


def outcomes(place: Path) -> list[tuple[str, int]]:
    """Return how each run in the log ended, with its number of records."""
    ((_, log),) = readers([place]).values()
    runs = [read_run(place, log.origin, n, data) for n, data in enumerate(log.entries())]
    return [(run.statement.outcome, run.statement.count) for run in runs]


def faults(place: Path) -> list[str]:
    """Return what does not verify, but for the content of the pack, which is no record."""
    report = verify_directory(place, None, START.replace(year=2027), trust_bundled_keys=True)
    return [str(finding) for finding in report.findings if PACKED not in str(finding)]


def test_at_whatever_step_the_disk_is_full_no_half_of_a_decision_counts(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    decide(tmp_path / "before", Disk())
    steps = 0
    while True:
        place, disk = tmp_path / f"{steps}", Full(steps)
        shutil.copytree(tmp_path / "before", place)
        try:
            decide(place, disk)
        except StorageError as error:
            assert "No space left" in str(error)
            assert "room" in error.remedy
        if not disk.refused:
            break
        assert faults(place) == [], steps
        assert [p.name for p in place.rglob("*.tmp")] == [], steps
        assert outcomes(place)[0] == ("allow", 3)
        assert set(outcomes(place)[1:]) <= {("allow", 3)}  # whole, and only its tidying failed
        writer(place, sign=KEYS[0], log=KEYS[1]).recover()
        decide(place, Disk())
        found = outcomes(place)
        assert found[-1] == ("allow", 3), steps
        assert {o for o, n in found if n < 3} <= {"interrupted"}, (steps, found)
        assert faults(place) == [], steps
        steps += 1
    record_property("counted: steps of recording at which the disk was full", steps)
    assert steps > 40


@contextmanager
def limited(size: int) -> Iterator[None]:
    """Let this process write no file beyond `size` bytes (setrlimit(2): EFBIG, after a part)."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_what_was_written_of_a_record_is_taken_back(tmp_path: Path) -> None:
    """The run is closed as interrupted while there is room for that: its records must hold."""
    log = writer(tmp_path, sign=KEYS[0], log=KEYS[1])
    rows = [Record("row", f"row {n}", {"text": "x" * 4_000}) for n in range(10)]
    with (
        pytest.raises(StorageError, match="File too large") as refused,
        log.begin(kind="gate", subjects=about(), summary="allowed") as run,
    ):
        run.record(rows[0])
        with limited(12_000):
            run.record_many(rows[1:])
    assert ".records" in str(refused.value)
    assert outcomes(tmp_path) == [("interrupted", 1)]
    assert faults(tmp_path) == []
    assert list(tmp_path.glob("logs/*/runs/*")) == []


def test_a_pack_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    pack = PackWriter(tmp_path / "pack", Disk())
    with limited(1_000), pytest.raises(StorageError, match="File too large"):
        pack.add(PACKED, [os.urandom(20_000)])
        pack.close()
    pack.abandon()
    pack.abandon()
    assert list(tmp_path.iterdir()) == []


def test_finished_runs_are_all_in_the_log_or_none(tmp_path: Path) -> None:
    runs = [
        FinishedRun("served", about(), f"served {n}", "allow", (Record("row", "row", {"n": n}),))
        for n in range(3)
    ]
    steps = 0
    while True:
        place, disk = tmp_path / f"{steps}", Full(steps)
        try:
            writer(place, sign=KEYS[0], log=KEYS[1], disk=disk).append(runs)
        except StorageError:
            found = outcomes(place) if readers_of(place) else []
            assert len(found) in {0, 3}
            assert [p.name for p in place.rglob("*.tmp")] == [], steps
        if not disk.refused:
            break
        writer(place, sign=KEYS[0], log=KEYS[1]).append(runs)
        assert faults(place) == [], steps
        steps += 1
    assert steps > 10


def readers_of(place: Path) -> bool:
    return (place / "logs").is_dir() and bool(readers([place]))
