"""Git objects, read without a checkout: revisions, trees, blobs and the index.

It knows nothing of YAML or of the product's files, follows no symbolic link and runs no hook,
filter or other program.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import pygit2
import pygit2.enums

from controlplane.repo.errors import (
    MissingObjectError,
    NotARepositoryError,
    ShallowRepositoryError,
    TooLargeError,
    UnknownRevisionError,
    UnsupportedRepositoryError,
)
from controlplane.repo.git.names import meanings

EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
MAX_TREE_DEPTH = 64
MAX_TREE_ENTRIES = 2_000_000  # a few trees that repeat each other would name more than atoms


class EntryKind(StrEnum):
    """What a path of a tree is."""

    FILE = "file"
    EXECUTABLE = "executable"
    SYMLINK = "symlink"
    SUBMODULE = "submodule"
    TREE = "tree"


_MODES = {  # as trees write them; 040000 and 100664 are of older programs
    b"100644": EntryKind.FILE,
    b"100664": EntryKind.FILE,
    b"100755": EntryKind.EXECUTABLE,
    b"120000": EntryKind.SYMLINK,
    b"160000": EntryKind.SUBMODULE,
    b"40000": EntryKind.TREE,
    b"040000": EntryKind.TREE,
}
_KINDS = {int(mode, 8): kind for mode, kind in _MODES.items()}


@dataclass(frozen=True)
class Person:
    """Who a commit says wrote or made it. Git does not prove it."""

    name: str
    email: str


@dataclass(frozen=True)
class Commit:
    """One commit. Ids are 40 lower-case hexadecimal digits; `time` is the committer's."""

    id: str
    tree_id: str
    parents: tuple[str, ...]
    author: Person
    committer: Person
    time: datetime
    message: str


@dataclass(frozen=True)
class Entry:
    """One path of a tree. A name that is not UTF-8 is shown with `\\xNN` and `decoded` is False."""

    path: str
    kind: EntryKind
    blob_id: str
    decoded: bool = True

    @property
    def name(self) -> str:
        """The last step of the path."""
        return self.path.rpartition("/")[2]


