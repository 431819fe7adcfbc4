"""What every placement should hold at a revision, as the reconciler takes it.

A tenant that cannot be rendered is left out with its problems: what it has stays as it is, and the
others are carried on with. A placement that a target still has an inventory of, but nobody declares
any more, is to hold nothing.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from controlplane.errors import UsageError
from controlplane.operations.rendering import render
from controlplane.render.helm import ChartRenderer
from controlplane.repo.snapshot import Snapshot
from controlplane.resources.tenant import Tenant
from controlplane.values import Problem
from reconciler.model import Desired, Placement


@dataclass(frozen=True)
class Wanted:
    """The desired state of placements, and the tenants that could not be rendered."""

    desired: tuple[Desired, ...]
    problems: Mapping[str, tuple[Problem, ...]] = field(default_factory=dict)

    def lacks(self, placement: Placement) -> bool:
        """Whether nobody declares a placement; a tenant that cannot be rendered may do so."""
        return placement not in self._known and (
            placement.name.partition("/")[0] not in self.problems
        )

    @cached_property
    def _known(self) -> frozenset[Placement]:
        return frozenset(desired.placement for desired in self.desired)


def wanted(
    snapshot: Snapshot, charts: ChartRenderer, tenants: Sequence[str] = (), environment: str = ""
) -> Wanted:
    """Return what the placements of `tenants` (none named: of all) should hold.

    `environment` keeps only placements there. Raises UsageError for a tenant or an environment
    that is not declared, RendererUnavailableError where a program that a pack needs is missing.
    """
    _require_asked(snapshot, tenants, environment)
    names = tenants or tuple(snapshot.of_kind("Tenant"))
    rendered = render(snapshot, names, charts)
    revision = snapshot.commit.id if snapshot.commit else snapshot.tree_id
    chosen = (
        each.desired(revision)
        for each in rendered.placements
        if environment in ("", each.environment)
    )
    return Wanted(tuple(chosen), rendered.problems)


def targets_named(snapshot: Snapshot, tenants: Sequence[str], environment: str) -> frozenset[str]:
    """Return the clusters that `wanted` would give something to, without rendering anything.

    Raises UsageError for a tenant or an environment that is not declared.
    """
    _require_asked(snapshot, tenants, environment)
    chosen = snapshot.of_kind("Tenant")
    clusters = snapshot.of_kind("Cluster")
    return frozenset(
        placement.target
        for name, tenant in chosen.items()
        if isinstance(tenant, Tenant) and (not tenants or name in tenants)
        for placement in tenant.spec.placements
        if placement.target in clusters and environment in ("", placement.environment)
    )


def _require_asked(snapshot: Snapshot, tenants: Sequence[str], environment: str) -> None:
    for kind, asked in (("Tenant", tenants), ("Environment", [environment] if environment else [])):
        for name in asked:
            _require(kind, name, snapshot)


def _require(kind: str, name: str, snapshot: Snapshot) -> None:
    known = snapshot.of_kind(kind)
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean `{near[0]}`?" if near else f"there are {', '.join(known)}"
        raise UsageError(f"there is no {kind} `{name}` at {snapshot.revision}", remedy=hint)


def abandoned(
    ours: Iterable[Placement], declared: Wanted, snapshot: Snapshot
) -> tuple[Desired, ...]:
    """Return what is to be emptied: placements of `ours` that no tenant declares.

    `ours` is what was applied by what the state store knows, which is one repository's: another
    repository may keep its inventories on the same target, and has a state store of its own. A
    placement of a tenant that is still there but could not be rendered is never abandoned.
    """
    revision = snapshot.commit.id if snapshot.commit else snapshot.tree_id
    return tuple(
        Desired(placement, revision, (), abandoned=True)
        for placement in sorted(ours, key=str)
        if declared.lacks(placement)
    )
