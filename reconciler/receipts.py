"""What evidence says of a placement: plans, receipts, recoveries, failures. Pure.

Payloads name resources by digest and hold the fields that differ; targets have taken out what is
secret. Numbers that canonical JSON cannot hold exactly become text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar

from evidence.canonical import digest
from evidence.records import Record
from reconciler.model import Action, Desired, FieldChange, Obstacle, Outcome, Placement, Plan
from reconciler.state.base import Settlement

Json = Any
T = TypeVar("T")
_EXACT: Final = 2**53  # integers of a greater size are not the same to every reader of JSON
_CHUNK: Final = 500  # actions or outcomes in one record


def desired_digest(desired: Desired) -> str:
    """Return the digest of everything one placement should hold: ids and digests of bodies."""
    return digest({resource.id: resource.digest for resource in desired.resources})


def plan_records(plan: Plan, digest_of_desired: str) -> Iterator[Record]:
    """Yield what was planned: the first record with all that is left alone, each with actions."""
    whole = f"{plan.placement}: plan {_counted(a.verb.value for a in plan.actions)}"
    whole += f", {plan.in_sync} in sync, {len(plan.obstacles)} left alone"
    for number, actions in enumerate(_chunks(plan.actions) or [()]):
        payload = {
            **_about(plan.placement, plan.revision),
            "desired": digest_of_desired,
            "actions": [_action(action) for action in actions],
        }
        if number == 0:
            payload["inSync"] = plan.in_sync
            payload["obstacles"] = [_obstacle(obstacle) for obstacle in plan.obstacles]
            payload["foreign"] = list(plan.foreign)
        summary = whole if number == 0 else f"{plan.placement}: plan, continued ({number})"
        yield Record("plan", summary, payload, str(plan.placement))


def receipt(placement: Placement, revision: str, outcomes: Sequence[Outcome]) -> Record:
    """Say how some actions ended."""
    payload = {**_about(placement, revision), "outcomes": [_outcome(o) for o in outcomes]}
    counts = _counted(f"{o.verb.value} {o.result.value}" for o in outcomes)
    return Record("receipt", f"{placement}: {counts}", payload, str(placement))


def recovery(placement: Placement, settlements: Sequence[Settlement]) -> Iterator[Record]:
    """Say what was found where earlier runs had been broken off."""
    for some in _chunks(settlements):
        payload = {
            "placement": placement.name,
            "target": placement.target,
            "intents": [{**vars(s.intent), "found": s.found} for s in some],
        }
        runs = ", ".join(sorted({s.intent.run for s in some}))
        summary = f"{placement}: {len(some)} actions of interrupted run {runs} looked up"
        yield Record("recovery", summary, payload, str(placement))


def failure(placement: Placement, revision: str, error: str) -> Record:
    """Say that a placement could not be worked on."""
    payload = {**_about(placement, revision), "error": error}
    return Record("failure", f"{placement}: {error}", payload, str(placement))


def exact(value: Json) -> Json:
    """Return a JSON value in which every number is one that canonical JSON holds exactly."""
    if isinstance(value, Mapping):
        return {str(key): exact(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [exact(inner) for inner in value]
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= _EXACT:
        return str(value)
    return value


def _about(placement: Placement, revision: str) -> dict[str, Json]:
    return {"placement": placement.name, "target": placement.target, "revision": revision}


def _action(action: Action) -> dict[str, Json]:
    return {
        "id": action.id,
        "verb": action.verb.value,
        "before": action.before.value,
        "digest": action.resource.digest if action.resource else "",
        "reason": action.reason,
        "changes": [_change(change) for change in action.changes],
    }


def _obstacle(obstacle: Obstacle) -> dict[str, Json]:
    return {
        "id": obstacle.id,
        "standing": obstacle.standing.value,
        "reason": obstacle.reason,
        "remedy": obstacle.remedy,
        "changes": [_change(change) for change in obstacle.changes],
    }


def _change(change: FieldChange) -> dict[str, Json]:
    return {
        "path": change.path,
        "desired": exact(change.desired),
        "live": exact(change.live),
        "manager": change.manager,
    }


def _outcome(outcome: Outcome) -> dict[str, Json]:
    return {
        "id": outcome.id,
        "verb": outcome.verb.value,
        "result": outcome.result.value,
        "detail": outcome.detail,
        "token": outcome.token,
    }


def _chunks(items: Sequence[T]) -> list[Sequence[T]]:
    return [items[start : start + _CHUNK] for start in range(0, len(items), _CHUNK)]


def _counted(words: Iterable[str]) -> str:
    counts = Counter(words)
    return ", ".join(f"{number} {word}" for word, number in sorted(counts.items())) or "nothing"
