"""Whom a change reaches: tenants, their environments and their targets, by following references.

A change to a pack reaches the tenants whose lock holds that version (those without a lock as far
as their ranges go); a change to an environment or a target reaches the placements there; a waiver
reaches whom its subject does; a rule, a template, the repository's own settings and trust reach
everybody.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from controlplane.repo.checks import Document
from controlplane.repo.derived import Derived
from controlplane.repo.image import Imaged, Name
from controlplane.repo.snapshot import Snapshot
from controlplane.resources.pack_lock import PackLock
from controlplane.resources.price_plan import PricePlan
from controlplane.resources.tenant import Tenant
from controlplane.resources.waiver import Waiver

# Kinds that narrow whom they concern by naming tenants; naming none means everybody.
_SCOPES = {
    "BudgetCap": ("spec", "scope", "tenants"),
    "CanaryRule": ("spec", "subjects", "tenants"),
    "EvidenceContract": ("spec", "tenants"),
}
_EVERYBODY = frozenset({"Repository", "TrustRoot"})
Placed = tuple[str, str, str]
"""(tenant, environment, target)."""


@dataclass(frozen=True)
class Reach:
    """Whom a change reaches, by name."""

    tenants: frozenset[str] = frozenset()
    environments: frozenset[str] = frozenset()
    targets: frozenset[str] = frozenset()

    def __or__(self, other: Reach) -> Reach:
        return Reach(
            self.tenants | other.tenants,
            self.environments | other.environments,
            self.targets | other.targets,
        )


class Reverse:
    """Who refers to what in one snapshot, and where tenants are placed.

    Built from recorded references; a model is built only for a tenant that is reached.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._locked = snapshot.index.get("PackLock", {})

    @classmethod
    def of_snapshot(cls, snapshot: Snapshot) -> Self:
        """Return that of a snapshot, kept for as long as the snapshot is."""
        found = snapshot.worked_out.setdefault(__name__, cls(snapshot))
        return found if isinstance(found, cls) else cls(snapshot)

    @cached_property
    def every(self) -> Mapping[Name, Set[Name]]:
        """Who refers to what; built for whoever asks about more than a tenant and its lock."""
        found: dict[Name, set[Name]] = defaultdict(set)
        for document in self._snapshot.documents:
            self._add(document, found)
        return found

    def _referrers(self, name: Name) -> Set[Name]:
        """Return who refers to a resource. What stayed refers to what it did before."""
        snapshot = self._snapshot
        if isinstance(snapshot, Imaged):
            return snapshot.referrers(name)
        if not isinstance(snapshot, Derived) or not snapshot.plain:
            return self.every.get(name, frozenset())
        if snapshot.document(*name) is None:
            return frozenset()  # it went, and nothing can mean it any more
        again, found = self._again
        stayed = Reverse.of_snapshot(snapshot.origin)._referrers(name) - again
        return stayed | found.get(name, frozenset())

    @cached_property
    def _again(self) -> tuple[Set[Name], Mapping[Name, Set[Name]]]:
        """Return what may refer to other things than in the origin, and who of it refers to what.

        Of a derived snapshot only.
        """
        snapshot = self._snapshot
        assert isinstance(snapshot, Derived)  # noqa: S101 - see `_referrers`
        again = snapshot.touched | {("Tenant", owner) for owner in snapshot.owners}
        found: dict[Name, set[Name]] = defaultdict(set)
        for kind, identity in again:
            if (document := snapshot.document(kind, identity)) is not None:
                self._add(document, found)
        return again, found

    def _add(self, document: Document, found: dict[Name, set[Name]]) -> None:
        for target in self._targets(document):
            found[target].add((document.kind, document.identity))

    def _targets(self, document: Document) -> Iterator[tuple[str, str]]:
        has_lock = document.kind == "Tenant" and document.identity in self._locked
        for reference in document.parsed.references:
            if not (has_lock and "Pack" in reference.kinds):
                yield from self._snapshot.names.resolve(reference)

    def everybody(self) -> Reach:
        """Return what a change reaches that concerns every tenant."""
        tenants = self._snapshot.of_kind("Tenant")
        placed = _reach(placed for name in tenants for placed in self._placed(name))
        return placed | Reach(tenants=frozenset(tenants))

    def of(self, kind: str, identity: str) -> Reach:
        """Return what a change to one resource reaches."""
        if kind in _EVERYBODY or self._unscoped(kind, identity):
            return self.everybody()
        reach = self._own(kind, identity)
        if kind in ("Tenant", "PackLock"):
            return reach
        if kind == "Waiver":
            return self._waived(identity)
        for referrer_kind, referrer in self._referrers((kind, identity)):
            if referrer_kind in ("Tenant", "PackLock"):
                reach |= _reach(
                    placed
                    for placed in self._placed(referrer)
                    if self._touches(kind, identity, referrer_kind, placed)
                )
        if kind == "PricePlan":
            reach |= self._paying(identity)
        return reach

    def _waived(self, identity: str) -> Reach:
        """Return whom the subject of a waiver reaches, where the waiver counts."""
        found = self._snapshot.get("Waiver", identity)
        document = self._snapshot.document("Waiver", identity)
        if not isinstance(found, Waiver) or document is None:
            return Reach()
        subject = found.spec.subject
        if subject.kind in ("Fleet", "Change"):
            reach = self.everybody()
        elif subject.kind == "Placement":
            placed = self._placed(subject.name.partition("/")[0])
            reach = _reach(p for p in placed if f"{p[0]}/{p[1]}@{p[2]}" == subject.name)
        else:
            reach = Reach()
            for reference in document.parsed.references:
                if reference.path[:2] == ("spec", "subject"):
                    for target in self._snapshot.names.resolve(reference):
                        reach |= self.of(*target)
        if not found.spec.environments:
            return reach
        within = reach.environments.intersection(found.spec.environments)
        everywhere = (p for tenant in reach.tenants for p in self._placed(tenant))
        there = (p for p in everywhere if p[1] in within and p[2] in reach.targets)
        return _reach(there) | Reach(tenants=reach.tenants)

    def _own(self, kind: str, identity: str) -> Reach:
        document = self._snapshot.document(kind, identity)
        if kind in ("Tenant", "PackLock"):
            return Reach(tenants=frozenset({identity})) | _reach(self._placed(identity))
        named: dict[str, set[str]] = defaultdict(set)
        if kind in _SCOPES and document is not None:
            for reference in document.parsed.references:
                for target_kind, name in self._snapshot.names.resolve(reference):
                    named[target_kind].add(name)
        placed = (p for name in named["Tenant"] for p in self._placed(name))
        within = named["Environment"]
        reach = _reach(p for p in placed if not within or p[1] in within)
        if kind == "Environment":
            reach |= Reach(environments=frozenset({identity}))
        if kind in ("Cluster", "ComputeEngine"):
            reach |= Reach(targets=frozenset({identity}))
        return reach | Reach(tenants=frozenset(named["Tenant"]))

    def _unscoped(self, kind: str, identity: str) -> bool:
        """Whether a resource that could name tenants names none."""
        document = self._snapshot.document(kind, identity)
        if kind not in _SCOPES or document is None:
            return False
        scope = _SCOPES[kind]
        return not any(r.path[: len(scope)] == scope for r in document.parsed.references)

    def _touches(self, kind: str, identity: str, through: str, placed: Placed) -> bool:
        """Whether a change to the resource is felt at one placement of a tenant."""
        tenant, environment, target = placed
        if kind == "Environment":
            return environment == identity
        if kind in ("Cluster", "ComputeEngine"):
            return target == identity
        if kind == "Pack" and through == "PackLock":
            return environment in self._environments_with(tenant, identity)
        return True

    def _environments_with(self, tenant: str, pack: str) -> set[str]:
        lock = self._snapshot.get("PackLock", tenant)
        if not isinstance(lock, PackLock):
            return set()
        return {
            name
            for name, environment in lock.spec.environments.items()
            if any(f"{each.name}@{each.version}" == pack for each in environment.packs)
        }

    def _placed(self, tenant: str) -> Iterator[Placed]:
        found = self._snapshot.get("Tenant", tenant)
        if isinstance(found, Tenant):
            for placement in found.spec.placements:
                yield tenant, placement.environment, placement.target

    def _paying(self, plan: str) -> Reach:
        """Return the tenants that pay a price plan because it is the one of their bundle."""
        found = self._snapshot.get("PricePlan", plan)
        if not isinstance(found, PricePlan) or found.spec.plan is None:
            return Reach()
        names = [
            tenant.identity
            for tenant in self._snapshot.of_kind("Tenant").values()
            if isinstance(tenant, Tenant)
            and tenant.spec.plan == found.spec.plan
            and tenant.spec.price_plan is None
        ]
        paying = Reach(tenants=frozenset(names))
        return paying | _reach(placed for name in names for placed in self._placed(name))


def _reach(placements: Iterable[Placed]) -> Reach:
    every = tuple(placements)
    return Reach(
        tenants=frozenset(tenant for tenant, _, _ in every),
        environments=frozenset(environment for _, environment, _ in every),
        targets=frozenset(target for _, _, target in every),
    )
