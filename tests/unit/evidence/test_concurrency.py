"""Threads share a run, processes share a log, and nothing is lost or interleaved."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from evidence.audit import verify_directory
from evidence.disk import Disk, locked
from evidence.errors import LogBusyError
from evidence.keys import create_key
from evidence.log import Log
from evidence.records import Record
from tests.support.binaries import REPOSITORY
from tests.support.evidence import ORIGIN, START, about, signer, writer

WRITE = """
import sys
from pathlib import Path
from evidence.keys import signer_for
from tests.support.evidence import about, writer
keys, directory = Path(sys.argv[1]), Path(sys.argv[2])
evidence = writer(directory, sign=signer_for(keys, "apply"), log=signer_for(keys, "log"))
for _ in range(10):
    run = evidence.begin(kind="apply", subjects=about(), summary="apply")
    run.close(outcome="done", summary="done")
"""


def test_threads_record_into_one_run(tmp_path: Path) -> None:
    run = writer(tmp_path).begin(kind="apply", subjects=about(), summary="apply")
    records = [Record("receipt", f"created {i}", {"i": i}) for i in range(200)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(run.record, records)) == [record.digest for record in records]
    assert run.close(outcome="done", summary="done").records == 200
    report = verify_directory(tmp_path, None, START.replace(year=2027), trust_bundled_keys=True)
    assert report.verified, report.words()


def test_processes_append_to_one_log(tmp_path: Path) -> None:
    keys, directory = tmp_path / "keys", tmp_path / "evidence"
    for purpose in ("apply", "log"):
        create_key(keys, name=purpose, purpose=purpose, now=START)
    command = [sys.executable, "-c", WRITE, str(keys), str(directory)]
    writers = [subprocess.Popen(command, cwd=REPOSITORY) for _ in range(3)]
    assert [process.wait() for process in writers] == [0, 0, 0]
    report = verify_directory(directory, None, START.replace(year=2027), trust_bundled_keys=True)
    assert report.verified, report.words()
    assert "all 30 entries" in report.proven[0]


def test_a_log_that_stays_locked_says_so(tmp_path: Path) -> None:
    log = Log(tmp_path, ORIGIN, signer("log"), Disk(), wait=0)
    log.append([b"{}"])
    with locked(tmp_path / "lock", "log", wait=0), pytest.raises(LogBusyError) as error:
        log.append([b"{}"])
    assert "another process" in str(error.value)
    assert log.append([b"{}"]) == 1
