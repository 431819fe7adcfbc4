"""Which code owners the changed files have: the patterns of CODEOWNERS, matched on paths alone.

Format: https://docs.github.com/repositories/managing-your-repositorys-settings-and-features/
customizing-your-repository/about-code-owners. Where several patterns fit, the last one counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from controlplane.resources.repository import CodeOwners
from evidence.canonical import Json

SHOWN = 100  # paths named for one group of owners; all of them count


def owned(
    paths: Iterable[str],
    owners: Sequence[CodeOwners],
    classes: Mapping[str, frozenset[str]],
) -> list[Json]:
    """Return who owns what changed: [{"owners", "pattern", "paths", "count", "classes"}…].

    In the order of the patterns. Paths that nobody owns are left out; `paths` names the first
    SHOWN. `classes` gives the classes of what changed by path.
    """
    found: dict[int, list[str]] = {}
    for path in paths:
        fitting = [i for i, entry in enumerate(owners) if fits(entry.path, path)]
        if fitting:
            found.setdefault(fitting[-1], []).append(path)
    return [
        {
            "owners": sorted(owners[index].owners),
            "pattern": owners[index].path,
            "paths": sorted(matched)[:SHOWN],
            "count": len(matched),
            "classes": sorted({c for path in matched for c in classes.get(path, ())}),
        }
        for index, matched in sorted(found.items())
    ]


def fits(pattern: str, path: str) -> bool:
    """Whether `pattern` covers `path`: the file itself, or a folder above it."""
    return _compiled(pattern).fullmatch(path) is not None


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    anchored = "/" in pattern.rstrip("/")
    steps = pattern.strip("/").split("/")
    folder = pattern.endswith("/")
    begin = "" if anchored else "(?:[^/]+/)*"
    parts = [_step(step, last=index == len(steps) - 1) for index, step in enumerate(steps)]
    below = "/.+" if folder else "(?:/.+)?"
    # `docs/*` means the files of a folder and not what lies in folders below it.
    end = "" if steps[-1] in ("*", "**") and anchored else below
    return re.compile(begin + "".join(parts) + end)


def _step(step: str, *, last: bool) -> str:
    if step == "**":
        return ".+" if last else "(?:[^/]+/)*"
    words = re.split(r"(\*+|\?)", step)
    text = "".join(
        "[^/]*" if word.startswith("*") else "[^/]" if word == "?" else re.escape(word)
        for word in words
    )
    return text if last else f"{text}/"
