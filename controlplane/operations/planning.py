"""Plans many placements: what each target says, and what would be done about it.

A target that does not answer is a failure of its placements and of nobody else's. One of which
this machine was told nothing usable is a failure of the question, which is refused.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from controlplane.errors import ControlPlaneError, UsageError
from reconciler.errors import ReconcilerError, TargetSettingsError
from reconciler.model import Desired, Placement, Plan
from reconciler.plan import PlanOptions, plan
from reconciler.targets.base import Target

AT_ONCE = 4  # targets asked at the same time


@dataclass(frozen=True)
class Unplanned:
    """A placement of which nothing is known, and why."""

    placement: Placement
    message: str
    remedy: str


@dataclass(frozen=True)
class Asked:
    """What plans were made of: everything, or what was chosen, and what they may do."""

    tenants: tuple[str, ...]
    environment: str
    permitted: PlanOptions


TargetOf = Callable[[str], Target]
"""Gives the target of a name; raises ReconcilerError or UsageError if there is no way."""


def require_settings(names: Iterable[str], target_of: TargetOf) -> None:
    """Raise UsageError where what was said about how to reach one of these targets is of no use.

    Nothing is asked of any target: one that is away has settings all the same.
    """
    wrong: dict[str, UsageError | TargetSettingsError] = {}
    for name in sorted(set(names)):
        try:
            target_of(name)
        except (UsageError, TargetSettingsError) as error:
            wrong[name] = error
    if wrong:
        first, *others = wrong
        more = f" (and so for {', '.join(others)})" if others else ""
        raise UsageError(f"{wrong[first]}{more}", remedy=wrong[first].remedy) from wrong[first]


def plan_all(
    desired: Iterable[Desired], target_of: TargetOf, options: PlanOptions
) -> Iterator[Plan | Unplanned]:
    """Yield the plan of every placement, or why there is none, in the order of `desired`.

    Reads from the targets and writes nothing.
    """
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="plan") as pool:
        yield from pool.map(lambda each: _planned(each, target_of, options), list(desired))


def _planned(desired: Desired, target_of: TargetOf, options: PlanOptions) -> Plan | Unplanned:
    try:
        observation = target_of(desired.placement.target).observe(desired)
    except (ReconcilerError, ControlPlaneError) as error:
        return Unplanned(desired.placement, str(error), error.remedy)
    return plan(desired, observation, options)


def counts(plans: Iterable[Plan]) -> Mapping[str, int]:
    """Return how many actions there are of each verb, how many obstacles, in sync and foreign."""
    found = Counter[str]()
    for each in plans:
        found["in sync"] += each.in_sync
        found["foreign"] += len(each.foreign)
        found.update(action.verb.value for action in each.actions)
        found.update(obstacle.standing.value for obstacle in each.obstacles)
    return found
