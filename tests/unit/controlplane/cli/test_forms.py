"""Answers that go to files."""

from __future__ import annotations

from pathlib import Path

import click

from controlplane.cli.forms import Form, write


def test_a_file_holds_no_colours(tmp_path: Path) -> None:
    file = tmp_path / "answer.txt"
    write([Form("table", file)], {"table": lambda: click.style("deny", fg="red", bold=True)})
    assert file.read_text("utf-8") == "deny\n"
