"""An append-only log in a directory: entries, hash tiles, checkpoints.

Layout after C2SP `tlog-tiles`: `checkpoint`, `tile/<L>/<N>[.p/<W>]`, `tile/entries/<N>[.p/<W>]`,
and beside it `checkpoints/<size>`, every checkpoint ever published. Tiles are durable before the
checkpoint that covers them; a file that no checkpoint covers is of no account and is written
again. What an entry means is left to others.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from evidence import merkle, note, tiles
from evidence.crypto import PublicKey
from evidence.disk import Disk, locked, read
from evidence.errors import LogStateError, MalformedError, UsageError
from evidence.note import Checkpoint, SignedCheckpoint
from evidence.shape import ORIGIN
from evidence.signers.base import Signer

WAIT = 30.0  # seconds for another process's append
_SIZE = re.compile(r"[1-9][0-9]{0,18}")


def directory_name(origin: str) -> str:
    """Return the one directory name of an origin; raises UsageError for a malformed one."""
    if len(origin) > 200 or not ORIGIN.fullmatch(origin):
        raise UsageError(
            f"a log cannot be called {origin!r}",
            remedy="use lower-case words, digits, '.', '-' and '/', such as ci.example.com/gate",
        )
    return origin.replace("/", "~")


class LogReader:
    """Reads one log. Trusts nothing: what contradicts the checkpoint raises LogStateError."""

    def __init__(self, directory: Path, origin: str) -> None:
        self.directory = directory
        self.origin = origin
        self._part = f"log {origin}"  # in messages

    def checkpoint_bytes(self) -> bytes | None:
        """Return the published checkpoint's exact bytes, None for a log without entries."""
        try:
            return read(self.directory / "checkpoint", f"{self._part}: checkpoint", note.LIMIT)
        except FileNotFoundError:
            return None

    def checkpoint(self) -> SignedCheckpoint | None:
        """Return the published checkpoint; raises MalformedError."""
        data = self.checkpoint_bytes()
        return None if data is None else note.read(data, f"{self._part}: checkpoint")

    @property
    def size(self) -> int:
        """How many entries the published checkpoint covers."""
        signed = self.checkpoint()
        return 0 if signed is None else signed.checkpoint.size

    def history(self) -> dict[int, bytes]:
        """Return every checkpoint ever published by size, ascending, the current one included.

        Raises MalformedError for a file among them that is not named after a size.
        """
        found = {}
        for path in (self.directory / "checkpoints").glob("[0-9]*"):
            part = f"{self._part}: checkpoints/{path.name}"
            if not _SIZE.fullmatch(path.name):
                raise MalformedError(part, "is not named after a log's size")
            found[int(path.name)] = read(path, part, note.LIMIT)
        current = self.checkpoint_bytes()
        if current is not None:
            found.setdefault(self.size, current)
        return dict(sorted(found.items()))

    def entries(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Yield the entries from `start` up to `end` (the size where None)."""
        size = self.size
        end = size if end is None else min(end, size)
        for index in range(start // tiles.WIDTH, (end + tiles.WIDTH - 1) // tiles.WIDTH):
            bundle = self._bundle(index, size)
            first = index * tiles.WIDTH
            yield from bundle[max(0, start - first) : max(0, end - first)]

    def subtrees(self, size: int) -> merkle.Subtree:
        """Return subtree hashes of the tree as it was at `size`, from the tiles."""
        return tiles.subtrees(self.tile, size)

    def leaf_hashes(self, size: int) -> list[bytes]:
        """Return the leaf hashes of the level 0 tiles of a tree of `size`."""
        hashes = []
        for index in range((size + tiles.WIDTH - 1) // tiles.WIDTH):
            data = self.tile(0, index, tiles.width_at(0, index, size))
            hashes += [data[i : i + tiles.HASH] for i in range(0, len(data), tiles.HASH)]
        return hashes

    def tile(self, level: int, index: int, width: int) -> bytes:
        """Return a hash tile as it is stored; raises LogStateError where it is incomplete."""
        data = self._read(level, index, width)
        if len(data) % tiles.HASH or len(data) < width * tiles.HASH:
            part = tiles.tile_path(level, index, width)
            raise LogStateError(f"{self.origin}: {part} is incomplete", remedy=_RESTORE)
        return data[: width * tiles.HASH]

    def outgrown(self, level: int | str, index: int, width: int) -> dict[int, bytes]:
        """Return the narrower tiles that are still there beside one of `width`, by their width.

        Only those that a kept checkpoint covers: a writer that was killed may have left others.
        """
        place = (self.directory / tiles.tile_path(level, index, 1)).parent
        there = self._numbers(str(place.relative_to(self.directory)))
        narrower = {each for each in there if each < width}
        if not narrower:
            return {}
        shift = 8 * level if isinstance(level, int) else 0
        covered = {(n >> shift) - index * tiles.WIDTH for n in self._numbers("checkpoints")}
        found = {}
        for each in covered & narrower:
            with suppress(FileNotFoundError):  # a writer is at work, and dropped it just now
                found[each] = self._contents(place / str(each))
        return dict(sorted(found.items()))

    def _bundle(self, index: int, size: int) -> list[bytes]:
        width = tiles.width_at(0, index, size)
        part = tiles.tile_path("entries", index, width)
        entries = tiles.unpack_entries(self._read("entries", index, width), part)
        if len(entries) < width:
            raise LogStateError(f"{self.origin}: {part} is incomplete", remedy=_RESTORE)
        return entries[:width]

    def _read(self, level: int | str, index: int, width: int) -> bytes:
        """Read a tile; a partial one may have been replaced by a wider one."""
        exact = self.directory / tiles.tile_path(level, index, width)
        full = self.directory / tiles.tile_path(level, index)
        for path in (exact, full):
            try:
                return self._contents(path)
            except FileNotFoundError:
                continue
        partial = str(exact.parent.relative_to(self.directory))
        for candidate in sorted(self._numbers(partial)) if width < tiles.WIDTH else ():
            if candidate > width:
                return self._contents(exact.parent / str(candidate))
        raise LogStateError(
            f"{self.origin}: {exact.relative_to(self.directory)} is missing", remedy=_RESTORE
        )

    def _numbers(self, folder: str) -> list[int]:
        """Return the sizes or widths after which files of a folder are named."""
        names = [path.name for path in (self.directory / folder).glob("[0-9]*")]
        return [int(name) for name in names if _SIZE.fullmatch(name)]

    def _contents(self, path: Path) -> bytes:
        """Return the bytes of a tile, which is no larger than a full one of entries can be."""
        place = path.relative_to(self.directory)
        return read(path, f"{self._part}: {place}", tiles.WIDTH * (2 + tiles.ENTRY_LIMIT))


class Log(LogReader):
    """Appends to one log. Several processes may; one appends at a time."""

    def __init__(
        self,
        directory: Path,
        origin: str,
        signer: Signer,
        disk: Disk,
        *,
        former: Sequence[PublicKey] = (),
        wait: float = WAIT,
    ) -> None:
        super().__init__(directory, origin)
        if signer.purpose != "log" or signer.algorithm != "ed25519":
            raise UsageError(
                f"key {signer.name} cannot sign a log: it is {signer.algorithm}, for "
                f"{signer.purpose}",
                remedy="use an Ed25519 key of purpose log (`cpctl keys init` makes one)",
            )
        self._signer = signer
        self._accepted = (signer.public_key, *former)  # of the last checkpoint
        self._disk = disk
        self._wait = wait

    def append(self, entries: Sequence[bytes]) -> int:
        """Append `entries` under one new checkpoint and return the index of the first.

        When this returns they survive a power failure. Raises LogBusyError where another
        process appends for too long, LogStateError where the directory was tampered with.
        """
        if any(len(entry) > tiles.ENTRY_LIMIT for entry in entries):
            raise UsageError(
                f"an entry is larger than {tiles.ENTRY_LIMIT} bytes",
                remedy="log a digest and keep the content beside the log",
            )
        self._disk.make(self.directory)
        with locked(self.directory / "lock", f"log {self.origin}", wait=self._wait):
            size = self._checked_size()
            self._extend(size, entries)
            return size

    def find(self, entry: bytes) -> int | None:
        """Return the index of `entry`, the last one where there are several, None for none."""
        wanted, size = merkle.leaf_hash(entry), self.size
        hashes = self.leaf_hashes(size)
        return next((i for i in range(size - 1, -1, -1) if hashes[i] == wanted), None)

    def _checked_size(self) -> int:
        """Return the size, once the tiles are known to give the root that was signed."""
        signed = self.checkpoint()
        if signed is None:
            return 0
        current = signed.checkpoint
        ours = any(signed.verified_by(key) for key in self._accepted)
        if not ours or current.origin != self.origin:
            raise LogStateError(
                f"{self.origin}: the published checkpoint is not signed by this log's key",
                remedy="use the key this log was begun with, or begin a log under another origin",
            )
        if self.subtrees(current.size)(0, current.size) != current.root:
            raise LogStateError(
                f"{self.origin}: the tiles do not give the root of the published checkpoint",
                remedy=_RESTORE,
            )
        self._keep_history(current.size)
        return current.size

    def _extend(self, size: int, entries: Sequence[bytes]) -> None:
        """Write what a larger tree adds, then publish its checkpoint."""
        if not entries:
            return
        total = size + len(entries)
        first = size // tiles.WIDTH * tiles.WIDTH
        known = [*self.entries(first, size), *entries]
        levels = {0: [merkle.leaf_hash(entry) for entry in known]}
        offsets = {0: first}
        files: list[tuple[Path, bytes]] = []
        for level, index, width in tiles.new_tiles(size, total):
            if level not in levels:
                offsets[level], levels[level] = self._next_level(
                    level, size, offsets[level - 1], levels[level - 1]
                )
            start = index * tiles.WIDTH - offsets[level]
            data = b"".join(levels[level][start : start + width])
            files.append((self.directory / tiles.tile_path(level, index, width), data))
            if level == 0:
                bundle = tiles.pack_entries(known[start : start + width])
                path = tiles.tile_path("entries", index, width)
                files.append((self.directory / path, bundle))
        self._disk.write_all(files)
        root = self.subtrees(total)(0, total)
        self._publish(Checkpoint(self.origin, total, root))
        self._drop_partial(size, total)

    def _next_level(
        self, level: int, size: int, below_offset: int, below: list[bytes]
    ) -> tuple[int, list[bytes]]:
        """Return (position of the first hash, hashes) of the last tile on at `level`."""
        before = size >> (8 * level)
        first = before // tiles.WIDTH * tiles.WIDTH
        hashes: list[bytes] = []
        if before > first:
            data = self.tile(level, first // tiles.WIDTH, before - first)
            hashes = [data[i : i + tiles.HASH] for i in range(0, len(data), tiles.HASH)]
        place = before * tiles.WIDTH - below_offset
        while place + tiles.WIDTH <= len(below):
            hashes.append(merkle.root(below[place : place + tiles.WIDTH]))
            place += tiles.WIDTH
        return first, hashes

    def _publish(self, checkpoint: Checkpoint) -> None:
        self._disk.write(self.directory / "checkpoint", checkpoint.sign(self._signer))
        self._keep_history(checkpoint.size)

    def _keep_history(self, size: int) -> None:
        """Keep the published checkpoint under its size; a crash may have come before that."""
        kept = self.directory / "checkpoints" / str(size)
        if not kept.exists():
            self._disk.link(self.directory / "checkpoint", kept)

    def _drop_partial(self, old: int, size: int) -> None:
        """Remove the partial tiles whose full tile is now there."""
        for level, index, width in tiles.new_tiles(old, size):
            if width == tiles.WIDTH:
                for name in (level, "entries") if level == 0 else (level,):
                    full = self.directory / tiles.tile_path(name, index)
                    shutil.rmtree(full.with_name(f"{full.name}.p"), ignore_errors=True)


def logs(root: Path) -> list[LogReader]:
    """Return a reader for every log in an evidence directory, by origin."""
    found = []
    for path in sorted((root / "logs").glob("*")):
        origin = path.name.replace("~", "/")
        if not ORIGIN.fullmatch(origin):
            raise MalformedError(f"logs/{path.name}", "is not named after an origin")
        if (path / "checkpoint").exists():
            found.append(LogReader(path, origin))
        elif any((path / "checkpoints").glob("*")):
            raise MalformedError(f"log {origin}: checkpoint", "is missing")
    return found


_RESTORE = "restore the evidence directory from a copy; do not append to it"
