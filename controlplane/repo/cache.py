"""Parsed files, remembered by blob id: in memory, and in one SQLite file beside the objects.

What is remembered depends on the bytes of the file and on the code that parsed it, so the key is
the blob's id and a digest of that code. Each entry is authenticated with a key of this machine that
lies elsewhere (`controlplane.authenticated`): what is parsed decides what lint finds, and a clone's
`.git` may be written by others, or restored by a pipeline. What does not authenticate is parsed
again; a file that is damaged, of another owner or writable by others is not used.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import sqlite3
import stat
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import cache, lru_cache
from importlib import metadata, resources
from pathlib import Path
from typing import Any

from controlplane.authenticated import secret
from controlplane.home import cache_key
from controlplane.repo.parse import FoundReference, ParsedDocument, ParsedFile, parse_file
from controlplane.values import Position, Problem

MOST_IN_MEMORY = 250_000  # files; above it memory is given back and the disk is asked again
MOST_ON_DISK = 1_000_000  # files; above it the cache begins anew
_TABLE = (
    "CREATE TABLE IF NOT EXISTS parsed (version TEXT, blob TEXT, digest BLOB, content BLOB,"
    " PRIMARY KEY (version, blob)) WITHOUT ROWID"
)


class ParseCache:
    """Gives the parsed form of a blob; parses it where that is not remembered.

    `directory` or `key` (a file, which is made where there is none) None keeps everything in
    memory. For one thread at a time.
    """

    def __init__(
        self,
        directory: Path | None,
        key: Path | None = None,
        parse: Callable[[bytes], ParsedFile] = parse_file,
        most: int = MOST_IN_MEMORY,
    ) -> None:
        self._parse, self._most = parse, most
        self._memory: dict[str, ParsedFile] = {}
        self._new: dict[str, ParsedFile] = {}
        self._version = _code_version()
        self._file = None if directory is None or key is None else directory / "parsed.sqlite"
        self._place, self._key = key, b""
        self._disk: sqlite3.Connection | None = None
        self._opened, self._process = False, 0

    def __call__(self, blob: str, read_blob: Callable[[], bytes]) -> ParsedFile:
        """Return the parsed form of the blob with this id; `read_blob` gives its bytes."""
        known = self._memory.get(blob) or self._recall(blob)
        if known is None:
            known = self._parse(read_blob())
            self._new[blob] = known
        if len(self._memory) >= self._most:
            self._memory.clear()
        self._memory[blob] = known
        return known

    def flush(self) -> None:
        """Write what is new to disk, in one transaction; where that fails it is only slower."""
        new, self._new = self._new, {}
        disk = self._connection() if new else None
        if disk is not None:
            rows = [self._row(blob, new[blob]) for blob in new]
            with suppress(sqlite3.Error), disk:
                (count,) = disk.execute("SELECT count(*) FROM parsed").fetchone()
                if count > MOST_ON_DISK:
                    disk.execute("DELETE FROM parsed")
                disk.executemany("INSERT OR REPLACE INTO parsed VALUES (?, ?, ?, ?)", rows)
        self._close()

    def _row(self, blob: str, file: ParsedFile) -> tuple[str, str, bytes, bytes]:
        content = _packed(file)
        return self._version, blob, self._tag(blob, content), content

    def _tag(self, blob: str, content: bytes) -> bytes:
        said = f"parsed\0{self._version}\0{blob}\0".encode()
        return hmac.digest(self._key, said + content, "sha256")

    def _close(self) -> None:
        if self._disk is not None:
            self._disk.close()
        self._disk, self._opened = None, False

    def _recall(self, blob: str) -> ParsedFile | None:
        disk = self._connection()
        if disk is None:
            return None
        query = "SELECT digest, content FROM parsed WHERE version = ? AND blob = ?"
        try:
            row = disk.execute(query, (self._version, blob)).fetchone()
        except sqlite3.Error as error:
            self._give_up(error)
            return None
        if row is None or not all(isinstance(each, bytes) for each in row):
            return None
        if not hmac.compare_digest(row[0], self._tag(blob, row[1])):
            return None
        return _unpacked(row[1])

    def _connection(self) -> sqlite3.Connection | None:
        if self._opened and self._process != os.getpid():
            self._disk, self._opened = None, False  # a fork must not use what its parent opened
        if not self._opened and self._file is not None:
            self._opened, self._process = True, os.getpid()
            try:
                self._key = (self._place and secret(self._place, create=True)) or b""
                self._disk = _open(self._file) if self._key else None
            except (sqlite3.Error, OSError) as error:
                self._give_up(error)
        return self._disk

    def _give_up(self, error: Exception) -> None:
        """Do without the file this time; remove it unless another process is at work on it."""
        if self._disk is not None:
            self._disk.close()
            self._disk = None
        if self._file is not None and getattr(error, "sqlite_errorcode", 0) not in _BUSY:
            with suppress(OSError):
                self._file.unlink()


@lru_cache(maxsize=8)
def beside(git_dir: Path) -> ParseCache:
    """Return the cache of a repository, the same one each time."""
    return ParseCache(git_dir / "cpctl" / "cache", cache_key())


def _open(file: Path) -> sqlite3.Connection | None:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    there = file.is_symlink() or file.exists()
    if not _ours(file.parent) or (there and not _ours(file)):
        return None
    if not there:
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_WRONLY, 0o600))
    disk = sqlite3.connect(file, timeout=0.2, check_same_thread=False)
    disk.execute("PRAGMA synchronous = OFF")  # what a crash destroys is only parsed again
    disk.execute(_TABLE)
    return disk


def _ours(path: Path) -> bool:
    """Whether a file or directory is our own and nobody else can write to it."""
    status = path.lstat()
    plain = stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)
    return plain and status.st_uid == os.geteuid() and not status.st_mode & 0o022


_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_MADE_OF = ("packaging", "pydantic", "pydantic-core", "rapidyaml", "ruamel.yaml", "tzdata")


@cache
def _code_version() -> str:
    """Return a digest of the code whose outcome is remembered, and of what it is made of."""
    made_of = [sys.version, *(f"{name} {metadata.version(name)}" for name in _MADE_OF)]
    found = hashlib.sha256("\0".join(made_of).encode())
    found.update(resources.files("controlplane").joinpath("values.py").read_bytes())
    for package in ("controlplane.resources", "controlplane.repo", "controlplane.repo.yaml"):
        folder = resources.files(package)
        for file in sorted(folder.iterdir(), key=lambda item: item.name):
            if file.name.endswith(".py"):
                found.update(file.name.encode() + b"\0" + file.read_bytes())
    return found.hexdigest()


def _packed(file: ParsedFile) -> bytes:
    documents = [
        [d.kind, d.identity, d.line, d.valid, d.data, [_reference(r) for r in d.references]]
        for d in file.documents
    ]
    problems = [
        [p.position.line, p.position.column, p.code, p.message, p.remedy] for p in file.problems
    ]
    return json.dumps([documents, problems], separators=(",", ":"), ensure_ascii=False).encode()


def _reference(reference: FoundReference) -> list[Any]:
    return [list(reference.path), list(reference.kinds), reference.name, reference.range]


def _unpacked(content: bytes) -> ParsedFile | None:
    try:
        documents, problems = json.loads(content)
        return ParsedFile(
            tuple(
                ParsedDocument(
                    kind,
                    identity,
                    line,
                    valid,
                    data,
                    tuple(FoundReference(tuple(p), tuple(k), n, r) for p, k, n, r in references),
                )
                for kind, identity, line, valid, data, references in documents
            ),
            tuple(
                Problem(Position("", line, column), code, message, remedy)
                for line, column, code, message, remedy in problems
            ),
        )
    except (ValueError, TypeError):
        return None
