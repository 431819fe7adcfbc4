"""The port behind which the state store stands.

It decides nothing about targets. It promises two things: what it was told is durable when a
method returns, and at most one run at a time holds a placement. Whoever cannot reach it must
write nothing to any target: every method may raise StateUnavailableError.
`tests/conformance/state.py` is the class each implementation must pass.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from reconciler.model import Action, Outcome, Placement
from reconciler.status import PlacementStatus

INTERRUPTED = "interrupted"


@dataclass(frozen=True)
class Run:
    """One pass over one or more placements. Times are RFC 3339; `finished` is empty until then."""

    id: str
    kind: str
    revision: str
    started: str
    finished: str = ""
    outcome: str = ""
    summary: str = ""


@dataclass(frozen=True)
class Lease:
    """The right of one run to write to one placement. A later lease has a higher `fence`."""

    placement: Placement
    run: str
    fence: int


@dataclass(frozen=True)
class OpenIntent:
    """Something an earlier run meant to do and never said how it ended."""

    run: str
    revision: str
    id: str
    verb: str
    digest: str  # of the resource; empty where it was to go


@dataclass(frozen=True)
class Settlement:
    """What was found where an intent was left open.

    `digest` is that of the resource that is there and in sync, empty where it is not; `gone` is
    whether nothing is there that should not be.
    """

    intent: OpenIntent
    found: str
    digest: str = ""
    gone: bool = False


@dataclass(frozen=True)
class Applied:
    """What the store knows of one resource in an inventory: a cache, the target has the truth."""

    digest: str
    revision: str
    run: str


class StateStore(ABC):
    """Remembers runs. Methods may be called from several threads and processes.

    An entry point of the group `controlplane.state_stores` names a class; its own name is the
    scheme of the URLs that the class opens.
    """

    @classmethod
    @abstractmethod
    def open(cls, url: str, *, clock: Callable[[], datetime]) -> Self:
        """Open the store at `url`. `clock` gives UTC times, alike on every machine that writes.

        Raises StateSettingsError, StateSchemaError and StateUnavailableError.
        """

    @classmethod
    @abstractmethod
    def migrate(cls, url: str) -> str:
        """Bring the schema at `url` to this program's version, losing nothing; return which.

        Raises as `open` does.
        """

    @abstractmethod
    def check(self) -> None:
        """Return if the store can be written to."""

    @abstractmethod
    def begin_run(self, run: Run) -> None:
        """Remember that a run began, and mark as interrupted those whose process is gone."""

    @abstractmethod
    def end_run(self, run: str, *, outcome: str, summary: str) -> None:
        """Remember how a run ended, and forget the oldest ended runs beyond a bound."""

    @abstractmethod
    def acquire(self, placement: Placement, run: str) -> Lease:
        """Take the placement for a run; raises PlacementBusyError where another holds it."""

    @abstractmethod
    def renew(self, run: str) -> None:
        """Keep every placement that a run holds; to be called well within `lease_seconds`."""

    @abstractmethod
    def give_back(self, lease: Lease) -> None:
        """Let others take the placement; nothing happens where they did already."""

    @abstractmethod
    def open_intents(self, placement: Placement) -> Sequence[OpenIntent]:
        """Return what earlier runs left open on the placement, oldest first."""

    @abstractmethod
    def settle(self, lease: Lease, settlements: Sequence[Settlement]) -> None:
        """Close open intents with what was found; raises LeaseLostError."""

    @abstractmethod
    def intend(self, lease: Lease, status: PlacementStatus, actions: Sequence[Action]) -> None:
        """Remember all of a plan's actions before any is tried; raises LeaseLostError.

        `status` says that the placement is under way, and is durable with them: whoever is killed
        from now on leaves a placement that is known to hold something.
        """

    @abstractmethod
    def record(self, lease: Lease, outcomes: Sequence[Outcome]) -> None:
        """Remember how some intended actions ended; raises LeaseLostError."""

    @abstractmethod
    def conclude(self, lease: Lease, status: PlacementStatus) -> None:
        """Remember how the placement stands; raises LeaseLostError."""

    @abstractmethod
    def statuses(self) -> Sequence[PlacementStatus]:
        """Return the last word on every placement, by target and name."""

    @abstractmethod
    def status(self, placement: Placement) -> PlacementStatus | None:
        """Return the last word on one placement."""

    @abstractmethod
    def runs(self, limit: int) -> Sequence[Run]:
        """Return the latest runs, newest first."""

    @abstractmethod
    def applied(self, placement: Placement) -> Mapping[str, Applied]:
        """Return what was last applied to a placement, by resource id."""

    @property
    @abstractmethod
    def lease_seconds(self) -> float:
        """How long a lease lasts without being renewed."""

    def close(self) -> None:
        """Let go of connections; the store is not used afterwards."""
        return
