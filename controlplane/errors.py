"""The root of every error this package raises, and the exit codes of `cpctl`.

A policy violation is a value, never an exception. An exception means the work could not be done.
"""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar


class Exit(IntEnum):
    """What the exit code of a command says."""

    CLEAN = 0
    FINDINGS = 1
    USAGE = 2
    INVALID_REPOSITORY = 3
    INDETERMINATE = 4
    PARTLY_APPLIED = 5
    NOT_VERIFIED = 6
    FAULT = 70


class ControlPlaneError(Exception):
    """The work could not be done.

    `exit_code` is what the command ends with; `remedy` says in plain words what to do next;
    `retry_after` is in seconds, None where trying again cannot help.
    """

    exit_code: ClassVar[int] = Exit.FAULT

    def __init__(self, message: str, *, remedy: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.remedy = remedy
        self.retry_after = retry_after


class UsageError(ControlPlaneError):
    """The command was asked for something that it cannot mean."""

    exit_code: ClassVar[int] = Exit.USAGE


class NoStateError(UsageError):
    """The file of the state store that was named is not there."""


class InvalidRepositoryError(ControlPlaneError):
    """The repository, or a revision of it, cannot be read as one."""

    exit_code: ClassVar[int] = Exit.INVALID_REPOSITORY


class IndeterminateError(ControlPlaneError):
    """A decision could not be made; whoever asked must treat that as a deny."""

    exit_code: ClassVar[int] = Exit.INDETERMINATE
