"""Which actions follow from what is desired and what was observed. Pure.

Every id that is desired or in the inventory gets exactly one answer: in sync, an action, or an
obstacle that says what would change it. What could not be found out is never in sync and never
pruned; nothing outside the inventory is ever pruned. Order on the target is the target's matter.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from reconciler.model import (
    Action,
    Desired,
    Live,
    Observation,
    Obstacle,
    Plan,
    Resource,
    Standing,
    Verb,
)

RECREATE_ANNOTATION: Final = "controlplane.dev/recreate"
_VERBS: Final[Mapping[Standing, Verb]] = {
    Standing.ABSENT: Verb.CREATE,
    Standing.PENDING: Verb.CREATE,
    Standing.IN_SYNC: Verb.UPDATE,  # only where it is not in the inventory
    Standing.OUTDATED: Verb.UPDATE,
    Standing.DRIFTED: Verb.HEAL,
}
_GONE: Final = "in the inventory but gone: deleted, or never quite created"
_DELETED: Final = "deleted by somebody since it was applied"
_PRUNABLE: Final = frozenset(
    {Standing.SURPLUS, Standing.IN_SYNC, Standing.OUTDATED, Standing.DRIFTED}
)
_NOTHING_DESIRED: Final = (
    "nothing at all is desired of this placement, which may be a fault in rendering",
    "if everything is to be deleted, say so with --allow-empty",
)
_NOT_REPLACED: Final = (
    "held back: something that is desired is left alone, and this may be what it replaces",
    "put the others right; what is old goes when what replaces it is there",
)


@dataclass(frozen=True)
class PlanOptions:
    """What the person who asks for a plan permits beyond the ordinary."""

    take_conflicts: bool = False  # take fields that were never ours from their managers
    allow_empty: bool = False  # empty placements that are declared and of which nothing is desired


def plan(desired: Desired, observation: Observation, options: PlanOptions) -> Plan:
    """Say what would be done to one placement so that it holds what is desired.

    Creations and changes come in the order of `desired`, then what is to go, by id.
    """
    wanted = {resource.id: resource for resource in desired.resources}
    answers: list[Action | Obstacle | None] = [
        _keep(resource, _seen(observation, resource.id), observation, options)
        for resource in wanted.values()
    ]
    guard = _guard(desired, answers, options)
    answers += [
        _drop(_seen(observation, identifier), guard)
        for identifier in sorted(observation.inventory - wanted.keys())
    ]
    return Plan(
        placement=desired.placement,
        revision=desired.revision,
        actions=tuple(a for a in answers if isinstance(a, Action)),
        obstacles=tuple(a for a in answers if isinstance(a, Obstacle)),
        in_sync=sum(a is None for a in answers),
        foreign=observation.foreign,
    )


def _guard(
    desired: Desired, answers: Sequence[Action | Obstacle | None], options: PlanOptions
) -> tuple[str, str] | None:
    """Return why nothing may be pruned, and what to do about that; None where it may."""
    if not (answers or desired.abandoned or options.allow_empty):
        return _NOTHING_DESIRED
    return _NOT_REPLACED if any(isinstance(a, Obstacle) for a in answers) else None


def _seen(observation: Observation, identifier: str) -> Live:
    unsaid = Live(identifier, Standing.UNKNOWN, reason="the target did not say how it stands")
    return observation.live.get(identifier, unsaid)


def _keep(
    resource: Resource, live: Live, observation: Observation, options: PlanOptions
) -> Action | Obstacle | None:
    """Answer for a resource that is desired; None where it is in sync."""
    owned = resource.id in observation.inventory
    if live.standing is Standing.IN_SYNC and owned:
        return None
    if verb := _verb(live.standing, resource, options):
        return _action(verb, live, resource, _reason(live, owned=owned))
    if live.standing is Standing.CONFLICT:
        return _conflict(live)
    return _fixed(live) if live.standing is Standing.IMMUTABLE else _unknown(live)


def _verb(standing: Standing, resource: Resource, options: PlanOptions) -> Verb | None:
    """Return what to do about a desired resource that stands so; None where nothing may be done."""
    if standing is Standing.CONFLICT and options.take_conflicts:
        return Verb.TAKE
    if standing is Standing.IMMUTABLE and recreatable(resource):
        return Verb.RECREATE
    return _VERBS.get(standing)


def _reason(live: Live, *, owned: bool) -> str:
    """Say why, where the target did not and the standing alone does not tell."""
    if live.standing is Standing.IN_SYNC:
        return "as desired, but not in the inventory yet"
    if live.standing is Standing.ABSENT and owned:
        return live.reason or _GONE
    return live.reason


def _drop(live: Live, guard: tuple[str, str] | None) -> Action | Obstacle:
    """Answer for what is in the inventory and no longer desired."""
    if live.standing is Standing.ABSENT:
        return _action(Verb.FORGET, live, None)
    if live.standing in _PRUNABLE:
        return (
            Obstacle(live.id, live.standing, *guard) if guard else _action(Verb.PRUNE, live, None)
        )
    if live.standing is Standing.CONFLICT:
        reason = live.reason or "somebody else has made it theirs"
        return Obstacle(
            live.id, live.standing, reason, "delete it by hand if it is to go", live.changes
        )
    return _unknown(live)


def told_deleted(made: Plan, applied: Collection[str]) -> Plan:
    """Return the plan in which what somebody deleted is told from what was never quite created.

    `applied` are the ids of what earlier passes left on the target.
    """
    actions = tuple(
        replace(each, deleted=True, reason=_DELETED if each.reason == _GONE else each.reason)
        if each.verb is Verb.CREATE and each.before is Standing.ABSENT and each.id in applied
        else each
        for each in made.actions
    )
    return replace(made, actions=actions)


def recreatable(resource: Resource) -> bool:
    """Whether the resource says of itself that it may be deleted and made again."""
    metadata = resource.body.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, Mapping) else None
    return isinstance(annotations, Mapping) and annotations.get(RECREATE_ANNOTATION) == "true"


def _action(verb: Verb, live: Live, resource: Resource | None, reason: str = "") -> Action:
    return Action(
        id=live.id,
        verb=verb,
        before=live.standing,
        resource=resource,
        changes=live.changes,
        reason=reason or live.reason,
        token=live.token,
    )


def _conflict(live: Live) -> Obstacle:
    managers = sorted({change.manager for change in live.changes if change.manager})
    owner = f"owned by {', '.join(managers)}" if managers else "owned by somebody else"
    return Obstacle(
        live.id,
        live.standing,
        live.reason or owner,
        "agree with that manager, leave the field out, or take it with --take-conflicts",
        live.changes,
    )


def _fixed(live: Live) -> Obstacle:
    paths = ", ".join(change.path for change in live.changes)
    return Obstacle(
        live.id,
        live.standing,
        live.reason or f"{paths or 'a field'} cannot be changed in place",
        f'put the old value back, or annotate it with {RECREATE_ANNOTATION}: "true"',
        live.changes,
    )


def _unknown(live: Live) -> Obstacle:
    return Obstacle(
        live.id,
        Standing.UNKNOWN,
        live.reason or f"the target's answer ({live.standing}) does not fit",
        "see why it could not be found out; the next pass asks again",
        live.changes,
    )
