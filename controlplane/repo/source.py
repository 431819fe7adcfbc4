"""Where the files of a snapshot come from: a commit, the index, or the working tree.

Each gives entries and bytes; nothing here knows what the bytes mean. The working tree is read
once, without following a symbolic link, so that what was judged is what was read.
"""

from __future__ import annotations

import hashlib
import os
import stat
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from pathlib import Path

from controlplane.repo.errors import MissingObjectError, NotARepositoryError, TooLargeError
from controlplane.repo.git import EMPTY_TREE, Commit, Entry, EntryKind, GitRepository, blob_id
from controlplane.repo.pinned import Pinned

MAX_CONTENT = 16 * 1024 * 1024  # one file of a pack's payload, a template, a policy; in bytes


class Source(ABC):
    """The files of one state of a repository. Paths have forward slashes and no leading one."""

    revision: str
    commit: Commit | None = None
    tree_id: str
    pinned: Pinned = Pinned(None)

    @abstractmethod
    def top(self) -> Iterator[Entry]:
        """Yield what stands at the root, directories as EntryKind.TREE."""

    @abstractmethod
    def below(self, root: str) -> Iterator[Entry]:
        """Yield every file below the directory `root` (ending in a slash); none if it is absent."""

    @abstractmethod
    def size(self, entry: Entry) -> int:
        """Return how many bytes a file holds, without reading them where that is possible."""

    @abstractmethod
    def read(self, entry: Entry, limit: int) -> bytes:
        """Return a file's bytes. Raises TooLargeError where they exceed `limit`."""


class CommitSource(Source):
    """The files of one commit, from Git objects."""

    def __init__(self, repository: GitRepository, revision: str) -> None:
        self._git = repository
        self.pinned = Pinned.beside(repository.git_dir)
        self.revision = revision
        self.commit = repository.resolve(revision)
        self.tree_id = self.commit.tree_id

    def top(self) -> Iterator[Entry]:
        """Yield the entries of the root tree."""
        return self._git.children(self.tree_id)

    def below(self, root: str) -> Iterator[Entry]:
        """Descend to `root`, then walk."""
        tree, prefix = self.tree_id, ""
        for step in root.rstrip("/").split("/"):
            entries = self._git.children(tree, prefix)
            found = next((entry for entry in entries if entry.name == step), None)
            if found is None or found.kind is not EntryKind.TREE:
                return
            tree, prefix = found.blob_id, f"{found.path}/"
        yield from self._git.tree(tree, prefix)

    def size(self, entry: Entry) -> int:
        """Ask the object database."""
        return self._git.size(entry.blob_id)

    def read(self, entry: Entry, limit: int) -> bytes:
        """Read the blob."""
        return self._git.blob(entry.blob_id, limit)


class PartSource(CommitSource):
    """Of the files of one commit only those at the root and below the directory `part`."""

    def __init__(self, repository: GitRepository, revision: str, part: str = "") -> None:
        super().__init__(repository, revision)
        self._part = part

    def below(self, root: str) -> Iterator[Entry]:
        """Yield what is below `part`, where `root` is it or holds it, and enter nothing else."""
        if self._part.startswith(root):
            yield from super().below(self._part)


class FlatSource(Source):
    """Files that are listed with their whole path."""

    def __init__(self, revision: str, entries: dict[str, Entry]) -> None:
        self.revision = revision
        self._entries = dict(sorted(entries.items()))
        self.tree_id = _digest(self._entries.values())

    def top(self) -> Iterator[Entry]:
        """Yield the files at the root, and each directory once."""
        seen = set()
        for path, entry in self._entries.items():
            first, slash, _ = path.partition("/")
            if not slash:
                yield entry
            elif first not in seen:
                seen.add(first)
                yield Entry(first, EntryKind.TREE, "")

    def below(self, root: str) -> Iterator[Entry]:
        """Yield by prefix."""
        return (entry for path, entry in self._entries.items() if path.startswith(root))


class IndexSource(FlatSource):
    """What `git commit` would commit now. `unmerged` are paths with a conflict not yet solved."""

    def __init__(self, repository: GitRepository, file: Path | None = None) -> None:
        self._git = repository
        self.pinned = Pinned.beside(repository.git_dir)
        entries: dict[str, Entry] = {}
        unmerged = set()
        for entry in repository.index(file):
            if entry.path in entries:
                unmerged.add(entry.path)
            entries[entry.path] = entry
        self.unmerged = frozenset(unmerged)
        super().__init__("index", entries)

    def size(self, entry: Entry) -> int:
        """Ask the object database."""
        return self._git.size(entry.blob_id)

    def read(self, entry: Entry, limit: int) -> bytes:
        """Read the blob."""
        return self._git.blob(entry.blob_id, limit)


def _is_repository(name: str, handle: int) -> bool:
    """Whether a folder is a Git repository of its own, as a submodule is."""
    try:
        os.stat(f"{name}/.git", dir_fd=handle, follow_symlinks=False)
    except OSError:
        return False
    return True


