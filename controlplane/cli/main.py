"""The root of `cpctl`: which commands there are, and how an error becomes an exit code.

Commands are imported only when they are used, so that `cpctl --help` starts quickly.
"""

from __future__ import annotations

import errno
import gc
import importlib
import os
import signal
import sys
from typing import Final

import click

from controlplane import ending
from controlplane.cli import output
from controlplane.errors import Exit

UNHEARD: Final = 128 + signal.SIGPIPE  # as a shell reports whoever writes to a closed pipe
ENDED: Final = 128 + signal.SIGTERM
# Commands that put policies into an OPA server of others, and take them out when asked to end.
# Those that write to targets can end at any moment: at once, or they listen for it themselves.
GIVE_BACK: Final = frozenset({"gate", "hook", "policy", "simulate"})

# name → (module, attribute, one line). The line stands here so that --help imports none of them.
COMMANDS: dict[str, tuple[str, str, str]] = {
    "demo": ("controlplane.cli.demo", "command", "One change from a commit to a proven state"),
    "init": ("controlplane.cli.init", "init", "Write a working repository into a new folder"),
    "new": ("controlplane.cli.new", "new", "Files for a new tenant, pack, environment…"),
    "lint": ("controlplane.cli.lint", "lint", "Everything that is wrong, each at its place"),
    "diff": ("controlplane.cli.diff", "diff", "What changed, what class it is, whom it reaches"),
    "lock": ("controlplane.cli.lock", "lock", "Write down which pack versions a tenant runs"),
    "render": ("controlplane.cli.render", "render", "Every object a tenant becomes"),
    "gate": ("controlplane.cli.gate", "command", "Judge a change before it merges"),
    "serve": ("controlplane.cli.serve", "serve", "The same decisions over HTTP"),
    "hook": ("controlplane.cli.hook", "hook", "What Git calls on a server before it accepts"),
    "comment": ("controlplane.cli.comment", "command", "The gate's comment on a pull request"),
    "approve": ("controlplane.cli.approve", "command", "Agree to a change, signed, in a role"),
    "approvals": ("controlplane.cli.approvals", "approvals", "Who agreed; import from Git servers"),
    "simulate": ("controlplane.cli.simulate", "command", "What other policies would have decided"),
    "plan": ("controlplane.cli.plan", "command", "What would be done to the targets"),
    "apply": ("controlplane.cli.apply", "command", "Make the targets hold what a revision says"),
    "reconcile": (
        "controlplane.cli.reconcile",
        "command",
        "Follow a branch: apply what was allowed, heal what others change",
    ),
    "status": ("controlplane.cli.status", "command", "How every placement stands"),
    "state": ("controlplane.cli.state", "state", "What the reconciler remembers"),
    "policy": ("controlplane.cli.policy", "policy", "Test, document and begin rules"),
    "evidence": ("controlplane.cli.evidence", "evidence", "List, show, bundle, verify evidence"),
    "keys": ("controlplane.cli.keys", "keys", "The keys that sign evidence, and whom to trust"),
    "explain": ("controlplane.cli.explain", "explain", "What a field is for and what it may be"),
    "schema": ("controlplane.cli.schema", "schema", "The JSON Schemas, for editors"),
}


class LazyGroup(click.Group):
    """A group whose commands are looked up in a table and imported on use."""

    table: dict[str, tuple[str, str, str]] = COMMANDS

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order in which the table tells the story."""
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command's module and return the command, None for an unknown name."""
        if cmd_name not in self.table:
            return None
        module, attribute, _ = self.table[cmd_name]
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands with their line, without importing them."""
        rows = [(name, line) for name, (_, _, line) in self.table.items()]
        if rows:
            with formatter.section("Commands"):
                formatter.write_dl(rows)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="controlplane", prog_name="cpctl")
def cpctl() -> None:
    """Everything a platform runs for its tenants: declared in Git, decided by policy, proven."""


def main() -> None:
    """Run `cpctl` and end the process with the exit code the outcome calls for."""
    try:
        if sys.argv[1:2] and sys.argv[1] in GIVE_BACK:
            signal.signal(signal.SIGTERM, ending.end)
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, ending.interrupt)
        code = run(sys.argv[1:])
    except ending.EndedError:
        output.talk("asked to end")
        code = ENDED
    gc.freeze()  # what is left is not walked once more on the way out
    sys.exit(code)


def run(arguments: list[str]) -> int:
    """Run `cpctl` with `arguments` and return its exit code; no exception leaves this function."""
    try:
        result = cpctl.main(args=arguments, prog_name="cpctl", standalone_mode=False)
    except SystemExit:  # what click makes of a pipe that nobody reads any more, and of nothing else
        return UNHEARD
    except click.exceptions.Abort:
        output.talk("interrupted")
        return 130
    except click.ClickException as error:
        error.show()
        return Exit.USAGE
    except Exception as error:  # noqa: BLE001 - the one place where every error becomes an exit code
        return _explain(error)
    return int(result) if isinstance(result, int) else Exit.CLEAN


def _explain(error: Exception) -> int:
    """Say what went wrong; an error without a remedy, or a path to blame, is a fault of ours."""
    if os.environ.get("CPCTL_TRACEBACK"):
        import traceback  # noqa: PLC0415 - only a person who asks pays for it

        traceback.print_exception(error)
    remedy, code = getattr(error, "remedy", None), getattr(error, "exit_code", None)
    if isinstance(remedy, str) and isinstance(code, int):
        output.fail(str(error), remedy)
        return code
    if isinstance(error, OSError) and error.filename:
        why = error.strerror or "it cannot be used"
        output.fail(
            f"{error.filename}: {why}", "check the path, its rights, and the room on its disk"
        )
        return Exit.USAGE
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        output.fail(f"what is printed cannot be written: {error.strerror}", "make room there")
        return Exit.USAGE
    output.fail(
        f"this is a fault of cpctl: {type(error).__name__}: {error}",
        "run the same command with CPCTL_TRACEBACK=1 and report what it prints",
    )
    return Exit.FAULT


if __name__ == "__main__":
    main()
