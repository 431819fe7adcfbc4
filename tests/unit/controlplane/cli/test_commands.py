"""Every command explains itself, and the page of the commands says the same."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from controlplane.cli.main import COMMANDS, run
from controlplane.errors import Exit
from controlplane.operations.scaffold import PLACES
from tests.support.command_page import EXITS, PAGE, everything

COMMANDS_BY_PATH = {context.command_path: command for command, context in everything()}


@pytest.mark.parametrize("path", COMMANDS_BY_PATH)
def test_it_has_help_and_so_has_each_option(path: str) -> None:
    command = COMMANDS_BY_PATH[path]
    assert command.help
    silent = [
        option.opts
        for option in command.params
        if isinstance(option, click.Option) and not option.help
    ]
    assert silent == []


def test_every_command_of_the_table_is_on_the_page() -> None:
    text = PAGE.read_text("utf-8")
    for name in COMMANDS:
        assert f"## `cpctl {name}" in text


def test_new_lists_every_kind_that_it_makes() -> None:
    page = COMMANDS_BY_PATH["cpctl new"].help or ""
    assert [kind for kind in PLACES if kind not in page] == []


def test_a_path_that_cannot_be_written_is_no_fault_of_ours(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert run(["schema", "--output-dir", str(tmp_path / "file" / "schemas")]) == Exit.USAGE
    told = capsys.readouterr().err
    assert f"{tmp_path}/file/schemas: Not a directory" in told
    assert "next: check the path" in told


def test_every_exit_code_is_explained() -> None:
    assert set(EXITS) == set(Exit)


@pytest.mark.parametrize("command", ["apply", "gate", "hook pre-receive", "reconcile", "simulate"])
def test_an_engine_that_nobody_registered_is_refused_before_anything_else(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """It may not be asked at all, as where everything was judged before."""
    needed = ["--base", "x"] if command == "gate" else ["--policies", "x"] * (command == "simulate")
    assert run([*command.split(), *needed, "--root", "nowhere", "--engine", "opaa"]) == Exit.USAGE
    assert "there is no policy engine `opaa`" in capsys.readouterr().err