class WorktreeSource(FlatSource):
    """The files of a directory as they stand now, each read once and kept.

    `special` are paths that are neither file, directory nor link (a pipe, a device); nothing is
    read from them. A file above `MAX_CONTENT` keeps its size and no bytes. `replaced` are bytes
    that an editor holds and has not saved, by path.
    """

    def __init__(
        self,
        root: Path,
        repository: GitRepository | None,
        replaced: Mapping[str, bytes] | None = None,
    ) -> None:
        self._bytes: dict[str, bytes] = {}
        self._sizes: dict[str, int] = {}
        self._repository = repository
        if repository is not None:
            self.pinned = Pinned.beside(repository.git_dir)
        self._tracked = (
            frozenset() if repository is None else frozenset(e.path for e in repository.index())
        )
        self._holding_tracked = {
            path[: at + 1] for path in self._tracked for at, c in enumerate(path) if c == "/"
        }
        self.special: frozenset[str] = frozenset()
        try:
            entries = self._walk(root)
        except OSError as error:
            raise NotARepositoryError(
                f"{error.filename or root} cannot be read: {error.strerror or error}",
                remedy="check its permissions; where it came or went meanwhile, run this again",
            ) from error
        for path, data in (replaced or {}).items():
            self.special -= {path}
            entries[path] = Entry(path, EntryKind.FILE, blob_id(data))
            self._keep(path, data)
        super().__init__("working tree", entries)

    def _walk(self, root: Path) -> dict[str, Entry]:
        entries: dict[str, Entry] = {}
        # Without onerror a directory that cannot be read would count as empty.
        walk = os.fwalk(root, onerror=_raise, follow_symlinks=False)
        for directory, folders, files, handle in walk:
            below = Path(directory).relative_to(root).as_posix()
            prefix = "" if below == "." else f"{below}/"
            links = [name for name in folders if _is_link(name, handle)]
            inner = [name for name in folders if _is_repository(name, handle)]
            for name in inner:
                entries[_text(prefix + name)] = Entry(_text(prefix + name), EntryKind.SUBMODULE, "")
            left = {*links, *inner}
            folders[:] = [n for n in sorted(folders) if n not in left and self._enters(prefix, n)]
            for name in (*files, *links):
                path = prefix + name
                if self._wanted(path):
                    entries[_text(path)] = self._entry(path, name, handle)
        return entries

    def _enters(self, prefix: str, name: str) -> bool:
        return name != ".git" and self._wanted(f"{prefix}{name}/")

    def _wanted(self, path: str) -> bool:
        path = _text(path)
        if self._repository is None or path in self._tracked or path in self._holding_tracked:
            return True
        return not self._repository.ignores(path)

    def _entry(self, path: str, name: str, handle: int) -> Entry:
        decoded = path.isprintable() or _text(path) == path
        if _is_link(name, handle):
            target = os.readlink(name, dir_fd=handle)
            self._keep(_text(path), os.fsencode(target))
            return Entry(_text(path), EntryKind.SYMLINK, blob_id(os.fsencode(target)), decoded)
        if not _is_regular(name, handle):
            self.special |= {_text(path)}
            return Entry(_text(path), EntryKind.FILE, "", decoded)
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=handle)
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                self.special |= {_text(path)}
                return Entry(_text(path), EntryKind.FILE, "", decoded)
            data = file.read(MAX_CONTENT + 1) if status.st_size <= MAX_CONTENT else None
        kind = EntryKind.EXECUTABLE if status.st_mode & stat.S_IXUSR else EntryKind.FILE
        if data is None or len(data) > MAX_CONTENT:
            self._sizes[_text(path)] = max(status.st_size, MAX_CONTENT + 1)
            return Entry(_text(path), kind, f"{status.st_size}-bytes", decoded)
        self._keep(_text(path), data)
        return Entry(_text(path), kind, blob_id(data), decoded)

    def _keep(self, path: str, data: bytes) -> None:
        self._bytes[path] = data
        self._sizes[path] = len(data)

    def size(self, entry: Entry) -> int:
        """Return the size it had when it was read."""
        return self._sizes.get(entry.path, 0)

    def read(self, entry: Entry, limit: int) -> bytes:
        """Return the bytes that were read at the beginning."""
        if self.size(entry) > limit:
            raise TooLargeError(
                f"{entry.path} holds {self.size(entry)} bytes, more than {limit}",
                remedy="keep large data outside of the repository",
            )
        if entry.path not in self._bytes:
            raise MissingObjectError(f"{entry.path} is not a file", remedy="remove it")
        return self._bytes[entry.path]


class NoSource(FlatSource):
    """What was there before the first commit: no files at all."""

    def __init__(self) -> None:
        super().__init__("nothing", {})
        self.tree_id = EMPTY_TREE

    def size(self, entry: Entry) -> int:
        """There is no entry to ask about."""
        raise MissingObjectError(f"{entry.path} is not a file", remedy="name a revision")

    def read(self, entry: Entry, limit: int) -> bytes:
        """There is no entry to read."""
        raise MissingObjectError(f"{entry.path} is not a file", remedy="name a revision")


def _is_link(name: str, handle: int) -> bool:
    return stat.S_ISLNK(os.stat(name, dir_fd=handle, follow_symlinks=False).st_mode)


def _is_regular(name: str, handle: int) -> bool:
    """Whether it is a plain file; a socket cannot be opened, and a device may act on it."""
    return stat.S_ISREG(os.stat(name, dir_fd=handle, follow_symlinks=False).st_mode)


def _raise(error: OSError) -> None:
    raise error


def _text(path: str) -> str:
    """Return a path that can be printed; a name that is not UTF-8 is shown with `\\xNN`."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _digest(entries: object) -> str:
    """Return a name for a state that is no Git tree."""
    lines = "".join(f"{e.kind} {e.blob_id} {e.path}\n" for e in entries)  # type: ignore[attr-defined]
    return "files:" + hashlib.sha256(lines.encode()).hexdigest()