class GitRepository:
    """One repository, bare or not. Reading only; safe to share between threads for reading."""

    def __init__(self, repository: pygit2.Repository, *more: Path) -> None:
        """`more` are folders in which objects can be read as well."""
        self._git = repository
        self._more = more
        for folder in more:
            repository.odb.add_disk_alternate(str(folder))

    @property
    def raw(self) -> pygit2.Repository:
        """The library's own repository, for the other modules of this package."""
        return self._git

    @classmethod
    def open(cls, path: str | Path) -> Self:
        """Find the repository at or above `path` and open it.

        Raises NotARepositoryError, or UnsupportedRepositoryError for SHA-256 and other
        repositories that cannot be read here.
        """
        place = Path(path)
        if not place.exists():
            raise NotARepositoryError(
                f"{place} does not exist", remedy="check the path, or leave it out to use `.`"
            )
        found = pygit2.discover_repository(str(place)) or ""  # its stubs leave out None
        if not found:
            raise NotARepositoryError(
                f"{place} is not inside a Git repository",
                remedy="run `git init` there, or name a directory that Git knows",
            )
        try:
            return cls(pygit2.Repository(found))
        except (pygit2.GitError, ValueError) as error:
            raise _cannot_open(found, str(error)) from error

    def with_objects(self, folder: Path) -> Self:
        """Return the same repository, in which the objects of `folder` can be read as well."""
        try:
            return type(self)(pygit2.Repository(self._git.path), *self._more, folder)
        except (pygit2.GitError, ValueError) as error:
            raise MissingObjectError(
                f"the objects in {folder} cannot be read: {error}", remedy="push again"
            ) from error

    @property
    def git_dir(self) -> Path:
        """The directory that holds the objects: `.git`, or the bare repository itself."""
        return Path(self._git.path)

    @property
    def work_dir(self) -> Path | None:
        """The root of the working tree, None for a bare repository."""
        return None if self._git.is_bare else Path(self._git.workdir)

    @property
    def is_shallow(self) -> bool:
        """Whether history was cut off, so that a commit may look like a root and not be one."""
        return bool(self._git.is_shallow)

    def refuse_shallow(self) -> None:
        """Raise where history is not what commits say: cut off, or added to by grafts."""
        if self.is_shallow:
            raise ShallowRepositoryError(
                "this is a shallow clone: what a commit descends from is not known here",
                remedy="run `git fetch --unshallow` (in CI: check out with fetch-depth 0)",
            )
        if (self.git_dir / "info" / "grafts").is_file():
            raise UnsupportedRepositoryError(
                "`info/grafts` of this repository gives commits parents that they do not name",
                remedy="remove .git/info/grafts",
            )

    def head_name(self) -> str | None:
        """Return the branch HEAD is on, None where it is detached."""
        if self._git.head_is_detached:
            return None
        reference = self._git.references.get("HEAD")
        target = reference.target if reference is not None else None
        return target.removeprefix("refs/heads/") if isinstance(target, str) else None

    def resolve(self, revision: str) -> Commit:
        """Return the commit that `revision` names: a branch, a tag, `HEAD~2`, an id or its start.

        Raises UnknownRevisionError, also where there is no commit yet and where a short name means
        several: see `meanings`.
        """
        if self._git.is_empty or (self._git.head_is_unborn and revision == "HEAD"):
            raise UnknownRevisionError(
                f"there is no commit yet, so {revision!r} names none",
                remedy="commit something first, or use `cpctl lint` on the working tree",
            )
        known = meanings(self._git, revision)
        if len(set(known.values())) > 1:
            raise UnknownRevisionError(
                f"{revision!r} can mean {' or '.join(known)}, and they are not the same commit",
                remedy="name the one that you mean in full, or remove what bears its name",
            )
        try:
            found = self._git.revparse_single(revision).peel(pygit2.Commit)
        except (KeyError, ValueError, pygit2.GitError) as error:
            raise self._unknown(revision) from error
        try:
            return _commit(found)
        except (ValueError, OverflowError) as error:
            raise MissingObjectError(
                f"commit {found.id} cannot be read: {error}",
                remedy="run `git fsck`; a commit like this was not made by Git",
            ) from error

    def has(self, commit: str) -> bool:
        """Whether the commit of this id is here."""
        try:
            self.resolve(commit)
        except UnknownRevisionError:
            return False
        return True

    def has_branches(self) -> bool:
        """Whether there is any branch."""
        return bool(self.branches())

    def branches(self) -> list[str]:
        """Return the names of all branches, sorted."""
        heads = "refs/heads/"
        return sorted(
            name.removeprefix(heads) for name in self._git.references if name.startswith(heads)
        )

    def _unknown(self, revision: str) -> UnknownRevisionError:
        hint = "run `git log --oneline` and `git branch -a` to see what there is"
        if self.is_shallow:
            hint = "this is a shallow clone: run `git fetch --unshallow` and try again"
        return UnknownRevisionError(f"{revision!r} names no commit of this repository", remedy=hint)

    @cached_property
    def _history(self) -> pygit2.Repository:
        """The same repository, in which history is what commits say.

        Of a file `info/commit-graph`, which says what commits descend from and that nobody signed,
        libgit2 believes the one beside the objects that it is given first. So those are none.
        """
        found = pygit2.Repository(self._git.path)
        objects = pygit2.Odb()
        for folder in (Path(os.devnull), common_dir(self.git_dir) / "objects", *self._more):
            objects.add_disk_alternate(str(folder))
        found.set_odb(objects)
        return found

    def merge_base(self, one: str, other: str) -> str | None:
        """Return the id of the best common ancestor of two commits, None where there is none.

        Raises ShallowRepositoryError where the answer could be wrong.
        """
        self.refuse_shallow()
        with _objects(one):
            found = self._history.merge_base(pygit2.Oid(hex=one), pygit2.Oid(hex=other))
        return str(found) if found else None

    def is_ancestor(self, ancestor: str, descendant: str) -> bool:
        """Whether `descendant` is `ancestor` or comes after it."""
        return self.merge_base(ancestor, descendant) == ancestor

    def commits_between(self, base: str, head: str) -> Iterator[Commit]:
        """Yield the commits that `head` has and `base` has not, the newest first."""
        self.refuse_shallow()
        with _objects(head):
            walker = self._history.walk(pygit2.Oid(hex=head), pygit2.enums.SortMode.TOPOLOGICAL)
            walker.hide(pygit2.Oid(hex=base))
            for found in walker:
                yield _commit(found)

    def reaches(self, revision: str, commit: str) -> bool:
        """Whether `revision` is a commit of that id or comes after it; False for one not here."""
        try:
            return self.is_ancestor(self.resolve(commit).id, self.resolve(revision).id)
        except UnknownRevisionError:
            return False

    def children(self, tree_id: str, prefix: str = "") -> Iterator[Entry]:
        """Yield what stands directly in a tree, subtrees included, paths beginning at `prefix`."""
        yield from self.read_entries(self.raw_tree(tree_id), prefix, tree_id)

    def raw_tree(self, tree_id: str) -> bytes:
        """Return the bytes of a tree object as they stand."""
        if tree_id == EMPTY_TREE:
            return b""
        with _objects(tree_id):
            kind, raw = self._git.odb.read(pygit2.Oid(hex=tree_id))
        if kind != pygit2.enums.ObjectType.TREE:
            raise MissingObjectError(
                f"object {tree_id} is not a tree", remedy="run `git fsck` and restore the object"
            )
        return bytes(raw)

    def read_entries(self, raw: bytes, prefix: str, tree_id: str) -> Iterator[Entry]:
        """Yield the entries in bytes of the tree `tree_id`; MissingObjectError for damaged ones."""
        try:
            yield from _entries(raw, prefix)
        except ValueError as error:
            raise MissingObjectError(
                f"tree {tree_id} is damaged: {error}",
                remedy="run `git fsck` and commit the directory anew",
            ) from error

    def tree(self, tree_id: str, prefix: str = "") -> Iterator[Entry]:
        """Yield every path below a tree that is no subtree, lazily, in the order of Git."""
        for number, entry in enumerate(self._walk(tree_id, prefix, MAX_TREE_DEPTH)):
            if number >= MAX_TREE_ENTRIES:
                raise UnsupportedRepositoryError(
                    f"tree {tree_id} holds more than {MAX_TREE_ENTRIES:,} files and directories",
                    remedy="split the repository, or remove the trees that repeat each other",
                )
            if entry.kind is not EntryKind.TREE:
                yield entry

    def _walk(self, tree_id: str, prefix: str, depth: int) -> Iterator[Entry]:
        """Yield everything below a tree, subtrees before what they hold."""
        if depth == 0:
            raise UnsupportedRepositoryError(
                f"{prefix} lies deeper than {MAX_TREE_DEPTH} directories",
                remedy="flatten the directories",
            )
        for entry in self.children(tree_id, prefix):
            yield entry
            if entry.kind is EntryKind.TREE:
                yield from self._walk(entry.blob_id, entry.path + "/", depth - 1)

    def size(self, blob_id: str) -> int:
        """Return how many bytes a blob holds, without reading them."""
        with _objects(blob_id):
            _, size = self._git.odb.read_header(pygit2.Oid(hex=blob_id))
        return int(size)

    def blob(self, blob_id: str, limit: int) -> bytes:
        """Return a blob's bytes; TooLargeError, before reading, where they exceed `limit`."""
        size = self.size(blob_id)
        if size > limit:
            raise TooLargeError(
                f"blob {blob_id} holds {size} bytes, more than {limit}",
                remedy="keep large data outside of the repository",
            )
        with _objects(blob_id):
            _, raw = self._git.odb.read(pygit2.Oid(hex=blob_id))
        return bytes(raw)

    def index(self, file: Path | None = None) -> Iterator[Entry]:
        """Yield every path of the index. A path in conflict comes once for each of its stages.

        `file` is another index than the repository's own: a hook is given one by `git commit -a`.
        """
        try:
            index = pygit2.Index(str(file)) if file else self._git.index
            index.read(force=True)
        except (OSError, pygit2.GitError) as error:
            raise UnsupportedRepositoryError(
                f"the index of {self._git.path} cannot be read: {error}",
                remedy="run `git status` there; where it says the same, remove the file `index`",
            ) from error
        yield from map(_staged, index)
        for stages in index.conflicts or ():
            yield from (_staged(stage) for stage in stages if stage is not None)

    def ignores(self, path: str) -> bool:
        """Whether `.gitignore` and its kin keep `path` (relative to the root) out of commits."""
        return bool(self._git.path_is_ignored(path))


