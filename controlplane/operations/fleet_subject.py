"""The subject `Fleet/fleet`: every tenant of a snapshot, counted, against what the catalogue has.

Decides which resources count. The figures are `fleet_totals`' part, whether to ask is the gate's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from controlplane.operations.fleet import Contribution, contribution
from controlplane.operations.fleet_totals import SECTIONS, Catalogue, Section, total
from controlplane.policy.envelope import Subject
from controlplane.repo.derived import Derived
from controlplane.repo.snapshot import Snapshot
from controlplane.resources.budget_cap import BudgetCap
from controlplane.resources.environment import Environment
from controlplane.resources.pack import Pack
from controlplane.resources.pack_lock import PackLock
from controlplane.resources.targets import Cluster, ComputeEngine
from controlplane.resources.tenant import Tenant
from controlplane.resources.waiver import Waiver
from evidence.canonical import Json

KINDS = frozenset({
    "BudgetCap", "Cluster", "ComputeEngine", "Environment", "Pack", "PackLock", "Repository",
    "Tenant", "Waiver",
})  # fmt: skip
"""The kinds of resource on which a figure of the fleet depends."""

_HELD = KINDS - {"Tenant", "PackLock"}


@dataclass(frozen=True)
class Counted:
    """What the fleet comes to; `every` gives what each tenant adds, by name."""

    figures: Mapping[str, Json]
    every: Callable[[], Mapping[str, Contribution]]


def subject(snapshot: Snapshot) -> Subject:
    """Return the subject `Fleet/fleet` of a snapshot."""
    return Subject("Fleet", "fleet", dict(counted(snapshot).figures))


def counted(snapshot: Snapshot) -> Counted:
    """Return the figures of a snapshot, worked out once; of a derived one only what changed."""
    if __name__ not in snapshot.worked_out:
        snapshot.worked_out[__name__] = (
            _counted_again(snapshot) if isinstance(snapshot, Derived) else _counted(snapshot)
        )
    found: Counted = snapshot.worked_out[__name__]
    return found


def known(snapshot: Snapshot) -> Counted | None:
    """Return the figures of a snapshot where they were worked out."""
    found: Counted | None = snapshot.worked_out.get(__name__)
    return found


def restore(snapshot: Snapshot, figures: Counted) -> None:
    """Go by figures that were worked out of the same state before."""
    snapshot.worked_out[__name__] = figures


def contributions(snapshot: Snapshot) -> Mapping[str, Contribution]:
    """Return what each tenant of a snapshot adds, by name, looking at all of them."""
    return dict(_contributions(snapshot, snapshot.of_kind("Tenant")))


def _counted(snapshot: Snapshot) -> Counted:
    every = contributions(snapshot)
    return Counted(total(every.values(), catalogue(snapshot)), lambda: every)


def _counted_again(snapshot: Derived) -> Counted:
    """Return the figures where all but some tenants, and perhaps the catalogue, are known.

    A section is worked out again where what it looks at is another thing than before; what the
    tenants add that stayed is asked for only then.
    """
    before, owners = counted(snapshot.origin), snapshot.owners
    gone = dict(_contributions(snapshot.origin, owners))
    fresh = dict(_contributions(snapshot, owners))

    def every() -> Mapping[str, Contribution]:
        return {**{n: c for n, c in before.every().items() if n not in owners}, **fresh}

    held = any(kind in _HELD for kind, _ in snapshot.touched)
    again = {
        name
        for name, section in SECTIONS.items()
        if (section.held and held)
        or any(_differ(section, gone.get(owner), fresh.get(owner)) for owner in owners)
    }
    if not again:
        return Counted(before.figures, every)
    all_of_them = every()
    fleet = sorted(all_of_them.values(), key=lambda each: each.tenant)
    held_against = catalogue(snapshot)
    figures = {
        name: section.make(fleet, held_against) if name in again else before.figures[name]
        for name, section in SECTIONS.items()
    }
    return Counted(figures, lambda: all_of_them)


def _differ(section: Section, old: Contribution | None, new: Contribution | None) -> bool:
    if old is None or new is None:
        return old is not new
    return section.looks_at(old) != section.looks_at(new)


def _contributions(
    snapshot: Snapshot, tenants: Iterable[str]
) -> Iterator[tuple[str, Contribution]]:
    for name in tenants:
        tenant, lock = snapshot.get("Tenant", name), snapshot.get("PackLock", name)
        if isinstance(tenant, Tenant):
            yield name, contribution(tenant, lock if isinstance(lock, PackLock) else None)


def catalogue(snapshot: Snapshot) -> Catalogue:
    """Return what the fleet is held against, as a snapshot declares it."""
    held = {kind: snapshot.of_kind(kind).values() for kind in _HELD}
    targets = (*held["Cluster"], *held["ComputeEngine"])
    return Catalogue(
        targets=[each for each in targets if isinstance(each, Cluster | ComputeEngine)],
        stages={p.identity: p.spec.lifecycle.stage for p in held["Pack"] if isinstance(p, Pack)},
        production=frozenset(
            each.identity
            for each in held["Environment"]
            if isinstance(each, Environment) and each.spec.tier == "production"
        ),
        waivers=[each for each in held["Waiver"] if isinstance(each, Waiver)],
        caps=[each for each in held["BudgetCap"] if isinstance(each, BudgetCap)],
    )
