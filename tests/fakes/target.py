"""A target that holds resources in memory and fails on request. It passes the conformance class."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from reconciler.crashpoints import reached
from reconciler.errors import ReconcilerError, TargetUnavailableError
from reconciler.model import (
    Action,
    Desired,
    FieldChange,
    Health,
    HealthStatus,
    Live,
    Nudge,
    Observation,
    Outcome,
    Placement,
    Resource,
    Result,
    Standing,
    Verb,
)
from reconciler.targets.base import Target, unfenced


@dataclass(frozen=True)
class Held:
    """What the fake holds under an id, and what it last wrote there itself."""

    digest: str
    written: str = ""  # empty: it was never ours


class FakeTarget(Target):
    """Keeps (placement name, id) → Held. Public fields are switches for tests."""

    kind: ClassVar[str] = "fake"

    def __init__(self, name: str = "fake") -> None:
        super().__init__(name)
        self.held: dict[tuple[str, str], Held] = {}
        self.inventories: dict[str, set[str]] = defaultdict(set)
        self.unavailable = False
        self.unknown: set[str] = set()
        self.immutable: set[str] = set()
        self.failing: dict[str, Result] = {}
        self.failing_placements: set[str] = set()
        self.observations = 0
        self.written: list[tuple[str, Verb]] = []
        self.nudges: list[Nudge] = []
        self.on_act: Callable[[Action], None] = lambda _: None
        self._lock = threading.RLock()

    @classmethod
    def connect(cls, name: str, settings: Mapping[str, Any]) -> Self:
        return cls(name)

    def observe(self, desired: Desired) -> Observation:
        self._reach(desired.placement)
        with self._lock:
            self.observations += 1
            wanted = {resource.id: resource for resource in desired.resources}
            inventory = frozenset(self.inventories.get(desired.placement.name, ()))
            return Observation(
                desired.placement,
                {
                    identifier: self._look(desired.placement, identifier, wanted.get(identifier))
                    for identifier in wanted.keys() | inventory
                },
                inventory,
            )

    def _look(self, placement: Placement, identifier: str, resource: Resource | None) -> Live:
        held = self.held.get((placement.name, identifier))
        if identifier in self.unknown:
            return Live(identifier, Standing.UNKNOWN, reason="the fake was told not to know")
        if held is None:
            return Live(identifier, Standing.ABSENT)
        if resource is None:
            return Live(identifier, Standing.SURPLUS if held.written else Standing.CONFLICT)
        change = FieldChange("digest", resource.digest, held.digest, "" if held.written else "them")
        return Live(identifier, self._standing(held, resource), (change,))

    def _standing(self, held: Held, resource: Resource) -> Standing:
        if held.digest == resource.digest:
            return Standing.IN_SYNC
        if resource.id in self.immutable:
            return Standing.IMMUTABLE
        if not held.written:
            return Standing.CONFLICT
        return Standing.OUTDATED if held.digest == held.written else Standing.DRIFTED

    def claim(self, placement: Placement, ids: Collection[str]) -> None:
        self._reach(placement)
        reached("fake.claim.before")
        with self._lock:
            self.inventories[placement.name] |= set(ids)
        reached("fake.claim.after")

    def release(self, placement: Placement, ids: Collection[str]) -> None:
        self._reach(placement)
        with self._lock:
            self.inventories[placement.name] -= set(ids)
            if not self.inventories[placement.name]:
                del self.inventories[placement.name]

    def act(
        self,
        placement: Placement,
        actions: Sequence[Action],
        check: Callable[[], None] = unfenced,
    ) -> Iterator[Outcome]:
        for action in actions:
            self.on_act(action)
            try:
                check()
            except ReconcilerError as error:
                yield Outcome(action.id, action.verb, Result.FAILED, str(error), error.remedy)
                continue
            if self.unavailable or placement.name in self.failing_placements:
                yield Outcome(action.id, action.verb, Result.FAILED, "the fake is unavailable")
            elif action.id in self.failing:
                yield Outcome(action.id, action.verb, self.failing[action.id], "told to fail")
            else:
                with self._lock:
                    outcome = self._do(placement, action)
                yield outcome

    def _do(self, placement: Placement, action: Action) -> Outcome:
        key = (placement.name, action.id)
        if action.resource is not None:
            self.held[key] = Held(action.resource.digest, action.resource.digest)
        elif action.id not in self.inventories.get(placement.name, ()):
            return Outcome(action.id, action.verb, Result.FAILED, "it is not in the inventory")
        else:
            self.held.pop(key, None)
        self.written.append((action.id, action.verb))
        return Outcome(action.id, action.verb, Result.DONE)

    def health(self, placement: Placement, resources: Iterable[Resource]) -> Iterator[Health]:
        for resource in resources:
            there = (placement.name, resource.id) in self.held
            yield Health(resource.id, HealthStatus.CURRENT if there else HealthStatus.NOT_FOUND)

    def placements(self) -> Iterator[Placement]:
        return (Placement(name, self.name) for name in sorted(self.inventories))

    def watch(self, stop: Callable[[], bool]) -> Iterator[Nudge]:
        yield from self.nudges

    def tamper(self, placement: Placement, identifier: str) -> None:
        """Change what is held, as somebody else would."""
        held = self.held[placement.name, identifier]
        self.held[placement.name, identifier] = Held("sha256:somebody-else's", held.written)

    def plant(self, placement: Placement, identifier: str, digest: str) -> None:
        """Put something there that was never ours."""
        self.held[placement.name, identifier] = Held(digest)

    def _reach(self, placement: Placement) -> None:
        if self.unavailable or placement.name in self.failing_placements:
            raise TargetUnavailableError(
                f"target {self.name} does not answer", remedy="switch it on", retry_after=1.0
            )
