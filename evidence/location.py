"""Where a repository's evidence lies when nobody says otherwise: `<git dir>/cpctl/evidence`.

Read from Git's own files, so that an auditor needs no Git library. All work trees of one
repository share one evidence directory.
"""

from __future__ import annotations

from pathlib import Path

from evidence.errors import UsageError

_BELOW = ("cpctl", "evidence")


def default_directory(start: Path) -> Path:
    """Return the evidence directory of the repository around `start`.

    Raises UsageError where there is no repository.
    """
    for place in (start.resolve(), *start.resolve().parents):
        if (place / "commondir").is_file():
            return _shared(place).joinpath(*_BELOW)
        marker = place / ".git"
        if marker.is_dir():
            return marker.joinpath(*_BELOW)
        if marker.is_file():
            return _common(place, marker).joinpath(*_BELOW)
        if (place / "HEAD").is_file() and (place / "objects").is_dir():
            return place.joinpath(*_BELOW)  # a bare repository, or the Git directory itself
    raise UsageError(
        f"{start} is in no Git repository",
        remedy="run the command in one, or name an evidence directory with --dir",
    )


def _common(place: Path, marker: Path) -> Path:
    """Return the directory that a linked work tree shares with its repository."""
    text = marker.read_text(encoding="utf-8").strip()
    if not text.startswith("gitdir: "):
        raise UsageError(f"{marker} is not a Git file", remedy="name the directory with --dir")
    return _shared(place / text.removeprefix("gitdir: "))


def _shared(directory: Path) -> Path:
    """Return the Git directory that `directory`, a work tree's own, belongs to."""
    shared = directory / "commondir"
    if shared.is_file():
        return (directory / shared.read_text(encoding="utf-8").strip()).resolve()
    return directory.resolve()
