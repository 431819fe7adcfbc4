"""Killed at any moment, a writer leaves a log that opens and every run accounted for."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.binaries import REPOSITORY


def test_a_kill_at_any_step_loses_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.evidence_crash", str(tmp_path)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    with capsys.disabled():
        print(f" evidence writer killed at {report['points']} points")
    assert report["status"] == 0  # the last attempt was not killed: every point was tried
    assert report["points"] > 50
    assert report["wrong"] == {}
