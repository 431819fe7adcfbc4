"""Hears of a branch that moves in a local repository, without asking again and again.

The only module that imports watchdog. It says that something moved, not what: events come in
bursts and are never trusted for their content.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from watchdog.events import (
    EVENT_TYPE_CLOSED_NO_WRITE,
    EVENT_TYPE_OPENED,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer

from controlplane.errors import ControlPlaneError

_PACKED = "packed-refs"
_READING = {EVENT_TYPE_OPENED, EVENT_TYPE_CLOSED_NO_WRITE}


class WatchError(ControlPlaneError):
    """The references of a repository cannot be watched here."""


@contextmanager
def watching(git_dir: Path, moved: Callable[[], None]) -> Iterator[None]:
    """Call `moved`, from another thread, whenever a branch of the repository may have moved.

    Raises WatchError where the operating system does not allow it.
    """
    common = _common(git_dir)
    observer = Observer()
    handler = _Handler(moved)
    try:
        observer.schedule(handler, str(common))
        observer.schedule(handler, str(common / "refs" / "heads"), recursive=True)
        observer.start()
    except OSError as error:
        raise WatchError(
            f"{common} cannot be watched: {error}",
            remedy="raise fs.inotify.max_user_watches, or rely on the slow look of --interval",
        ) from error
    try:
        yield
    finally:
        observer.stop()
        observer.join()


def _common(git_dir: Path) -> Path:
    """Return the directory that a linked work tree shares with its repository (gitlayout(7))."""
    shared = git_dir / "commondir"
    if not shared.is_file():
        return git_dir
    return (git_dir / shared.read_text(encoding="utf-8").strip()).resolve()


class _Handler(FileSystemEventHandler):
    """Passes on what touches references, and nothing else that Git writes."""

    def __init__(self, moved: Callable[[], None]) -> None:
        self._moved = moved

    def on_any_event(self, event: FileSystemEvent) -> None:
        """A lock that comes is not yet a branch that moved; its renaming is."""
        if event.is_directory or event.event_type in _READING:
            return
        paths = (Path(str(path)) for path in (event.src_path, event.dest_path) if path)
        if any(_is_reference(path) for path in paths):
            self._moved()


def _is_reference(path: Path) -> bool:
    return path.suffix != ".lock" and (path.name == _PACKED or "refs" in path.parts)
