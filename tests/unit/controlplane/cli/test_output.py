"""What comes from others is shown on a terminal, and never obeyed by it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlplane.cli import output

CSI = chr(0x9B)  # what ESC [ is in one character


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]0;owned\x07", "\\u001b]0;owned\\u0007"),
        ("\x1b[2Jallowed", "\\u001b[2Jallowed"),
        ("\x1b[8mhidden", "\\u001b[8mhidden"),
        (f"{CSI}2J", "\\u009b2J"),
        ("denied\rallowed", "denied\\u000dallowed"),
        ("a\u202eb", "a\\u202eb"),
        ("name\tcafé\n", "name\tcafé\n"),
    ],
)
def test_what_commands_a_terminal_is_written_out(
    text: str, shown: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert output.harmless(text) == shown
    output.data(text)
    output.talk(text)
    out, err = capsys.readouterr()
    assert (out.rstrip("\n"), err.rstrip("\n")) == (shown.rstrip("\n"), shown.rstrip("\n"))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_full_disk_is_no_fault_of_ours() -> None:
    with Path("/dev/full").open("wb") as full:
        words = [sys.executable, "-m", "controlplane.cli.main", "schema"]
        done = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    assert "what is printed cannot be written" in done.stderr
    assert "fault" not in done.stderr


def test_our_own_colours_stay() -> None:
    styled = click.style("denied", fg="red", bold=True)
    assert output.harmless(styled) == styled


@given(st.text())
def test_json_says_the_same_as_before(text: str) -> None:
    assert json.loads(output.harmless(output.as_json({"name": text}))) == {"name": text}