def common_dir(git_dir: Path) -> Path:
    """Return the directory that holds what linked work trees share (gitrepository-layout(5))."""
    shared = git_dir / "commondir"
    if not shared.is_file():
        return git_dir
    return (git_dir / shared.read_text(encoding="utf-8").strip()).resolve()


def _cannot_open(found: str, reason: str) -> NotARepositoryError | UnsupportedRepositoryError:
    if "not owned" in reason:
        return NotARepositoryError(
            f"{found} belongs to another user, so Git does not trust it",
            remedy=f"if you do: git config --global --add safe.directory {Path(found).parent}",
        )
    if "object format" in reason:
        return UnsupportedRepositoryError(
            f"{found} is a SHA-256 repository, which libgit2 cannot read",
            remedy="use a repository made with `git init --object-format=sha1`",
        )
    return UnsupportedRepositoryError(
        f"{found} cannot be opened: {reason}", remedy="run `git fsck` and `git status` there"
    )


@contextmanager
def _objects(object_id: str) -> Iterator[None]:
    """Turn what pygit2 raises for an absent or damaged object into MissingObjectError."""
    try:
        yield
    except (KeyError, ValueError, pygit2.GitError) as error:
        raise MissingObjectError(
            f"object {object_id} is not in this repository",
            remedy="a partial clone lacks objects: run `git fetch --refetch --no-filter`, "
            "otherwise `git fsck`",
        ) from error


