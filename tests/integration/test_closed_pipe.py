"""A command whose output nobody reads any more ends in silence, and not as if it had passed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import documents
from tests.support.gitrepo import TestRepository

CPCTL, CPEVIDENCE = "controlplane.cli.main", "evidence.cli"


@pytest.mark.parametrize(
    "arguments",
    [
        [CPCTL, "--help"],
        [CPCTL, "lint", "--help"],
        [CPCTL, "lint", "-o", "json"],
        [CPCTL, "explain", "tenant", "--recursive"],
        [CPCTL, "keys", "list"],
        [CPCTL, "diff", "main", "main", "-o", "json"],
        [CPEVIDENCE, "--help"],
        [CPEVIDENCE, "verify", "--help"],
    ],
    ids=" ".join,
)
def test_a_closed_pipe_ends_every_command_alike(tmp_path: Path, arguments: list[str]) -> None:
    TestRepository(tmp_path).commit(documents.repository())
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [sys.executable, "-c", f"from {arguments[0]} import main; main()", *arguments[1:]],
            check=False,
            cwd=tmp_path,
            env={**os.environ, "CPCTL_HOME": str(tmp_path / "home")},
            stdout=writing,
            stderr=subprocess.PIPE,
            text=True,
        )
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (141, "")
