"""A command is measured as a process of its own, whoever starts it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks.measure import FailedCommandError, command, worker

HOLD = "held = bytearray(64 << 20); import time; time.sleep(0.3)"


def test_peak_memory_is_the_command_s_own(tmp_path: Path) -> None:
    ours = bytearray(300 << 20)  # would be counted by wait4's figure
    usage = command([sys.executable, "-c", HOLD], output=tmp_path / "out")
    assert 64 <= usage.peak_mib < 200
    assert ours


def test_a_failed_command_says_what_it_said(tmp_path: Path) -> None:
    with pytest.raises(FailedCommandError, match="no such thing"):
        command([sys.executable, "-c", "exit('no such thing')"], output=tmp_path / "out")


def test_an_expected_exit_code_is_no_failure(tmp_path: Path) -> None:
    usage = command([sys.executable, "-c", "exit(1)"], output=tmp_path / "out", expect=(0, 1))
    assert usage.cpu > 0


def test_a_worker_s_last_line_is_what_it_said(tmp_path: Path) -> None:
    directory = tmp_path / "evidence"
    _, said = worker(
        "benchmarks.evidence", "records in batches", directory, "3", output=tmp_path / "out"
    )
    assert said["count"] == 3