def _entries(raw: bytes, prefix: str) -> Iterator[Entry]:
    """Yield the entries of a tree object: `mode SP name NUL id`, 20 bytes of id (git-mktree).

    Raises ValueError for what Git would never write, above all a name that stands twice (which of
    the two is meant, readers do not agree on) and a mode that some readers take for a directory
    or a link and others for a file.
    """
    at, end = 0, len(raw)
    seen: set[bytes] = set()
    while at < end:
        space = raw.index(b" ", at)
        nul = raw.index(b"\0", space)
        kind = _MODES.get(raw[at:space])
        plain = raw[space + 1 : nul]
        if kind is None:
            mode = raw[at:space].decode("ascii", "backslashreplace")
            raise ValueError(
                f"{prefix}{_name(plain)[0]} has the mode {mode!r}, which Git never writes"
            )
        if not plain or plain in seen or b"/" in plain or nul + 21 > end:
            raise ValueError(f"the entry {plain!r} is no name, stands twice, or is cut off")
        seen.add(plain)
        name, decoded = _name(plain)
        yield Entry(prefix + name, kind, raw[nul + 1 : nul + 21].hex(), decoded)
        at = nul + 21


def _name(raw: bytes) -> tuple[str, bool]:
    try:
        return raw.decode(), True
    except UnicodeDecodeError:
        return raw.decode("utf-8", "backslashreplace"), False


def _staged(found: Any) -> Entry:
    name, decoded = _name(os.fsencode(found.path))
    return Entry(name, _KINDS.get(int(found.mode), EntryKind.FILE), str(found.id), decoded)


def _commit(found: Any) -> Commit:
    offset = timezone(timedelta(minutes=found.commit_time_offset))
    return Commit(
        id=str(found.id),
        tree_id=str(found.tree_id),
        parents=tuple(str(parent) for parent in found.parent_ids),
        author=Person(found.author.name, found.author.email),
        committer=Person(found.committer.name, found.committer.email),
        time=datetime.fromtimestamp(found.commit_time, offset),
        message=found.message,
    )


def blob_id(data: bytes) -> str:
    """Return the id that Git gives a blob holding `data`."""
    return str(pygit2.hash(data))
