"""Keeps files under a Git reference of their own, apart from every branch, and gives them back.

What is kept grows by commits, so that an ordinary `git push` and `git fetch` carry it. Nothing
here knows what the files mean; whoever reads them back verifies them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pygit2
from pygit2.enums import FileMode

from controlplane.errors import UsageError
from controlplane.repo.git.objects import EntryKind, GitRepository

MAX_FILES = 200_000
MAX_BYTES = 16 << 20  # of one file
_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]*")


@dataclass(frozen=True)
class Kept:
    """What one reference holds."""

    reference: str
    commit: str


def keep(
    repository: GitRepository, reference: str, files: Mapping[str, bytes], now: datetime
) -> Kept:
    """Put `files` (path → content) under `reference` and return what it holds now.

    Nothing is committed where it holds just that already. Raises UsageError for a reference that
    Git does not allow.
    """
    git = repository.raw
    index = pygit2.Index()
    for path in sorted(files):
        index.add(pygit2.IndexEntry(path, git.create_blob(files[path]), FileMode.BLOB))
    tree = index.write_tree(git)
    before = git.references.get(reference)
    parents = [before.target] if before is not None else []
    if before is not None and repository.resolve(str(before.target)).tree_id == str(tree):
        return Kept(reference, str(before.target))
    who = pygit2.Signature("cpctl", "cpctl@localhost", int(now.timestamp()), 0)
    try:
        made = git.create_commit(reference, who, who, "Keep evidence\n", tree, parents)
    except (pygit2.GitError, ValueError) as error:
        raise UsageError(
            f"`{reference}` cannot be a reference: {error}",
            remedy="use letters, digits and dashes for the name",
        ) from error
    return Kept(reference, str(made))


def kept(repository: GitRepository, prefix: str) -> Iterator[Kept]:
    """Yield every reference below `prefix` (ending in a slash), by name."""
    git = repository.raw
    for name in sorted(git.references):
        if name.startswith(prefix):
            yield Kept(name, str(git.references[name].target))


def write_out(repository: GitRepository, held: Kept, folder: Path) -> None:
    """Write what a reference holds into a new folder, as plain files.

    Raises UsageError for anything that is no plain file with a plain name, or for too much of it.
    """
    tree = repository.resolve(held.commit).tree_id
    for number, entry in enumerate(repository.tree(tree)):
        parts = entry.path.split("/")
        plain = entry.kind is EntryKind.FILE and all(map(_PART.fullmatch, parts))
        if not plain or number >= MAX_FILES:
            raise UsageError(
                f"{held.reference} holds {entry.path!r}, which is no evidence",
                remedy="delete the reference where it was made, and publish again",
            )
        path = folder.joinpath(*parts)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(repository.blob(entry.blob_id, MAX_BYTES))
