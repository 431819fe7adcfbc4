"""The subject `Fleet/fleet`: every tenant of a snapshot, counted, against what the catalogue has.

Decides which resources count. The figures are `fleet_totals`' part, whether to ask is the gate's.
"""

from __future__ import annotations

from controlplane.operations.fleet import contribution
from controlplane.operations.fleet_totals import Catalogue, total
from controlplane.policy.envelope import Subject
from controlplane.repo.snapshot import Snapshot
from controlplane.resources.budget_cap import BudgetCap
from controlplane.resources.environment import Environment
from controlplane.resources.pack import Pack
from controlplane.resources.pack_lock import PackLock
from controlplane.resources.targets import Cluster, ComputeEngine
from controlplane.resources.tenant import Tenant
from controlplane.resources.waiver import Waiver

KINDS = frozenset({
    "BudgetCap", "Cluster", "ComputeEngine", "Environment", "Pack", "PackLock", "Repository",
    "Tenant", "Waiver",
})  # fmt: skip
"""The kinds of resource on which a figure of the fleet depends."""


def subject(snapshot: Snapshot) -> Subject:
    """Return the subject `Fleet/fleet` of a snapshot."""
    tenants = (each for each in snapshot.of_kind("Tenant").values() if isinstance(each, Tenant))
    every = (contribution(tenant, _lock(snapshot, tenant)) for tenant in tenants)
    return Subject("Fleet", "fleet", total(every, catalogue(snapshot)))


def _lock(snapshot: Snapshot, tenant: Tenant) -> PackLock | None:
    found = snapshot.get("PackLock", tenant.identity)
    return found if isinstance(found, PackLock) else None


def catalogue(snapshot: Snapshot) -> Catalogue:
    """Return what the fleet is held against, as a snapshot declares it."""
    held = {kind: snapshot.of_kind(kind).values() for kind in KINDS - {"Tenant", "PackLock"}}
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
