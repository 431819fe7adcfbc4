"""How a command speaks: data on stdout, talk on stderr, colour only where it is wanted."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import Any, TextIO

import click


def data(text: str) -> None:
    """Write the answer itself to stdout, ending in one newline."""
    click.echo(text if text.endswith("\n") else text + "\n", nl=False, color=_colour())


def talk(text: str) -> None:
    """Write something for a person to stderr."""
    click.echo(text, err=True, color=_colour())


def as_json(value: Any) -> str:
    """Return `value` as JSON for people: sorted keys, two spaces, text as it is."""
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False)


def fail(message: str, remedy: str) -> None:
    """Say what went wrong and the next step."""
    talk(f"{click.style('error:', fg='red', bold=True)} {message}")
    if remedy:
        talk(f"{click.style('next:', bold=True)} {remedy}")


def table(headers: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """Return a plain table, columns padded to their widest cell, as kubectl prints it."""
    everything = [headers, *rows]
    widths = [max(len(row[i]) for row in everything) for i in range(len(headers))]
    lines = (
        "   ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in everything
    )
    return "\n".join(lines)


def is_terminal(stream: TextIO) -> bool:
    """Whether a person watches `stream`, so that a progress bar makes sense."""
    return stream.isatty()


def _colour() -> bool | None:
    """None lets click decide by the terminal; NO_COLOR (no-color.org) switches colour off."""
    return False if os.environ.get("NO_COLOR") else None
