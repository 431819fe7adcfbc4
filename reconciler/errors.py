"""The root of every error this package raises, and the two ways work can fail."""

from __future__ import annotations

from typing import ClassVar


class ReconcilerError(Exception):
    """The work could not be done.

    `exit_code` is what a command ends with; `remedy` says in plain words what to do next;
    `retry_after` is in seconds, None where trying again cannot help.
    """

    exit_code: ClassVar[int] = 5

    def __init__(self, message: str, *, remedy: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.remedy = remedy
        self.retry_after = retry_after


class TargetUnavailableError(ReconcilerError):
    """A target did not answer; nothing is known about what it holds."""


class StateUnavailableError(ReconcilerError):
    """The state store did not answer; nothing may be written to any target meanwhile."""


class TargetSettingsError(ReconcilerError):
    """What was said about how to reach a target cannot be used."""

    exit_code = 3


class DuplicateResourceError(ReconcilerError):
    """One id is desired twice in one placement; which of the two is meant cannot be known."""

    exit_code = 3


class InventoryDamagedError(ReconcilerError):
    """An inventory is missing or altered: what may be pruned is not known."""


class StateSettingsError(ReconcilerError):
    """What was said about the state store cannot be used."""

    exit_code = 2


class StateSchemaError(ReconcilerError):
    """The state store's schema is not the one this version works with."""

    exit_code = 3


class PlacementBusyError(ReconcilerError):
    """Another run is at work on the placement."""


class OvertakenError(ReconcilerError):
    """Another process applied a later revision to the placement than this one knows of."""


class LeaseLostError(ReconcilerError):
    """Another run has taken the placement over; this one must not write to it any more."""


class EvidenceUnavailableError(ReconcilerError):
    """Evidence cannot be written; what could not be proven afterwards is not done."""
