"""In which files two trees differ, at a cost that grows with the directories that differ.

Trees are read by the same strictness as by `objects`: whoever pushes can write a tree by hand, and
one that Git would never write is an error, not a difference that another reader sees otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from controlplane.repo.git.objects import EMPTY_TREE, Entry, EntryKind, GitRepository

_ENTRY: Final = re.compile(rb"[0-7]{5,6} [^/\0]+\0.{20}", re.DOTALL)


@dataclass(frozen=True)
class Difference:
    """One path: what it was and what it is, None for nothing. Subtrees only where not entered."""

    before: Entry | None
    after: Entry | None


def differing(
    git: GitRepository, old: str, new: str, enters: Callable[[str], bool], prefix: str = ""
) -> Iterator[Difference]:
    """Yield every path that differs between two trees; `enters` says which directories to look in.

    Raises MissingObjectError for a tree that is absent or damaged, UnsupportedRepositoryError for
    one that is too deep or too large.
    """
    if old == new:
        return
    gone, came = _only(git, old, new, prefix)
    for path in sorted(gone.keys() | came.keys()):
        before, after = gone.get(path), came.get(path)
        if not enters(f"{path}/") or not (_is_tree(before) or _is_tree(after)):
            yield Difference(before, after)
        elif _is_tree(before) and _is_tree(after):
            yield from differing(git, _tree(before), _tree(after), enters, f"{path}/")
        else:
            for each in _below(git, before, path):
                yield Difference(each, None)
            for each in _below(git, after, path):
                yield Difference(None, each)


def _only(
    git: GitRepository, old: str, new: str, prefix: str
) -> tuple[Mapping[str, Entry], Mapping[str, Entry]]:
    """Return the entries that stand in one of two trees only, by path.

    Entries are compared as bytes, and only those that differ become objects: a directory of ten
    thousand tenants has ten thousand entries. Where the bytes are no plain list of entries with
    names of their own, the strict reader says what is wrong with them.
    """
    before, after = git.raw_tree(old), git.raw_tree(new)
    lists = [_ENTRY.findall(raw) for raw in (before, after)]
    whole = all(
        sum(map(len, found)) == len(raw) and len(set(map(_name, found))) == len(found)
        for found, raw in zip(lists, (before, after), strict=True)
    )
    if not whole:
        return (
            {e.path: e for e in git.children(old, prefix)},
            {e.path: e for e in git.children(new, prefix)},
        )
    first, second = set(lists[0]), set(lists[1])
    gone, came = first - second, second - first
    return (
        {e.path: e for e in git.read_entries(b"".join(gone), prefix, old)},
        {e.path: e for e in git.read_entries(b"".join(came), prefix, new)},
    )


def _name(entry: bytes) -> bytes:
    return entry[entry.index(b" ") : entry.index(b"\0")]


def _below(git: GitRepository, entry: Entry | None, path: str) -> Iterator[Entry]:
    if entry is None:
        return
    if entry.kind is EntryKind.TREE:
        yield from git.tree(entry.blob_id, f"{path}/")
    else:
        yield entry


def _is_tree(entry: Entry | None) -> bool:
    return entry is not None and entry.kind is EntryKind.TREE


def _tree(entry: Entry | None) -> str:
    return EMPTY_TREE if entry is None else entry.blob_id
