"""The root of every error this package raises."""

from __future__ import annotations

from typing import ClassVar


class EvidenceError(Exception):
    """Evidence work could not be done. A failed verification is a result, not this.

    `exit_code` is what a command ends with; `remedy` says in plain words what to do next.
    """

    exit_code: ClassVar[int] = 6

    def __init__(self, message: str, *, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy
