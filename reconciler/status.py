"""What is said of a placement after a pass, and how a pass ends in one of five words. Pure.

Conditions are Kubernetes-shaped: a type, whether it holds, since when, and why. What is stored
is a summary; the receipts in the evidence are the full account.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from reconciler.model import Health, HealthStatus, Obstacle, Outcome, Placement, Plan, Result

Json = Any
UNDER_WAY: Final = "under-way"  # what a trouble is that only the end of a pass takes away
_KEPT: Final = 50  # troubles of one placement that are kept; the count tells of all


def stamp(when: datetime) -> str:
    """Return a time as RFC 3339 in UTC, always of the same length, so that text order is time's."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Phase(StrEnum):
    """Where a placement is."""

    CONVERGED = "converged"  # everything desired is there, and fares well where that is known
    PROGRESSING = "progressing"  # it is written to, or applied and still on its way
    BLOCKED = "blocked"  # something is left alone, and a person has to say what is to happen
    FAILED = "failed"  # something could not be done, or does not fare well
    UNREACHABLE = "unreachable"  # the target does not answer


@dataclass(frozen=True)
class Condition:
    """One statement about a placement. `since` is when its truth last changed, RFC 3339."""

    type: str
    holds: bool
    since: str
    message: str = ""


@dataclass(frozen=True)
class Trouble:
    """One resource that is not as desired, why, and what to do about it."""

    id: str
    what: str  # a standing, a result or a health status
    detail: str
    remedy: str = ""


@dataclass(frozen=True)
class PlacementStatus:
    """The last word on one placement."""

    placement: Placement
    phase: Phase
    revision: str  # asked for
    applied: str  # the last revision that was applied in full; empty if none was
    digest: str  # of everything desired at `revision`
    run: str
    at: str  # RFC 3339
    counts: Mapping[str, int]  # in-sync, the results, obstacles, and health by status
    conditions: tuple[Condition, ...] = ()
    troubles: tuple[Trouble, ...] = ()

    def to_json(self) -> dict[str, Json]:
        """Return a JSON value that `from_json` reads back."""
        return {
            "placement": self.placement.name,
            "target": self.placement.target,
            "phase": self.phase.value,
            "revision": self.revision,
            "applied": self.applied,
            "digest": self.digest,
            "run": self.run,
            "at": self.at,
            "counts": dict(self.counts),
            "conditions": [vars(condition) for condition in self.conditions],
            "troubles": [vars(trouble) for trouble in self.troubles],
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Json]) -> PlacementStatus:
        """Read back what `to_json` returned."""
        rest = {k: value[k] for k in ("revision", "applied", "digest", "run", "at", "counts")}
        return cls(
            placement=Placement(value["placement"], value["target"]),
            phase=Phase(value["phase"]),
            conditions=tuple(Condition(**condition) for condition in value["conditions"]),
            troubles=tuple(Trouble(**trouble) for trouble in value["troubles"]),
            **rest,
        )


@dataclass(frozen=True)
class Pass:
    """What is known at the end of one pass over one placement."""

    placement: Placement
    revision: str
    digest: str
    run: str
    at: str
    plan: Plan | None = None  # None where it was not got so far
    outcomes: Sequence[Outcome] = ()
    health: Sequence[Health] = ()
    error: str = ""
    remedy: str = ""
    away: bool = False  # the error is that the target does not answer


def under_way(
    placement: Placement, revision: str, run: str, at: str, before: PlacementStatus | None
) -> PlacementStatus:
    """Say that a run is about to write to a placement; `before` is what was said the last time.

    One that was empty is no longer known to be, and one that was as desired is not so until the
    pass ends: a run that is killed says nothing else of it.
    """
    left = Trouble(
        "", UNDER_WAY, f"run {run} is at work on it, or was broken off", "the next pass ends it"
    )
    known = {each.type: each for each in before.conditions} if before else {}
    if "Applied" not in known or known["Applied"].holds:
        known["Applied"] = Condition("Applied", holds=False, since=at, message=left.detail)
    return PlacementStatus(
        placement=placement,
        phase=Phase.PROGRESSING,
        revision=revision,
        applied=before.applied if before else "",
        digest=before.digest if before else "",
        run=run,
        at=at,
        counts={},
        conditions=tuple(known.values()),
        troubles=(left,),
    )


def conclude(done: Pass, before: PlacementStatus | None) -> PlacementStatus:
    """Say how a placement stands after a pass; `before` is what was said the last time."""
    troubles = list(_troubles(done))
    undone = [o for o in done.outcomes if o.result is not Result.DONE]
    applied = done.plan is not None and not undone and not done.plan.obstacles and not done.error
    status = PlacementStatus(
        placement=done.placement,
        phase=_phase(done, undone),
        revision=done.revision,
        applied=done.revision if applied else before.applied if before else "",
        digest=done.digest,
        run=done.run,
        at=done.at,
        counts=_counts(done),
        troubles=tuple(troubles[:_KEPT]),
    )
    return replace(status, conditions=tuple(_conditions(done, status, before, applied=applied)))


def _phase(done: Pass, undone: Sequence[Outcome]) -> Phase:
    if done.away:
        return Phase.UNREACHABLE
    if done.plan is None:
        return Phase.FAILED
    stuck = {Result.FAILED, Result.SKIPPED}
    ill = {HealthStatus.FAILED, HealthStatus.NOT_FOUND}
    if (
        done.error
        or any(o.result in stuck for o in undone)
        or any(h.status in ill for h in done.health)
    ):
        return Phase.FAILED
    if done.plan.obstacles or any(o.result is Result.CONFLICT for o in undone):
        return Phase.BLOCKED
    if undone or any(h.status is not HealthStatus.CURRENT for h in done.health):
        return Phase.PROGRESSING
    return Phase.CONVERGED


def _counts(done: Pass) -> dict[str, int]:
    counts = Counter[str](o.result.value for o in done.outcomes)
    counts.update(h.status.value for h in done.health)
    if done.plan is not None:
        counts["in-sync"] += done.plan.in_sync
        counts["obstacles"] += len(done.plan.obstacles)
        counts["foreign"] += len(done.plan.foreign)
    return {name: number for name, number in sorted(counts.items()) if number}


def _troubles(done: Pass) -> Iterable[Trouble]:
    if done.error:
        yield Trouble("", "error", done.error, done.remedy)
    for outcome in done.outcomes:
        if outcome.result is not Result.DONE:
            yield Trouble(outcome.id, outcome.result.value, outcome.detail, outcome.remedy)
    obstacles: Sequence[Obstacle] = done.plan.obstacles if done.plan else ()
    for obstacle in obstacles:
        yield Trouble(obstacle.id, obstacle.standing.value, obstacle.reason, obstacle.remedy)
    for health in done.health:
        if health.status is not HealthStatus.CURRENT:
            yield Trouble(health.id, health.status.value, health.message)


def _conditions(
    done: Pass, status: PlacementStatus, before: PlacementStatus | None, *, applied: bool
) -> Iterable[Condition]:
    """Yield Reachable, Applied and Healthy; each keeps its `since` while its truth is the same."""
    earlier = {c.type: c for c in before.conditions} if before else {}
    first = status.troubles[0].detail if status.troubles else ""
    truths = {"Reachable": not done.away, "Applied": applied}
    if done.health:
        truths["Healthy"] = all(h.status is HealthStatus.CURRENT for h in done.health)
    for name, holds in truths.items():
        known = earlier.get(name)
        since = known.since if known and known.holds == holds else done.at
        yield Condition(name, holds, since, "" if holds else first)
