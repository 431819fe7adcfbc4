"""A sound revision as one SQLite image, in which what is asked for is looked up and not read.

The image holds paths, names and who refers to what; documents stay in the parse cache, by blob.
`Imaged` is the snapshot of which an image was made, at a cost that hardly grows with it. An image
is believed: whoever keeps one sees to it that it is our own, of this tree and of this very code.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Set
from contextlib import closing
from functools import cached_property
from typing import Final

from controlplane.repo import paths
from controlplane.repo.cache import ParseCache
from controlplane.repo.checks import Document
from controlplane.repo.git import Entry, EntryKind, GitRepository
from controlplane.repo.layout import REPOSITORY_FILE
from controlplane.repo.parse import ParsedFile
from controlplane.repo.snapshot import Contents, Snapshot, parse_entry, places_of
from controlplane.repo.source import CommitSource
from controlplane.values import Problem

Name = tuple[str, str]
"""Kind and identity of a resource."""

_TABLES: Final = """
CREATE TABLE file (path TEXT PRIMARY KEY, kind TEXT, blob BLOB, parsed INTEGER, number INTEGER)
  WITHOUT ROWID;
CREATE TABLE document (kind TEXT, identity TEXT, path TEXT, number INTEGER,
  PRIMARY KEY (kind, identity)) WITHOUT ROWID;
CREATE TABLE referrers (kind TEXT, identity TEXT, names TEXT,
  PRIMARY KEY (kind, identity)) WITHOUT ROWID;
CREATE TABLE taken (folded TEXT PRIMARY KEY, path TEXT) WITHOUT ROWID; -- '' where it is the same
CREATE TABLE note (name TEXT PRIMARY KEY, content BLOB) WITHOUT ROWID;
"""


def available() -> bool:
    """Whether this interpreter's SQLite can make images and open them."""
    return hasattr(sqlite3.Connection, "serialize")


def image_of(
    snapshot: Snapshot,
    referrers: Mapping[Name, Collection[Name]],
    notes: Mapping[str, bytes],
) -> bytes:
    """Return the image of a snapshot in which nothing is wrong.

    `referrers` is who refers to what, `notes` what its keeper wants to find with it, by name.
    """
    with closing(sqlite3.connect(":memory:")) as made:
        made.executescript(_TABLES)
        with made:
            for table, rows in _rows(snapshot, referrers, notes):
                for row in rows[:1]:
                    marks = ", ".join("?" * len(row))
                    made.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)  # noqa: S608
        return made.serialize()


Row = tuple[str | int | bytes, ...]


def _rows(
    snapshot: Snapshot,
    referrers: Mapping[Name, Collection[Name]],
    notes: Mapping[str, bytes],
) -> Iterator[tuple[str, list[Row]]]:
    parsed = snapshot.parsed
    yield (
        "file",
        [
            (path, entry.kind.value, bytes.fromhex(entry.blob_id), path in parsed, number)
            for number, (path, entry) in enumerate(snapshot.entries.items())
        ],
    )
    yield (
        "document",
        [
            (kind, identity, each.path, each.index)
            for kind, members in snapshot.index.items()
            for identity, each in sorted(members.items())
        ],
    )
    yield (
        "referrers",
        [(*name, json.dumps(sorted(found))) for name, found in sorted(referrers.items())],
    )
    every = sorted(taken(snapshot).items())
    yield "taken", [(folded, "" if path == folded else path) for folded, path in every]
    yield "note", sorted(notes.items())


def taken(snapshot: Snapshot) -> dict[str, str]:
    """Return every path of a sound snapshot, and each directory, by what it could be taken for."""
    found: dict[str, str] = {}
    for _ in paths.check((*snapshot.top(), *snapshot.entries.values()), str, found):
        pass
    return found


def open_image(
    repository: GitRepository, revision: str, tree: str, image: bytes, parse: ParseCache
) -> Imaged | None:
    """Return the snapshot of which `image` was made, None where it is none.

    `tree` is the id of the tree of which it was made; `revision` names a commit of it, or nothing
    is returned: a branch may have moved on. Raises what `snapshot.read` does.
    """
    source = CommitSource(repository, revision)
    if not available() or not image or source.tree_id != tree:
        return None
    data = sqlite3.connect(":memory:", check_same_thread=False)
    try:
        data.deserialize(image)
        return Imaged(source, data, parse)
    except sqlite3.Error:
        data.close()
        return None


