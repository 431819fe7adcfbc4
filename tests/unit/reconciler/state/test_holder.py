"""Which process is certainly gone."""

from __future__ import annotations

import subprocess
import sys

from reconciler.state import holder


def test_this_process_is_not_gone() -> None:
    assert not holder.is_gone(holder.myself())


def test_a_process_that_ended_is_gone() -> None:
    code = "from reconciler.state import holder; print(holder.myself())"
    name = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert holder.is_gone(name.stdout.strip())


def test_a_reused_pid_is_another_process() -> None:
    where, _, _ = holder.myself().rpartition("+")
    assert holder.is_gone(f"{where}+1")


def test_nothing_is_said_of_a_process_elsewhere() -> None:
    _, _, pid = holder.myself().rpartition("|")
    assert not holder.is_gone(f"elsewhere|boot|pid:[1]|{pid}")
    assert not holder.is_gone("")
    assert not holder.is_gone("nonsense|x+")
