"""Hears of a branch that moves and of files that are saved, without asking again and again.

The only module that imports watchdog. It says that something moved, not what: events come in
bursts and are never trusted for their content.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
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
from controlplane.repo.git.objects import common_dir

_PACKED = "packed-refs"
_READING = {EVENT_TYPE_OPENED, EVENT_TYPE_CLOSED_NO_WRITE}


class WatchError(ControlPlaneError):
    """The references or the files of a repository cannot be watched here."""


@contextmanager
def watching(git_dir: Path, moved: Callable[[], None]) -> Iterator[None]:
    """Call `moved`, from another thread, whenever a branch of the repository may have moved.

    Raises WatchError where the operating system does not allow it.
    """
    common = common_dir(git_dir)
    places = [(common, False), (common / "refs" / "heads", True)]
    advice = "raise fs.inotify.max_user_watches, or rely on the slow look of --interval"
    with _observing(_Handler(moved), places, advice):
        yield


@contextmanager
def watching_files(root: Path, saved: Callable[[], None]) -> Iterator[None]:
    """Call `saved`, from another thread, whenever a file below `root` may have changed.

    Folders whose name begins with a dot are left out. Raises WatchError.
    """
    try:
        folders = [p for p in root.iterdir() if p.is_dir() and not p.is_symlink()]
    except OSError as error:
        raise WatchError(
            f"{root} cannot be watched: {error}", remedy="check that it is there and readable"
        ) from error
    places = [(root, False), *((p, True) for p in folders if not p.name.startswith("."))]
    advice = "raise fs.inotify.max_user_watches, or run `cpctl gate --worktree` by hand"
    with _observing(_Saved(saved), places, advice):
        yield


@contextmanager
def _observing(
    handler: FileSystemEventHandler, places: Sequence[tuple[Path, bool]], advice: str
) -> Iterator[None]:
    """Observe folders, those with True and everything below them."""
    observer = Observer()
    try:
        for place, recursive in places:
            observer.schedule(handler, str(place), recursive=recursive)
        observer.start()
    except OSError as error:
        raise WatchError(f"{places[0][0]} cannot be watched: {error}", remedy=advice) from error
    try:
        yield
    finally:
        observer.stop()
        observer.join()


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


class _Saved(FileSystemEventHandler):
    """Passes on what changes a file or a folder; reading one changes nothing."""

    def __init__(self, saved: Callable[[], None]) -> None:
        self._saved = saved

    def on_any_event(self, event: FileSystemEvent) -> None:
        """What Git itself writes is not a file of the repository."""
        paths = [Path(str(path)) for path in (event.src_path, event.dest_path) if path]
        if event.event_type not in _READING and any(path.name != ".git" for path in paths):
            self._saved()


def _is_reference(path: Path) -> bool:
    return path.suffix != ".lock" and (path.name == _PACKED or "refs" in path.parts)
