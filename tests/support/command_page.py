"""The page `docs/cli.md`: every command with its help, as click prints it.

    python -m tests.support.command_page [--check]

Written from the commands themselves, so that the page cannot say anything else than `--help`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from controlplane.cli.main import cpctl
from controlplane.errors import Exit

PAGE = Path(__file__).parents[2] / "docs" / "cli.md"
WIDTH = 96

HEAD = """# The commands

Written by `make docs` from the commands themselves. Data is on stdout, talk on stderr; after a
failure the next step is printed. `CPCTL_HOME` names the folder of keys and connections
(`~/.config/cpctl`), `CPCTL_EVIDENCE` an evidence directory, `NO_COLOR` switches colour off, and
`CPCTL_TRACEBACK=1` shows where an error came from.

| exit code | says |
|---|---|
"""

EXITS = {
    Exit.CLEAN: "clean",
    Exit.FINDINGS: "findings: denied, drifted, or not up to date",
    Exit.USAGE: "the command was asked for something that it cannot mean",
    Exit.INVALID_REPOSITORY: "the repository, or a revision of it, cannot be used",
    Exit.INDETERMINATE: "could not be evaluated: something was indeterminate, so it is denied",
    Exit.PARTLY_APPLIED: "partly applied: something is not as desired",
    Exit.NOT_VERIFIED: "evidence did not verify",
    Exit.FAULT: "a fault of ours",
}


def commands(
    command: click.Command, context: click.Context
) -> Iterator[tuple[click.Command, click.Context]]:
    """Yield the command and everything below it, in the order of its help."""
    yield command, context
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            if inner is not None:
                yield from commands(inner, _context(inner, name, context))


def everything() -> list[tuple[click.Command, click.Context]]:
    """Return `cpctl` and all its commands."""
    return list(commands(cpctl, _context(cpctl, "cpctl", None)))


def page() -> str:
    """Return the text of the page."""
    rows = "".join(f"| {code.value} | {words} |\n" for code, words in EXITS.items())
    parts = [
        f"\n## `{context.command_path.split(' [')[0]}`\n\n```\n{command.get_help(context)}\n```\n"
        for command, context in everything()
    ]
    return HEAD + rows + "".join(parts)


def main(arguments: list[str]) -> int:
    """Write the page, or with `--check` say whether it is up to date."""
    text = page()
    if "--check" not in arguments:
        PAGE.write_text(text, "utf-8")
        return 0
    if PAGE.is_file() and PAGE.read_text("utf-8") == text:
        return 0
    print(f"{PAGE.name} differs from the commands; next: make docs", file=sys.stderr)
    return 1


def _context(command: click.Command, name: str, parent: click.Context | None) -> click.Context:
    return click.Context(
        command,
        info_name=name,
        parent=parent,
        terminal_width=WIDTH,
        max_content_width=WIDTH,
        **command.context_settings,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
