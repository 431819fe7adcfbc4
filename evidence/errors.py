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


class MalformedError(EvidenceError):
    """Bytes are not what their format says. `part` names the place inside what was read."""

    def __init__(
        self,
        part: str,
        message: str,
        *,
        remedy: str = "take the file from its source again",
    ) -> None:
        super().__init__(f"{part}: {message}", remedy=remedy)
        self.part = part
        self.reason = message


class KeyFileError(EvidenceError):
    """A key file is missing, unsafe or not a key."""

    exit_code: ClassVar[int] = 2


class NoKeyError(KeyFileError):
    """No key for a purpose is on this machine at all."""


class UsageError(EvidenceError):
    """The package was asked for something that it cannot mean."""

    exit_code: ClassVar[int] = 2


class LogStateError(EvidenceError):
    """What a log's directory holds contradicts its checkpoint."""


class LogBusyError(EvidenceError):
    """Another process holds the log for longer than was to be waited."""

    exit_code: ClassVar[int] = 4


class StorageError(EvidenceError):
    """Where evidence lies nothing can be written or read: no room, no right, no such place."""

    exit_code: ClassVar[int] = 4
