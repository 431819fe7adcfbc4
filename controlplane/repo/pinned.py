"""Files that Git names by digest and does not hold, kept beside its objects.

Who put them there is not asked: what is read must have the digest that it is asked for by.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from controlplane.errors import UsageError
from evidence.canonical import digest_bytes

LARGEST = 16 * 1024 * 1024  # bytes


class Pinned:
    """Files by digest (`sha256:…`) in `directory`; None where nothing can be kept."""

    def __init__(self, directory: Path | None) -> None:
        """Nothing is read or made yet."""
        self._directory = directory

    @classmethod
    def beside(cls, git_dir: Path) -> Pinned:
        """Return those of a Git repository."""
        return cls(git_dir / "cpctl" / "pinned")

    def get(self, digest: str) -> bytes | None:
        """Return the file of that digest, None where it is not at hand or is another by now."""
        if self._directory is None:
            return None
        try:
            descriptor = os.open(self._place(digest), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            with os.fdopen(descriptor, "rb") as file:
                data = file.read(LARGEST + 1)
        except OSError:
            return None
        return data if len(data) <= LARGEST and digest_bytes(data) == digest else None

    def put(self, data: bytes) -> None:
        """Keep a file under its digest. Raises UsageError where it cannot be written."""
        place = self._place(digest_bytes(data))
        fresh = place.with_name(f".{secrets.token_hex(8)}")
        try:
            place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            fresh.write_bytes(data)
            fresh.replace(place)
        except OSError as error:
            raise UsageError(
                f"{place} cannot be written: {error.strerror}",
                remedy="run it where the repository's .git can be written to",
            ) from error

    def _place(self, digest: str) -> Path:
        if self._directory is None:
            raise UsageError("there is no Git repository here", remedy="run it in one")
        return self._directory / digest.removeprefix("sha256:")
