"""What a pass tells whoever listens, while it is at work: a progress bar, metrics, a log."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from reconciler.model import Outcome, Placement, Plan
from reconciler.status import PlacementStatus


@dataclass(frozen=True)
class Planned:
    """It is known what is to be done to a placement."""

    plan: Plan


@dataclass(frozen=True)
class Acted:
    """The result of one action is durable."""

    placement: Placement
    outcome: Outcome


@dataclass(frozen=True)
class Finished:
    """A placement's turn is over; `status` is None where it could not be had."""

    placement: Placement
    status: PlacementStatus | None
    seconds: float


@dataclass(frozen=True)
class PassFinished:
    """A whole pass is over. `finished` is in seconds since 1970."""

    kind: str
    clean: bool
    seconds: float
    finished: float


Event = Planned | Acted | Finished | PassFinished
Listener = Callable[[Event], None]


def unheard(_: Event) -> None:
    """Listen to nothing."""
