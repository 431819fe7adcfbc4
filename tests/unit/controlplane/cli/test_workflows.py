"""The workflows name commands and options as they are."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from controlplane.cli.main import cpctl

ROOT = Path(__file__).parents[4]
WORKFLOWS = [
    *ROOT.glob(".github/workflows/*.yaml"),
    *ROOT.glob("scaffolds/repository/dot-github/workflows/*.yaml"),
]
LINE = re.compile(r"^ *(?:- run: |run: )?(cpctl [^|\n]*)", re.MULTILINE)
CALLS = [
    (path.relative_to(ROOT).as_posix(), call)
    for path in WORKFLOWS
    for call in LINE.findall(path.read_text("utf-8"))
]


def test_there_are_calls() -> None:
    assert {path for path, _ in CALLS} == {
        ".github/workflows/gate.yaml",
        "scaffolds/repository/dot-github/workflows/gate.yaml",
        "scaffolds/repository/dot-github/workflows/reconcile.yaml",
    }


@pytest.mark.parametrize(("path", "call"), CALLS)
def test_a_call_is_one_that_the_command_takes(path: str, call: str) -> None:
    """A shell variable without quotes may be empty, and stands for no word here."""
    words = [word for word in shlex.split(call)[1:] if word != "$unsigned"]
    command = cpctl.get_command(click.Context(cpctl), words[0])
    assert command is not None, path
    command.make_context(words[0], words[1:])
