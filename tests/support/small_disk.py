"""A file system of a few kilobytes, in memory: full when a test says so, or read-only.

It takes the right to mount. Where nobody gives it, a test that needs one is skipped by name.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PAGE = 4096  # bytes; what it gives room in


class SmallDisk:
    """The file system at `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._filler = path / ".filler"

    def leave(self, pages: int) -> None:
        """Fill it up but for so many pages."""
        self._filler.unlink(missing_ok=True)
        left = os.statvfs(self.path).f_bavail - pages
        self._filler.write_bytes(b"x" * (left * PAGE))

    def clear(self) -> None:
        """Make room again."""
        self._filler.unlink(missing_ok=True)

    def remount(self, how: str) -> None:
        """Make it `ro` or `rw`."""
        _run("mount", "-o", f"remount,{how}", str(self.path))


@contextmanager
def small_disk(path: Path, kilobytes: int = 512) -> Iterator[SmallDisk]:
    """Mount one at `path`, and take it away again."""
    path.mkdir()
    try:
        options = f"size={kilobytes}k,uid={os.getuid()},mode=700"
        _run("mount", "-t", "tmpfs", "-o", options, "tmpfs", str(path))
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("mounting a file system needs a right that this user does not have")
    try:
        yield SmallDisk(path)
    finally:
        _run("umount", str(path))


def _run(*command: str) -> None:
    allowed = () if os.geteuid() == 0 else ("sudo", "-n")
    subprocess.run([*allowed, *command], check=True, capture_output=True)
