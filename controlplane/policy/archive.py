"""A `.tar.gz` as a mapping of path → bytes, both ways.

Decides what of an archive is taken: plain files with plain names, within bounds, nothing twice.
Nothing is unpacked to disk. What the files mean is left to `opa_bundle`.
"""

from __future__ import annotations

import gzip
import io
import re
import tarfile
import zlib
from collections.abc import Iterator, Mapping

from controlplane.errors import InvalidRepositoryError

LARGEST = 16 * 1024 * 1024  # bytes of an archive
LARGEST_UNPACKED = 64 * 1024 * 1024  # bytes of all files together, headers included
MOST_FILES = 20_000
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,200}(?:/[A-Za-z0-9_.-]{1,200}){0,20}")
_PLAIN = (tarfile.REGTYPE, tarfile.AREGTYPE)
REMEDY = "make the bundle again with `cpctl policy bundle` or `opa build`"


class ArchiveError(InvalidRepositoryError):
    """An archive is damaged, too large, or holds what no bundle may hold."""

    def __init__(self, message: str, *, remedy: str = REMEDY) -> None:
        super().__init__(message, remedy=remedy)


def pack(files: Mapping[str, bytes]) -> bytes:
    """Return the archive of `files`: the same files give the same bytes, whenever it is made."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for path in sorted(files):
            header = tarfile.TarInfo(path)
            header.size, header.mode = len(files[path]), 0o644
            tar.addfile(header, io.BytesIO(files[path]))
    packed = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=packed, mtime=0, compresslevel=9) as file:
        file.write(plain.getvalue())
    return packed.getvalue()


def unpack(data: bytes) -> dict[str, bytes]:
    """Return the files of an archive by path, without a leading `/` or `./`.

    Raises ArchiveError for anything that two readers could read differently, or that is too large:
    links, devices, names with `..`, a name twice, a second stream, more bytes than the bounds.
    """
    files: dict[str, bytes] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(_inflated(data)), mode="r:") as tar:
            for name, content in _members(tar):
                if name in files:
                    raise ArchiveError(f"the archive holds {name} twice")
                files[name] = content
    except (tarfile.TarError, ValueError, OSError, EOFError) as error:
        raise ArchiveError(f"the archive is no readable tar: {error}") from error
    if not files:
        raise ArchiveError("the archive holds no file")
    return files


def _inflated(data: bytes) -> bytes:
    """Return what was compressed, never more than the bound."""
    if len(data) > LARGEST:
        raise ArchiveError(f"the archive holds {len(data):,} bytes; at most {LARGEST:,} are read")
    stream = zlib.decompressobj(wbits=31)
    try:
        plain = stream.decompress(data, LARGEST_UNPACKED + 1)
    except zlib.error as error:
        raise ArchiveError(f"the archive is no gzip: {error}") from error
    if len(plain) > LARGEST_UNPACKED:
        raise ArchiveError(f"the archive unpacks to more than {LARGEST_UNPACKED:,} bytes")
    if not stream.eof or stream.unused_data:
        raise ArchiveError("the archive is cut off, or something follows it")
    return plain


def _members(tar: tarfile.TarFile) -> Iterator[tuple[str, bytes]]:
    total = 0
    for number, member in enumerate(tar, start=1):
        name = member.name.removeprefix("./").removeprefix("/")
        if number > MOST_FILES:
            raise ArchiveError(f"the archive holds more than {MOST_FILES:,} files")
        if member.isdir():
            continue
        if member.type not in _PLAIN or member.issparse():
            raise ArchiveError(f"the archive holds {name!r}, which is no plain file")
        if not _NAME.fullmatch(name) or {".", ".."} & set(name.split("/")):
            raise ArchiveError(f"the archive holds a file with the name {member.name!r}")
        total += member.size
        if total > LARGEST_UNPACKED:
            raise ArchiveError(f"the archive unpacks to more than {LARGEST_UNPACKED:,} bytes")
        file = tar.extractfile(member)
        yield name, b"" if file is None else file.read()
