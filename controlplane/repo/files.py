"""Writing files of the working tree: whole or not at all, and never through a symbolic link."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from controlplane.repo.errors import EditError


def write_below(root: Path, path: str, text: str) -> None:
    """Write `text` to `path` below `root`, making directories, replacing the file in one step.

    Raises EditError where the path would leave `root` or goes through a symbolic link.
    """
    place = root
    for step in path.split("/"):
        if step in ("", ".", "..", ".git"):
            raise EditError(f"{path} is not a path inside the repository", remedy="check the name")
        place /= step
        if place.is_symlink():
            raise EditError(f"{place} is a symbolic link", remedy="replace it by the file itself")
    place.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=place.parent, prefix=".cpctl-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        mode = place.stat().st_mode & 0o777 if place.exists() else 0o644
        Path(temporary).chmod(mode)
        Path(temporary).replace(place)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
