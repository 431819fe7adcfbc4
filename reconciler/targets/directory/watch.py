"""Notices that something in a tree changed, from names, sizes and times; reads no content."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from reconciler.targets.directory.inventory import NAME

_LOOK: Final = 0.3  # seconds between two looks: a change is seen well within a second
Signature = frozenset[tuple[str, int, int, int]]


def trees(root: Path, *, skip: str) -> Iterator[str]:
    """Yield the path, relative to `root`, of every folder with an inventory; follow no link."""
    for folder, inner, names in os.walk(root):
        path = os.path.relpath(folder, root)
        if NAME in names:
            yield path
        if path == "." and skip in inner:
            inner.remove(skip)


def changes(
    root: Path, stop: Callable[[], bool], pause: Callable[[float], None], *, skip: str
) -> Iterator[str]:
    """Yield the path of each tree that is not as it was at the look before, until `stop()`."""
    before = {path: signature(root / path) for path in trees(root, skip=skip)}
    while not stop():
        pause(_LOOK)
        now = {path: signature(root / path) for path in trees(root, skip=skip)}
        yield from sorted(p for p in before.keys() | now.keys() if before.get(p) != now.get(p))
        before = now


def signature(tree: Path) -> Signature:
    """Return what can be seen of a tree's entries without reading them."""
    try:
        with os.scandir(tree) as entries:
            found = [(entry.name, entry.stat(follow_symlinks=False)) for entry in entries]
    except FileNotFoundError:
        return frozenset()
    return frozenset((name, s.st_mtime_ns, s.st_size, s.st_ino) for name, s in found)
