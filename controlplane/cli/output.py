"""How a command speaks: data on stdout, talk on stderr, colour only where it is wanted.

Names, messages and values come from files and servers of others. What in them would command a
terminal, or turn the order of text around, is written as an escape that JSON reads as the same.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from typing import Any, Final, TextIO

import click

# Control characters but tab and newline, and the marks for the direction of text; what
# `click.style` writes for the colours used here is left as it is.
_COMMANDS: Final = re.compile(
    r"(\x1b\[(?:0|1|3[1-7])m)|[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]"
)


def data(text: str) -> None:
    """Write the answer itself to stdout, ending in one newline."""
    text = harmless(text)
    click.echo(text if text.endswith("\n") else text + "\n", nl=False, color=_colour())


def talk(text: str) -> None:
    """Write something for a person to stderr."""
    click.echo(harmless(text), err=True, color=_colour())


def harmless(text: str) -> str:
    """Return text that a terminal shows and does not obey."""
    return _COMMANDS.sub(lambda found: found[1] or f"\\u{ord(found[0]):04x}", text)


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
