"""What a clone can hold beside its commits, to say something else than they do. No tool writes it."""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pygit2

_NONE = 0x70000000  # no such parent


def commit_graph(git: pygit2.Repository, parents: Mapping[str, Sequence[str]]) -> bytes:
    """Return a file `info/commit-graph` by which these commits have these parents, at most two.

    The format is gitformat-commit-graph(5), version 1.
    """
    ids = sorted(parents)
    at = {commit: number for number, commit in enumerate(ids)}
    depths: dict[str, int] = {}
    for _ in ids:
        for commit in ids:
            depths[commit] = 1 + max((depths.get(p, 0) for p in parents[commit]), default=0)
    rows = b""
    for commit in ids:
        found: Any = git[commit]
        first, second = ([at[p] for p in parents[commit]] + [_NONE, _NONE])[:2]
        stamp = (depths[commit] << 34) | found.commit_time
        rows += found.tree.id.raw + struct.pack(">IIQ", first, second, stamp)
    chunks = [(b"OIDF", _fan_out(ids)), (b"OIDL", b"".join(map(bytes.fromhex, ids)))]
    chunks.append((b"CDAT", rows))
    start = 8 + 12 * (len(chunks) + 1)
    table = b""
    for name, data in chunks:
        table += name + struct.pack(">Q", start)
        start += len(data)
    table += bytes(4) + struct.pack(">Q", start)
    data = b"CGPH" + bytes([1, 1, len(chunks), 0]) + table + b"".join(d for _, d in chunks)
    return data + hashlib.sha1(data, usedforsecurity=False).digest()


def pack_under(folder: Path, name: str, data: bytes) -> None:
    """Write into `folder` a pack of one blob, and an index that gives it the id `name`.

    The formats are those of gitformat-pack(5), version 2: all of their own sums are right.
    """
    assert len(data) >= 16
    size = len(data)
    head, size = bytes([0x80 | 3 << 4 | size & 15]), size >> 4
    while size > 127:
        head, size = head + bytes([0x80 | size & 127]), size >> 7
    entry = head + bytes([size]) + zlib.compress(data)
    pack = _summed(b"PACK" + struct.pack(">II", 2, 1) + entry)
    index = b"\xfftOc" + struct.pack(">I", 2) + _fan_out([name]) + bytes.fromhex(name)
    index += struct.pack(">II", zlib.crc32(entry), 12) + pack[-20:]
    folder.mkdir(exist_ok=True)
    called = folder / f"pack-{pack[-20:].hex()}"
    called.with_suffix(".pack").write_bytes(pack)
    called.with_suffix(".idx").write_bytes(_summed(index))


def _fan_out(ids: Sequence[str]) -> bytes:
    below = [sum(int(each[:2], 16) <= first for each in ids) for first in range(256)]
    return struct.pack(">256I", *below)


def _summed(data: bytes) -> bytes:
    return data + hashlib.sha1(data, usedforsecurity=False).digest()
