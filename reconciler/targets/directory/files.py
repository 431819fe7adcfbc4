"""Durable writing in a file system: what is said to be written survives a crash.

Links are never followed. Two folders are exchanged in one step where the system can (Linux);
elsewhere in two, and `restore` undoes the first of them after a crash.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import secrets
import shutil
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final

from reconciler.crashpoints import reached

_AT_FDCWD: Final = -100
_RENAME_EXCHANGE: Final = 2  # linux/fs.h
_UNSUPPORTED: Final = frozenset({errno.ENOSYS, errno.EINVAL, errno.ENOTSUP})


def read_regular(path: Path) -> bytes | None:
    """Return the content; None where there is nothing, a link, or something else than a file."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno in {errno.ELOOP, errno.ENXIO, errno.ENOTDIR}:
            return None
        raise
    with open(descriptor, "rb") as file:  # noqa: PTH123 (a descriptor, not a path)
        return file.read() if stat.S_ISREG(os.fstat(descriptor).st_mode) else None


def write_new(path: Path, data: bytes) -> None:
    """Create a file; its content is durable after `sync` of it and of its folder."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    with open(os.open(path, flags, 0o644), "wb") as file:  # noqa: PTH123
        file.write(data)


def replace(path: Path, data: bytes, *, beside: Path, point: str) -> None:
    """Replace a file's content in one step, durably; `beside` is a folder for the new file."""
    new = beside / secrets.token_hex(8)
    write_new(new, data)
    sync([new])
    reached(f"{point}.before")
    new.replace(path)
    sync([path.parent])
    reached(f"{point}.after")


def sync(paths: Iterable[Path]) -> None:
    """Return when files' contents, or folders' entries, are on stable storage."""
    for path in paths:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock file against other threads and processes; it falls open when its holder dies."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def remove_tree(path: Path) -> None:
    """Delete a folder and all that is in it, if it exists."""
    if path.exists():
        shutil.rmtree(path)


def share(source: Path, into: Path) -> None:
    """Let `into` hold what `source` holds as well: a hard link, or a copy where there are none."""
    mode = source.lstat().st_mode
    target = into / source.name
    if stat.S_ISLNK(mode):
        target.symlink_to(source.readlink())
    elif stat.S_ISDIR(mode):
        target.mkdir()
        for entry in source.iterdir():
            share(entry, target)
    else:
        try:
            os.link(source, target, follow_symlinks=False)
        except OSError as error:
            if error.errno not in {errno.EPERM, errno.EXDEV, errno.ENOTSUP, errno.EMLINK}:
                raise
            shutil.copy2(source, target, follow_symlinks=False)


def exchange(new: Path, live: Path, *, old: Path) -> None:
    """Put the folder `new` in the place of `live`, durably; what was there is in `new` or `old`."""
    reached("directory.swap.before")
    if not _exchange_at_once(new, live):
        live.rename(old)
        reached("directory.swap.between")
        new.rename(live)
    sync([live.parent, new.parent])
    reached("directory.swap.after")


def restore(live: Path, *, old: Path) -> None:
    """Undo an exchange that was broken off between its two steps."""
    if old.exists() and not live.exists():
        old.rename(live)
        sync([live.parent])


def _exchange_at_once(one: Path, two: Path) -> bool:
    """Exchange two folders with renameat2(2); False where the system cannot."""
    rename = _renameat2()
    if rename is None:
        return False
    arguments = (_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(two), _RENAME_EXCHANGE)
    if rename(*arguments) == 0:
        return True
    code = ctypes.get_errno()
    if code in _UNSUPPORTED:
        return False
    raise OSError(code, os.strerror(code), str(two))


@cache
def _renameat2() -> Any:
    """Return the C library's function; None where there is none."""
    try:
        function = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError):
        return None
    integer, text = ctypes.c_int, ctypes.c_char_p
    function.argtypes = [integer, text, integer, text, ctypes.c_uint]
    return function
