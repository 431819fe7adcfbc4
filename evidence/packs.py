"""Many payloads of one run in one file: written once, synced once, shared parts kept once.

A pack is `<magic> <blocks> <index> <footer>`. A block is up to a mebibyte, compressed (zlib); the
index is canonical JSON, compressed: {"blocks": [[offset, length, size]…], "objects": {digest:
[[block, start, length]…]}}, an object being its slices one after the other; the footer is the
index's offset and length, eight bytes each (big endian). Nothing in a pack is believed: an object
counts only where its bytes have the digest that it is asked for by.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from evidence import shape
from evidence.canonical import Json, canonical, digest_bytes, read_canonical
from evidence.disk import Disk, storing
from evidence.errors import MalformedError
from evidence.records import PAYLOAD_LIMIT

MAGIC = b"controlplane.dev/evidence/pack/v1\n"
BLOCK = 1 << 20  # bytes of one block before it is compressed
INDEX_LIMIT = 1 << 30
_SHARED = 256  # bytes from which on a part that comes again is not written again
_LEVEL = 1  # zlib's fastest: the blocks become a tenth of their size even so
_FOOTER = struct.Struct(">QQ")

Slice = tuple[int, int, int]
"""Block, start within it, length."""


class PackWriter:
    """Writes one pack. For one thread; `close` makes it durable, and without it there is none."""

    def __init__(self, path: Path, disk: Disk) -> None:
        """Begin the pack at `path`, whose directory is there; StorageError where that fails."""
        self.path = path
        self._disk = disk
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        with storing(path):
            self._handle = os.open(path, flags, 0o644)
        self._open = True
        self._blocks: list[list[int]] = []
        self._objects: dict[str, Sequence[Slice]] = {}
        self._parts: dict[bytes, list[Slice]] = {}
        self._block = bytearray()
        self._offset = 0
        self._write(MAGIC)

    def add(self, digest: str, parts: Iterable[bytes]) -> None:
        """Keep the object whose bytes are `parts` joined; one that is there is left alone.

        Parts that come again, such as what many objects refer to, are kept once.
        """
        if digest not in self._objects:
            self._objects[digest] = [piece for part in parts for piece in self._part(part)]

    def __contains__(self, digest: object) -> bool:
        return digest in self._objects

    def close(self) -> None:
        """Write what is left and the index; durable when this returns."""
        self._flush()
        index = canonical({"blocks": self._blocks, "objects": _listed(self._objects)})
        begin, packed = self._offset, zlib.compress(index, _LEVEL)
        self._write(packed)
        self._write(_FOOTER.pack(begin, len(packed)))
        with storing(self.path):
            self._disk.sync(self._handle)
        self._shut()

    def abandon(self) -> None:
        """Leave no pack behind, closed or not."""
        self._shut()
        with storing(self.path):
            self._disk.remove(self.path)

    def _shut(self) -> None:
        if self._open:
            self._open = False
            os.close(self._handle)

    def _part(self, part: bytes) -> list[Slice]:
        known = self._parts.get(part) if len(part) >= _SHARED else None
        if known is not None:
            return known
        if len(self._block) + len(part) > BLOCK and self._block:
            self._flush()
        piece = [(len(self._blocks), len(self._block), len(part))]
        self._block += part
        if len(part) >= _SHARED:
            self._parts[part] = piece
        return piece

    def _flush(self) -> None:
        if self._block:
            packed = zlib.compress(self._block, _LEVEL)
            self._blocks.append([self._offset, len(packed), len(self._block)])
            self._write(packed)
            self._block = bytearray()

    def _write(self, data: bytes) -> None:
        with storing(self.path):
            self._disk.append(self._handle, data)
        self._offset += len(data)


def _listed(objects: dict[str, Sequence[Slice]]) -> dict[str, Json]:
    return {digest: [list(piece) for piece in pieces] for digest, pieces in objects.items()}


class Pack:
    """A pack that was written."""

    def __init__(self, path: Path) -> None:
        """Read the index; raises MalformedError where it is damaged."""
        self.path = path
        self._part = f"pack {path.name}"
        with path.open("rb") as file:
            index = self._index(file)
        self._blocks: list[list[int]] = index["blocks"]
        self.objects: dict[str, list[Slice]] = index["objects"]
        self._last: tuple[int, bytes] = (-1, b"")

    def read(self, digest: str) -> bytes:
        """Return the object of this digest; raises MalformedError, KeyError for one not here."""
        with self.path.open("rb") as file:
            try:
                pieces = [self._piece(file, *piece) for piece in self._slices(digest)]
            except (zlib.error, IndexError, TypeError, ValueError, struct.error) as error:
                raise MalformedError(self._part, f"{digest} cannot be read: {error}") from error
        data = b"".join(pieces)
        if digest_bytes(data) != digest:
            raise MalformedError(self._part, f"{digest} has other content than its name says")
        return data

    def _slices(self, digest: str) -> list[Slice]:
        slices = self.objects[digest]
        if sum(length for _, _, length in slices) > PAYLOAD_LIMIT:
            raise ValueError(f"it is larger than {PAYLOAD_LIMIT} bytes")
        return slices

    def _piece(self, file: BinaryIO, block: int, start: int, length: int) -> bytes:
        known, unpacked = self._last  # both at once: other threads read as well
        if block != known:
            unpacked = self._unpacked(file, block)
            self._last = (block, unpacked)
        if not 0 <= start <= start + length <= len(unpacked):
            raise ValueError(f"a slice of block {block} lies outside of it")
        return unpacked[start : start + length]

    def _unpacked(self, file: BinaryIO, block: int) -> bytes:
        if block < 0:
            raise ValueError(f"{block} is no block")
        offset, packed, size = self._blocks[block]
        end = os.fstat(file.fileno()).st_size
        if not (0 < size <= PAYLOAD_LIMIT and 0 <= offset <= offset + packed <= end):
            raise ValueError(f"block {block} has sizes that no block has")
        file.seek(offset)
        return zlib.decompressobj().decompress(file.read(packed), size)

    def _index(self, file: BinaryIO) -> Json:
        size = file.seek(0, os.SEEK_END)
        if size < len(MAGIC) + _FOOTER.size:
            raise MalformedError(self._part, "is cut off")
        file.seek(size - _FOOTER.size)
        offset, length = _FOOTER.unpack(file.read(_FOOTER.size))
        file.seek(0)
        if file.read(len(MAGIC)) != MAGIC or offset + length + _FOOTER.size != size:
            raise MalformedError(self._part, "is no pack, or is cut off")
        file.seek(offset)
        try:
            text = zlib.decompressobj().decompress(file.read(length), INDEX_LIMIT)
        except zlib.error as error:
            raise MalformedError(self._part, f"the index cannot be read: {error}") from error
        index = read_canonical(text, f"{self._part}: index", limit=INDEX_LIMIT)
        read = shape.fields(index, f"{self._part}: index", ("blocks", "objects"))
        if not isinstance(read["objects"], dict) or not isinstance(read["blocks"], list):
            raise MalformedError(self._part, "the index has another form")
        return read


@lru_cache(maxsize=4)
def opened(path: Path, _size: int) -> Pack:
    """Return a pack, remembered for as long as its size stays the same."""
    return Pack(path)


def find(paths: Iterable[Path], digest: str) -> bytes | None:
    """Return an object from the first pack that has it, None where none has.

    Raises MalformedError for a pack that is damaged.
    """
    for path in paths:
        pack = opened(path, path.stat().st_size)
        if digest in pack.objects:
            return pack.read(digest)
    return None
