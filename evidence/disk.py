"""Durable writes: nothing counts as written before it, and its name, survive a power failure.

What could not be written to its end leaves no file behind: on a full disk it would keep the room.
Every step is announced to a hook before and after it happens, so that a test can end the process
at each of them.
"""

from __future__ import annotations

import fcntl
import os
import stat
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from evidence.errors import LogBusyError, MalformedError, StorageError

Hook = Callable[[str], None]

_POLL = 0.02  # seconds between two tries for a lock
_WRITERS = 16  # files synced at once, which file systems commit together


def silent(_: str) -> None:
    """Announce nothing."""


@contextmanager
def storing(place: Path) -> Iterator[None]:
    """Raise StorageError for what the operating system refuses to do at `place`."""
    try:
        yield
    except OSError as error:
        raise StorageError(
            f"evidence cannot be kept: {error.filename or place}: {error.strerror or error}",
            remedy="see that it is a directory of yours that can be written to and has room, then "
            "try again; nothing counts that was not recorded",
        ) from error


def read(path: Path, part: str, limit: int) -> bytes:
    """Return a file's bytes, at most `limit` of them; FileNotFoundError where there is none.

    Whoever handed a directory over decides what lies in it: what is no file, or larger than `part`
    can be, raises MalformedError and is not waited for.
    """
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
    handle = os.open(path, flags)
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise MalformedError(part, "is not a file")
        if found.st_size > limit:
            raise MalformedError(part, f"{found.st_size} bytes, more than the {limit} allowed")
        with os.fdopen(handle, "rb", closefd=False) as file:
            return file.read()
    finally:
        os.close(handle)


class Disk:
    """The file operations evidence is written with. `hook` hears of each step."""

    def __init__(self, hook: Hook = silent) -> None:
        self._hook = hook

    def make(self, directory: Path) -> None:
        """Make a directory, its parents too, durably."""
        if directory.is_dir():
            return
        self.make(directory.parent)
        self._hook(f"before mkdir {directory.name}")
        directory.mkdir(exist_ok=True)
        self._sync_directory(directory.parent)
        self._hook(f"after mkdir {directory.name}")

    def write(self, path: Path, data: bytes) -> None:
        """Put `data` at `path`, whole or not at all, replacing what is there."""
        self.make(path.parent)
        with _removed(_beside(path)) as temporary:
            self._fill(temporary, path.name, data)
            self._hook(f"before rename {path.name}")
            temporary.replace(path)
        self._hook(f"after rename {path.name}")
        self._sync_directory(path.parent)

    def write_all(self, files: Iterable[tuple[Path, bytes]]) -> None:
        """Put many files, each whole or not at all; durable when this returns."""
        todo = list(files)
        for parent in sorted({path.parent for path, _ in todo}):
            self.make(parent)
        if len(todo) == 1:
            self.write(*todo[0])
            return
        with ExitStack() as stack:
            temporaries = [stack.enter_context(_removed(_beside(path))) for path, _ in todo]
            with ThreadPoolExecutor(_WRITERS) as pool:
                names = [path.name for path, _ in todo]
                list(pool.map(self._fill, temporaries, names, [data for _, data in todo]))
            for (path, _), temporary in zip(todo, temporaries, strict=True):
                self._hook(f"before rename {path.name}")
                temporary.replace(path)
        for parent in sorted({path.parent for path, _ in todo}):
            self._sync_directory(parent)
        self._hook("after renames")

    def publish(self, draft: Path, path: Path, handle: int) -> None:
        """Give the open file `draft`, made durable, the name `path`."""
        self.sync(handle)
        self._hook(f"before rename {path.name}")
        draft.replace(path)
        self._sync_directory(path.parent)
        self._hook(f"after rename {path.name}")

    def link(self, source: Path, target: Path) -> None:
        """Give the durable file `source` the name `target` as well, unless that exists.

        Another process may give the same name at the same moment: it names the same content.
        """
        self.make(target.parent)
        self._hook(f"before link {target.name}")
        with suppress(FileExistsError):
            os.link(source, target)
        self._sync_directory(target.parent)
        self._hook(f"after link {target.name}")

    def remove(self, path: Path) -> None:
        """Remove a file that may be gone already."""
        self._hook(f"before remove {path.name}")
        path.unlink(missing_ok=True)
        self._hook(f"after remove {path.name}")

    def append(self, handle: int, data: bytes) -> None:
        """Write all of `data` to an open file; not yet durable."""
        self._hook("before append")
        view = memoryview(data)
        while view:
            view = view[os.write(handle, view) :]
        self._hook("after append")

    def sync(self, handle: int) -> None:
        """Make an open file's content durable."""
        self._hook("before fsync")
        os.fdatasync(handle)
        self._hook("after fsync")

    def _fill(self, temporary: Path, name: str, data: bytes) -> None:
        """Write `data` durably to the file that is to be called `name`."""
        self._hook(f"before write {name}")
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
        try:
            self.append(handle, data)
            self.sync(handle)
        finally:
            os.close(handle)

    def _sync_directory(self, directory: Path) -> None:
        handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.tmp")


@contextmanager
def _removed(temporary: Path) -> Iterator[Path]:
    """Yield a file's name, and see that there is none of it where writing failed."""
    try:
        yield temporary
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


@contextmanager
def locked(path: Path, what: str, *, wait: float) -> Iterator[None]:
    """Hold the lock file `path` alone, waiting at most `wait` seconds.

    The operating system lets go of it when the process ends, however it ends. Raises
    LogBusyError where somebody else keeps it for longer.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        deadline = time.monotonic() + wait
        while not try_lock(handle):
            if time.monotonic() >= deadline:
                raise LogBusyError(
                    f"{what} has been locked by another process for {wait:g} seconds",
                    remedy="wait for the other process to end, then try again",
                )
            time.sleep(_POLL)
        yield
    finally:
        os.close(handle)


def try_lock(handle: int) -> bool:
    """Lock an open file alone, or return False where another holder has it."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
