"""What is wrong with a path itself, whatever the file holds."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator, MutableMapping

from controlplane.repo.git import Entry, EntryKind
from controlplane.values import Position, Problem, on_one_line

# `git~1` is the short name of `.git` on Windows, which also drops dots and spaces at the end.
_UNSAFE = {"", ".", "..", ".git", "git~1"}


def check(
    entries: Iterable[Entry],
    target: Callable[[Entry], str],
    seen: MutableMapping[str, str] | None = None,
) -> Iterator[Problem]:
    """Yield the problems of paths. `target` reads where a symbolic link points.

    `seen` holds, and is given, the paths that no other may be taken for: folded → as they are.
    """
    seen = {} if seen is None else seen
    for entry in entries:
        yield from _one(entry, target)
        yield from _collisions(entry.path, seen)


def _one(entry: Entry, target: Callable[[Entry], str]) -> Iterator[Problem]:
    position = Position(entry.path)
    if entry.kind is EntryKind.SYMLINK:
        where = target(entry)
        text = f"a symbolic link to {on_one_line(where[:200])}"
        if _leaves(entry.path, where):
            text += ", outside of the repository"
        yield Problem(position, "path/symlink", text, "replace it by the file itself")
    elif entry.kind is EntryKind.SUBMODULE:
        text = "a Git submodule, whose content is not part of this revision"
        yield Problem(position, "path/submodule", text, "copy the files in, or move it elsewhere")
    if not entry.decoded:
        yield Problem(position, "path/not-utf-8", "the name is not UTF-8", "rename the file")
    elif not entry.path.isprintable() or "\\" in entry.path:
        text = "the name holds a backslash or a character that cannot be seen"
        yield Problem(position, "path/unsafe", text, "rename the file")
    if any(_plain(step) in _UNSAFE for step in entry.path.split("/")):
        yield Problem(position, "path/unsafe", "the path leaves its directory", "rename the file")


def _plain(step: str) -> str:
    """Return the name as Windows reads it: in one case, without a stream, dots or spaces behind."""
    return step.lower().partition(":")[0].rstrip(" .")


def _leaves(path: str, target: str) -> bool:
    if target.startswith("/"):
        return True
    depth = path.count("/")
    for step in target.split("/"):
        depth += -1 if step == ".." else 0 if step in ("", ".") else 1
        if depth < 0:
            return True
    return False


def _collisions(path: str, seen: MutableMapping[str, str]) -> Iterator[Problem]:
    """Compare the path, and each directory above it, with those that were seen before."""
    end = len(path)
    while end > 0:
        part = path[:end]
        folded = _folded(part)
        first = seen.get(folded)
        if first == part:
            return  # and so are all directories above it
        if first is None:
            seen[folded] = part
        else:
            yield Problem(
                Position(path),
                "path/collision",
                f"{on_one_line(part)} and {on_one_line(first)} are one file on systems that ignore "
                "case or Unicode form",
                "rename one of them",
            )
            return
        end = part.rfind("/")


def _folded(path: str) -> str:
    if path.isascii():
        return path.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())
