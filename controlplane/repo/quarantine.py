"""The objects of a push that is not accepted yet, and the references it would move.

Git keeps what is being pushed in a folder beside the repository's objects until pre-receive let it
pass, and tells the hook where (git-receive-pack(1), *Quarantine environment*). Nothing else in
there is looked at than a folder of this kind directly below `objects/`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from controlplane.errors import UsageError

NOTHING = "0" * 40
VARIABLE = "GIT_QUARANTINE_PATH"
_FOLDER = re.compile(r"(?:tmp_objdir-)?incoming-[A-Za-z0-9]{1,64}")
_ID = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class Moved:
    """One reference that the push would move. `old` or `new` is NOTHING where there is none."""

    old: str
    new: str
    reference: str


def moved(lines: Iterable[str]) -> tuple[Moved, ...]:
    """Return what pre-receive is told on stdin: `OLD SP NEW SP REF`, a line each.

    Raises UsageError for anything else.
    """
    found = []
    for number, line in enumerate(lines, 1):
        parts = line.rstrip("\n").split(" ", 2)
        if len(parts) != 3 or not all(_ID.fullmatch(each) for each in parts[:2]):
            raise UsageError(
                f"line {number} of stdin is not OLD NEW REF",
                remedy="let Git call this as its pre-receive hook",
            )
        found.append(Moved(*parts))
    return tuple(found)


def folder_name(environment: Mapping[str, str]) -> str:
    """Return the name of the quarantine's folder that Git says, "" where nothing is pushed."""
    given = environment.get(VARIABLE, "")
    return Path(given).name if given else ""


def folder(git_dir: Path, name: str) -> Path:
    """Return the quarantine of that name in a repository; raises UsageError where it is none."""
    place = git_dir / "objects" / name
    if not _FOLDER.fullmatch(name) or place.is_symlink() or not place.is_dir():
        raise UsageError(
            f"{name!r} is no quarantine of this repository",
            remedy="call the hook from `git push`, and serve the repository that is pushed to",
        )
    return place
