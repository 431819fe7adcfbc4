"""The values that pass between a desired state, a plan and a target.

Resources are opaque: an id that only the target's own kind understands, and a body. So a
Deployment, a Slurm account and a PostgreSQL grant fit the same plan.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from evidence.canonical import digest
from reconciler.errors import DuplicateResourceError

Json = Any


@dataclass(frozen=True)
class Placement:
    """Where one owner's resources live: `name` (such as "acme/prod") on the target `target`."""

    name: str
    target: str

    def __str__(self) -> str:
        return f"{self.name}@{self.target}"


@dataclass(frozen=True)
class Resource:
    """One thing a target is asked to hold. `digest` names the body (canonical JSON)."""

    id: str
    body: Mapping[str, Json]
    digest: str

    @classmethod
    def of(cls, identifier: str, body: Mapping[str, Json]) -> Resource:
        """Build a resource and name its body by digest."""
        return cls(identifier, body, digest(body))


@dataclass(frozen=True)
class Desired:
    """Everything one placement should hold at `revision`; what is not here is to go."""

    placement: Placement
    revision: str
    resources: tuple[Resource, ...]
    abandoned: bool = False  # nobody declares the placement any more: all of it is meant to go

    def __post_init__(self) -> None:
        if len({resource.id for resource in self.resources}) < len(self.resources):
            seen = Counter(resource.id for resource in self.resources)
            twice = [identifier for identifier, times in seen.items() if times > 1]
            raise DuplicateResourceError(
                f"{self.placement}: desired more than once: {', '.join(twice)}",
                remedy="give each resource a name of its own, or remove one of them",
            )


class Standing(StrEnum):
    """How what lives on the target stands against what is desired."""

    ABSENT = "absent"  # it is not there
    IN_SYNC = "in-sync"
    OUTDATED = "outdated"  # as we last left it; what is desired has changed since
    DRIFTED = "drifted"  # somebody else changed what we own, or added to it
    CONFLICT = "conflict"  # differs in a field that was never ours and is another manager's
    PENDING = "pending"  # cannot be known before something else exists; `reason` names it
    UNKNOWN = "unknown"  # could not be found out; never to be taken for in sync
    IMMUTABLE = "immutable"  # differs in a field that cannot be changed in place
    SURPLUS = "surplus"  # in the inventory, no longer desired, still there


@dataclass(frozen=True)
class FieldChange:
    """One field that differs. `live` or `desired` is None where that side has no such field."""

    path: str
    desired: Json
    live: Json
    manager: str = ""  # who owns the live value, where the target knows


@dataclass(frozen=True)
class Live:
    """What is known of one resource on the target."""

    id: str
    standing: Standing
    changes: tuple[FieldChange, ...] = ()
    reason: str = ""
    token: str = ""  # the target's own version mark (a resourceVersion, an mtime), opaque


@dataclass(frozen=True)
class Observation:
    """What a target said about one placement: every desired and every inventoried id, once."""

    placement: Placement
    live: Mapping[str, Live]
    inventory: frozenset[str]
    foreign: tuple[str, ...] = ()  # seen where only ours should be; named, never touched


class Verb(StrEnum):
    """What an action does to one resource."""

    CREATE = "create"
    UPDATE = "update"
    HEAL = "heal"
    TAKE = "take"  # a conflicting field, only when asked to
    RECREATE = "recreate"
    PRUNE = "prune"
    FORGET = "forget"  # in the inventory but already gone from the target


@dataclass(frozen=True)
class Action:
    """One step of a plan. `before` is the standing that called for it."""

    id: str
    verb: Verb
    before: Standing
    resource: Resource | None = None  # None for PRUNE and FORGET
    changes: tuple[FieldChange, ...] = ()
    reason: str = ""
    token: str = ""
    deleted: bool = False  # it was there after an earlier pass

    @property
    def is_drift(self) -> bool:
        """Whether somebody else's doing calls for it."""
        return self.deleted or self.before is Standing.DRIFTED


@dataclass(frozen=True)
class Obstacle:
    """A resource the plan leaves alone although it is not in sync, and what would change that."""

    id: str
    standing: Standing
    reason: str
    remedy: str
    changes: tuple[FieldChange, ...] = ()


@dataclass(frozen=True)
class Plan:
    """What would be done to one placement, in the order in which it would be done."""

    placement: Placement
    revision: str
    actions: tuple[Action, ...]
    obstacles: tuple[Obstacle, ...] = ()
    in_sync: int = 0
    foreign: tuple[str, ...] = ()


class Result(StrEnum):
    """How one action ended."""

    DONE = "done"
    FAILED = "failed"
    CONFLICT = "conflict"
    WAITING = "waiting"  # on something that does not exist yet; the next pass tries again
    SKIPPED = "skipped"  # not tried, because something it needs failed or the run was stopped


@dataclass(frozen=True)
class Outcome:
    """What came of one action."""

    id: str
    verb: Verb
    result: Result
    detail: str = ""
    remedy: str = ""
    token: str = ""


class HealthStatus(StrEnum):
    """The kstatus vocabulary (sigs.k8s.io/cli-utils/pkg/kstatus), which fits other targets too."""

    CURRENT = "current"
    IN_PROGRESS = "in-progress"
    FAILED = "failed"
    TERMINATING = "terminating"
    NOT_FOUND = "not-found"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Health:
    """Whether one resource does what it should, and why not."""

    id: str
    status: HealthStatus
    message: str = ""


@dataclass(frozen=True)
class Nudge:
    """A watch saw something change on a resource of ours: the placement is worth a look."""

    placement: Placement
    ids: frozenset[str] = field(default_factory=frozenset)
