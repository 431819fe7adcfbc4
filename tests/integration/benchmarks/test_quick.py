"""Every benchmark works, on next to nothing; how long it takes is not looked at."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.__main__ import BENCHMARKS
from tests.support.binaries import REPOSITORY


@pytest.mark.requires("etcd", "kube-apiserver", "kubectl", "diff")
@pytest.mark.parametrize("name", BENCHMARKS)
def test_benchmark_runs(name: str, tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "benchmarks", name, "--quick", "--output", tmp_path],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith(f"{name}: ")
    document = json.loads((tmp_path / f"{name}.json").read_text(encoding="utf-8"))
    assert document["samples"]
    assert str(tmp_path) not in json.dumps(document)
