"""The port behind which every kind of target stands.

A target observes, acts and keeps an inventory; it never decides. Which action follows from
which observation is `reconciler.plan`'s to say. Implementations register under the entry point
group `controlplane.targets`; `tests/conformance/target.py` is the class each of them must pass.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Self

from reconciler.model import (
    Action,
    Desired,
    Health,
    Nudge,
    Observation,
    Outcome,
    Placement,
    Resource,
)

Json = Any


def unfenced() -> None:
    """Let everything be written."""


class Target(ABC):
    """One place that holds resources. Methods may be called from several threads."""

    kind: ClassVar[str]

    def __init__(self, name: str) -> None:
        self.name = name

    @classmethod
    @abstractmethod
    def connect(cls, name: str, settings: Mapping[str, Json]) -> Self:
        """Build the target from its settings; raises TargetSettingsError where they are wrong."""

    @abstractmethod
    def observe(self, desired: Desired) -> Observation:
        """Say how every desired and every inventoried resource stands; write nothing.

        Raises TargetUnavailableError where the target does not answer. What could not be found
        out about a single resource is Standing.UNKNOWN with a reason.
        """

    @abstractmethod
    def claim(self, placement: Placement, ids: Collection[str]) -> None:
        """Add `ids` to the placement's inventory, durably, before any of them is created."""

    @abstractmethod
    def release(self, placement: Placement, ids: Collection[str]) -> None:
        """Take `ids`, which are gone from the target, out of the placement's inventory.

        Of a placement that holds nothing then, nothing is left, whatever a crash left of it.
        """

    @abstractmethod
    def act(
        self,
        placement: Placement,
        actions: Sequence[Action],
        check: Callable[[], None] = unfenced,
    ) -> Iterator[Outcome]:
        """Carry out `actions`, yielding one outcome each as soon as it is known.

        The target keeps the order its kind needs (a namespace before what lives in it). One
        failed action never stops the others that do not depend on it; none of them raises.
        `check` is called right before each write: it raises ReconcilerError where another run may
        be at work by now, and nothing is written then.
        """

    @abstractmethod
    def health(self, placement: Placement, resources: Iterable[Resource]) -> Iterator[Health]:
        """Say, once and without waiting, how each resource fares."""

    @abstractmethod
    def placements(self) -> Iterator[Placement]:
        """Return every placement that has an inventory on this target."""

    def watch(self, stop: Callable[[], bool]) -> Iterator[Nudge]:
        """Yield a nudge whenever something of ours changes, until `stop()`; optional.

        A target that cannot watch yields nothing and is polled.
        """
        return iter(())

    def close(self) -> None:
        """Let go of connections; the target is not used afterwards."""
        return
