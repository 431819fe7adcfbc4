"""`cpctl gate --watch`: the working tree judged again on every save. Never recorded.

Decides when to look again and what a person sees meanwhile; how it is judged is the gate's.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable

import click

from controlplane.cli import output
from controlplane.cli.gate_step import Ends
from controlplane.errors import ControlPlaneError, Exit, UsageError
from controlplane.operations.gate import Step
from controlplane.repo.git import GitRepository
from controlplane.repo.refs import watching, watching_files

QUIET = 0.15  # seconds without an event before it is judged: editors write in several steps
LONGEST = 20  # such waits in a row, so that steady writing does not put it off for ever

Shown = Callable[[Step], str]


def watch(repository: GitRepository, ends: Ends, shown: Shown) -> int:
    """Show what `shown` says of the working tree, again and again, until Ctrl-C.

    Raises UsageError where it was asked for something that no save can mend.
    """
    touched = threading.Event()
    place = repository.work_dir or repository.git_dir
    before: str | None = None
    output.talk("not recorded: this shows what the gate would say; Ctrl-C ends it")
    try:
        while True:
            with watching_files(place, touched.set), watching(repository.git_dir, touched.set):
                before = _look(repository, ends, shown, before)
                touched.wait()
            _settle(touched)
    except KeyboardInterrupt:
        output.talk("\nended")
        return Exit.CLEAN


def _look(repository: GitRepository, ends: Ends, shown: Shown, before: str | None) -> str:
    """Judge and show where anything differs from `before`; return what names this state.

    `before` is None at first, and "" after what could not be judged.
    """
    try:
        step = ends.read(repository)
        now = f"{step.base.tree_id} {step.head.tree_id}"
        if now == before:
            return before
        text = f"base: {step.base.revision[:12]}\n\n{shown(step)}"
    except ControlPlaneError as error:
        if before is None and isinstance(error, UsageError):
            raise
        _redraw()
        output.fail(str(error), error.remedy)
        return ""
    _redraw()
    output.data(text)
    return now


def _settle(touched: threading.Event) -> None:
    for _ in range(LONGEST):
        touched.clear()
        if not touched.wait(QUIET):
            return


def _redraw() -> None:
    """Begin with an empty screen, where there is one."""
    if output.is_terminal(sys.stdout):
        click.clear()
    else:
        output.data("---")
