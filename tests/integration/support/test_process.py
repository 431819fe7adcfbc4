"""A server ends with whoever started it, however that one ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.binaries import REPOSITORY
from tests.support.process import Server, ServerError, free_port, members
from tests.support.waiting import eventually

STARTER = """
import sys, pathlib, time
from tests.support.process import Server
server = Server("sleep", ["sleep", "600"], pathlib.Path(sys.argv[1]) / "log")
print(server.group, flush=True)
time.sleep(600)
"""


def test_a_server_ends_when_its_starter_is_killed(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", STARTER, tmp_path], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
    ) as starter:
        assert starter.stdout is not None
        group = int(starter.stdout.readline())
        assert eventually(lambda: len(members(group)) == 2)
        os.kill(starter.pid, signal.SIGKILL)
    assert eventually(lambda: members(group) == [])


def test_a_server_that_ends_by_itself_is_reported_with_its_log(tmp_path: Path) -> None:
    server = Server("shell", ["sh", "-c", "echo no such flag; exit 3"], tmp_path / "log")
    with pytest.raises(ServerError, match=r"shell ended before it was ready:\nno such flag"):
        server.wait_until(lambda: False)
    server.stop()


def test_a_server_that_is_never_ready_is_reported(tmp_path: Path) -> None:
    server = Server("sleep", ["sleep", "600"], tmp_path / "log")
    with pytest.raises(ServerError, match="sleep not ready after 0 s"):
        server.wait_until(lambda: False, seconds=0)
    server.stop()
    assert members(server.group) == []


def test_killing_a_server_ends_its_children_too(tmp_path: Path) -> None:
    server = Server("shell", ["sh", "-c", "sleep 600 & sleep 600"], tmp_path / "log")
    assert eventually(lambda: len(members(server.group)) == 4)
    server.kill()
    assert eventually(lambda: members(server.group) == [])


def test_free_ports_are_outside_the_range_of_outgoing_connections() -> None:
    assert 20_000 <= free_port() < 30_000