class Imaged(Snapshot):
    """A snapshot out of an image. Nothing is wrong in it."""

    def __init__(self, source: CommitSource, data: sqlite3.Connection, parse: ParseCache) -> None:
        """Raises sqlite3.Error where `data` is no image."""
        self._data = data
        entries = _Entries(data)
        parsed = _Parsed(data, lambda entry: parse_entry(source, entry, parse))
        first = parsed.get(REPOSITORY_FILE)
        if first is None:
            raise sqlite3.DatabaseError("an image of no repository")
        super().__init__(source, Contents(places_of(first), entries, ()), parsed)
        self.taken: Mapping[str, str] = _Taken(data)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Nothing: an image is made of what is sound."""
        return ()

    @cached_property
    def index(self) -> Mapping[str, Mapping[str, Document]]:
        """The documents by kind and identity, each looked up when it is asked for."""
        kinds = self._data.execute("SELECT DISTINCT kind FROM document")
        return {kind: _Members(self, self._data, kind) for (kind,) in kinds.fetchall()}

    def valid(self, kind: str) -> list[str]:
        """Return the identities of a kind, sorted; all are valid."""
        return sorted(self.index.get(kind, ()))

    def referrers(self, name: Name) -> Set[Name]:
        """Return who refers to a resource."""
        query = "SELECT names FROM referrers WHERE kind = ? AND identity = ?"
        row = self._data.execute(query, name).fetchone()
        return frozenset() if row is None else {(kind, who) for kind, who in json.loads(row[0])}

    def note(self, name: str) -> bytes | None:
        """Return what was kept with the image under this name."""
        row = self._data.execute("SELECT content FROM note WHERE name = ?", (name,)).fetchone()
        return None if row is None else bytes(row[0])

    def below(self, prefix: str) -> Iterator[tuple[str, Entry]]:
        """Yield the files below `prefix` (ending in a slash) by their whole path, in order."""
        if not prefix.endswith("/"):
            yield from super().below(prefix)
            return
        query = "SELECT path, kind, blob FROM file WHERE path >= ? AND path < ? ORDER BY number"
        after = prefix[:-1] + chr(ord("/") + 1)  # the first text that does not begin so
        for row in self._data.execute(query, (prefix, after)).fetchall():
            yield row[0], _entry(row)


def _entry(row: tuple[str, str, bytes]) -> Entry:
    return Entry(row[0], EntryKind(row[1]), row[2].hex())


class _Entries(Mapping[str, Entry]):
    """The files, by path."""

    def __init__(self, data: sqlite3.Connection) -> None:
        self._data = data

    def __getitem__(self, path: str) -> Entry:
        query = "SELECT path, kind, blob FROM file WHERE path = ?"
        row = self._data.execute(query, (path,)).fetchone()
        if row is None:
            raise KeyError(path)
        return _entry(row)

    def __iter__(self) -> Iterator[str]:
        return _firsts(self._data.execute("SELECT path FROM file ORDER BY number"))

    def __len__(self) -> int:
        return _count(self._data.execute("SELECT count(*) FROM file"))


class _Parsed(Mapping[str, ParsedFile]):
    """The files that hold resources, by path; each is read from the parse cache when asked for."""

    def __init__(self, data: sqlite3.Connection, parse: Callable[[Entry], ParsedFile]) -> None:
        self._data, self._parse = data, parse

    def __getitem__(self, path: str) -> ParsedFile:
        query = "SELECT path, kind, blob FROM file WHERE path = ? AND parsed"
        row = self._data.execute(query, (path,)).fetchone()
        if row is None:
            raise KeyError(path)
        return self._parse(_entry(row))

    def __contains__(self, path: object) -> bool:
        query = "SELECT 1 FROM file WHERE path = ? AND parsed"
        return self._data.execute(query, (path,)).fetchone() is not None

    def __iter__(self) -> Iterator[str]:
        return _firsts(self._data.execute("SELECT path FROM file WHERE parsed ORDER BY number"))

    def __len__(self) -> int:
        return _count(self._data.execute("SELECT count(*) FROM file WHERE parsed"))


class _Members(Mapping[str, Document]):
    """The documents of one kind, by identity."""

    def __init__(self, snapshot: Imaged, data: sqlite3.Connection, kind: str) -> None:
        self._snapshot, self._data, self._kind = snapshot, data, kind

    def __getitem__(self, identity: str) -> Document:
        query = "SELECT path, number FROM document WHERE kind = ? AND identity = ?"
        row = self._data.execute(query, (self._kind, identity)).fetchone()
        if row is None:
            raise KeyError(identity)
        path, number = row
        parsed = self._snapshot.parsed[path].documents[number]
        return Document(path, number, self._snapshot.entries[path].blob_id, parsed)

    def __contains__(self, identity: object) -> bool:
        query = "SELECT 1 FROM document WHERE kind = ? AND identity = ?"
        return self._data.execute(query, (self._kind, identity)).fetchone() is not None

    def __iter__(self) -> Iterator[str]:
        query = "SELECT identity FROM document WHERE kind = ?"
        return _firsts(self._data.execute(query, (self._kind,)))

    def __len__(self) -> int:
        query = "SELECT count(*) FROM document WHERE kind = ?"
        return _count(self._data.execute(query, (self._kind,)))


class _Taken(Mapping[str, str]):
    """The paths and directories, by what they could be taken for."""

    def __init__(self, data: sqlite3.Connection) -> None:
        self._data = data

    def __getitem__(self, folded: str) -> str:
        query = "SELECT path FROM taken WHERE folded = ?"
        row = self._data.execute(query, (folded,)).fetchone()
        if row is None:
            raise KeyError(folded)
        return row[0] or folded

    def __iter__(self) -> Iterator[str]:
        return _firsts(self._data.execute("SELECT folded FROM taken"))

    def __len__(self) -> int:
        return _count(self._data.execute("SELECT count(*) FROM taken"))


def _firsts(rows: Iterable[tuple[str]]) -> Iterator[str]:
    return iter([row[0] for row in rows])


def _count(rows: sqlite3.Cursor) -> int:
    return int(rows.fetchone()[0])
