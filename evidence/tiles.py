"""Where a log's hashes and entries lie: the tile layout of C2SP `tlog-tiles`.

Decides paths, contents of tiles and how any subtree hash follows from them. Reading and writing
files is left to `evidence.log`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from evidence import merkle
from evidence.errors import MalformedError

WIDTH = 256  # hashes in a full tile, entries in a full bundle
HASH = 32  # bytes
ENTRY_LIMIT = 0xFFFF  # bytes of one entry

ReadTile = Callable[[int, int, int], bytes]
"""(level, index, width) → the tile's bytes."""


def number_path(index: int) -> str:
    """Return a tile's index as path elements of three digits: 1234067 → x001/x234/067."""
    parts = [f"{index % 1000:03d}"]
    while index := index // 1000:
        parts.append(f"x{index % 1000:03d}")
    return "/".join(reversed(parts))


def tile_path(level: int | str, index: int, width: int = WIDTH) -> str:
    """Return the path of a hash tile, or of an entry bundle (`level` "entries")."""
    suffix = "" if width == WIDTH else f".p/{width}"
    return f"tile/{level}/{number_path(index)}{suffix}"


def width_at(level: int, index: int, size: int) -> int:
    """Return how many hashes tile `index` of `level` holds in a tree of `size`; 0 for none."""
    hashes = size >> (8 * level)
    return max(0, min(WIDTH, hashes - index * WIDTH))


def new_tiles(old: int, size: int) -> Iterator[tuple[int, int, int]]:
    """Yield (level, index, width) of each tile that a tree of `size` has and one of `old` not."""
    level = 0
    while size >> (8 * level):
        before, now = old >> (8 * level), size >> (8 * level)
        if now > before:
            for index in range(before // WIDTH, (now + WIDTH - 1) // WIDTH):
                yield level, index, width_at(level, index, size)
        level += 1


def pack_entries(entries: Sequence[bytes]) -> bytes:
    """Return an entry bundle: each entry after its length, 16 bits, big-endian."""
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def unpack_entries(data: bytes, part: str) -> list[bytes]:
    """Return the entries of a bundle; raises MalformedError where lengths do not add up."""
    entries, place = [], 0
    while place < len(data):
        length = int.from_bytes(data[place : place + 2], "big")
        entry = data[place + 2 : place + 2 + length]
        if len(entry) != length or place + 2 > len(data):
            raise MalformedError(part, "ends in the middle of an entry")
        entries.append(entry)
        place += 2 + length
    return entries


def subtrees(read: ReadTile, size: int) -> merkle.Subtree:
    """Return hashes of subtrees of a tree of `size` from its tiles, with few reads."""
    cache: dict[tuple[int, int], bytes] = {}

    def tile(level: int, index: int) -> bytes:
        key = (level, index)
        if key not in cache:
            cache[key] = read(level, index, width_at(level, index, size))
        return cache[key]

    def perfect(height: int, number: int) -> bytes:
        """Return the hash of the perfect subtree of 2**height leaves, the number-th of them."""
        level, inside = divmod(height, 8)
        first = number << inside  # position of its first hash at the tile's level
        data = tile(level, first // WIDTH)
        start = first % WIDTH
        span = data[start * HASH : (start + (1 << inside)) * HASH]
        return merkle.root(span[i : i + HASH] for i in range(0, len(span), HASH))

    def subtree(start: int, end: int) -> bytes:
        """Fold the perfect subtrees that make up the range, right to left."""
        hashes = []
        while start < end:
            height = min(
                (end - start).bit_length() - 1,
                (start & -start).bit_length() - 1 if start else 64,
            )
            hashes.append(perfect(height, start >> height))
            start += 1 << height
        if not hashes:
            return merkle.EMPTY_ROOT
        value = hashes.pop()
        while hashes:
            value = merkle.node_hash(hashes.pop(), value)
        return value

    return subtree
