"""Whoever asks an OPA server of others to judge takes the policies out again, asked to end or not."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

from controlplane.cli.main import ENDED, run
from tests.support.opa import OpaServer

PATIENCE = 120.0  # seconds


def held(server: OpaServer) -> list[str]:
    """Return the ids of the policies in a server."""
    with urllib.request.urlopen(f"{server.url}/v1/policies", timeout=60) as answer:
        found: Any = json.load(answer)
    return [each["id"] for each in found.get("result") or []]


def test_a_gate_that_is_asked_to_end_leaves_nothing_in_the_server(
    opa_server: OpaServer, tmp_path: Path
) -> None:
    assert run(["init", str(tmp_path / "r")]) == 0
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "first"]):
        who = ["-c", "user.name=Ada", "-c", "user.email=ada@acme.example"]
        subprocess.run(["git", "-C", str(tmp_path / "r"), *who, *words], check=True)
    judging = subprocess.Popen(
        [sys.executable, "-m", "controlplane.cli.main", "gate", "--root", str(tmp_path / "r"),
         "--genesis", "--head", "HEAD", "--engine", "opa", "--no-record"],
        env={**os.environ, "CPCTL_OPA_URL": opa_server.url},
    )  # fmt: skip
    end = time.monotonic() + PATIENCE
    while not held(opa_server):
        assert judging.poll() is None
        assert time.monotonic() < end
        time.sleep(0.05)
    judging.send_signal(signal.SIGTERM)
    assert judging.wait(PATIENCE) == ENDED
    assert held(opa_server) == []
