"""What this machine worked out, remembered on disk and believed only when ours.

Each file begins with an HMAC over its name and content, under a key of this machine that is kept
elsewhere (0600): machine code is executed when it is loaded, a compiled module decides, and what
was found sound is not looked at again, so none may come from whoever can write to the cache, or
from a cache that a pipeline restores. What does not authenticate is as if it were not there, and is
made again. A cache that cannot be written is only slower.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

MOST_FILES = 64  # of each kind, where nothing else is said; the oldest goes
LARGEST = 512 * 1024 * 1024  # bytes; an image of a revision takes 1 KiB a tenant
_TAG = hashlib.sha256().digest_size
_READING = (
    os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
)  # a pipe in its place does not keep us waiting


@dataclass(frozen=True)
class Cache:
    """Files in `directory`, authenticated by the key in the file `key`."""

    directory: Path
    key: Path
    authenticate: bool = True  # off only in the tests that show what it is for

    def get(self, name: str) -> bytes | None:
        """Return what was put under `name`, None where nothing authentic is there."""
        content, ours = self.found(name)
        return content if ours else None

    def found(self, name: str, largest: int = LARGEST) -> tuple[bytes | None, bool]:
        """Return what lies under `name`, None for nothing, and whether it is authentic.

        Where it is not, another proof is to vouch for it. More than `largest` bytes are not read.
        """
        key = secret(self.key, create=False)
        try:
            data = _read(self.directory / name, self.directory, min(largest + _TAG, LARGEST))
        except OSError:
            data = None
        if data is None or len(data) < _TAG:
            return None, False
        tag, content = data[:_TAG], data[_TAG:]
        ours = key is not None and (
            not self.authenticate or hmac.compare_digest(tag, _tag(key, name, content))
        )
        if ours:
            with suppress(OSError):  # what is used stays; of each kind the oldest goes
                os.utime(self.directory / name)
        return content, ours

    def put(self, name: str, content: bytes, most: int = MOST_FILES) -> bool:
        """Remember `content`, and return whether that could be done.

        A name ends in the kind of file; of each kind the `most` youngest are kept.
        """
        if len(content) + _TAG > LARGEST:
            return False  # it would not be read
        with suppress(OSError):
            self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            key = secret(self.key, create=True)
            if key is None or not _ours(self.directory):
                return False
            fresh = self.directory / f".{secrets.token_hex(8)}"
            try:
                _write(fresh, _tag(key, name, content) + content)
                fresh.replace(self.directory / name)
            finally:
                fresh.unlink(missing_ok=True)
            self._forget(name.rpartition(".")[2], most)
            return True
        return False

    def forget(self, name: str) -> None:
        """Remember nothing under `name` any more."""
        with suppress(OSError):
            (self.directory / name).unlink()

    def names(self, prefix: str) -> list[str]:
        """Return what is remembered under names that begin so, the newest first."""
        return [place.name for _, place in self._files() if place.name.startswith(prefix)]

    def _forget(self, kind: str, most: int) -> None:
        own = [place for _, place in self._files() if place.name.endswith("." + kind)]
        for place in own[most:]:
            place.unlink(missing_ok=True)

    def _files(self) -> list[tuple[int, Path]]:
        return sorted(self._dated(), reverse=True)

    def _dated(self) -> Iterator[tuple[int, Path]]:
        with suppress(OSError):
            for place in self.directory.iterdir():
                with suppress(OSError):
                    yield place.lstat().st_mtime_ns, place


def _tag(key: bytes, name: str, content: bytes) -> bytes:
    return hmac.digest(key, name.encode() + b"\0" + content, "sha256")


def secret(place: Path, *, create: bool) -> bytes | None:
    """Return the key in a file; None where there is none, or others could have touched it.

    With `create` it is made where there is none.
    """
    with suppress(OSError):
        if create and not place.exists():
            _make(place)
        descriptor = os.open(place, _READING)
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            private = stat.S_ISREG(status.st_mode) and not status.st_mode & 0o077
            key = file.read(33) if private else b""
            if status.st_uid == os.geteuid() and len(key) == 32:
                return key
    return None


def _make(place: Path) -> None:
    """Make a key, whole or not at all; of two that do so at once, one is kept."""
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = place.with_name(f".{secrets.token_hex(8)}")
    try:
        _write(fresh, secrets.token_bytes(32))
        with suppress(FileExistsError):
            os.link(fresh, place)
    finally:
        fresh.unlink(missing_ok=True)


def _read(place: Path, directory: Path, largest: int) -> bytes | None:
    if not _ours(directory):
        return None
    descriptor = os.open(place, _READING)
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_size > largest:
            return None
        return file.read(largest)


def _write(place: Path, content: bytes) -> None:
    descriptor = os.open(place, os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


def _ours(path: Path) -> bool:
    """Whether a directory is our own and nobody else can write to it."""
    status = path.lstat()
    own = stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid()
    return own and not status.st_mode & 0o022
