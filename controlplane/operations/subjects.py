"""Turns what a revision says into the subjects that rules judge: resources, placements, the change.

Pure: snapshots, changes and rendered placements come in as values. A subject carries everything a
rule may look at, so that the decision can be made again from the envelope alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from controlplane.operations.requirements import EMERGENCY
from controlplane.policy.envelope import NO_CHANGE, Subject
from controlplane.render.model import RenderedPlacement
from controlplane.repo.changes import Changes, SubjectChange
from controlplane.repo.snapshot import Snapshot
from controlplane.resources.base import Resource
from controlplane.resources.price_plan import PricePlan
from controlplane.resources.references import Reference, references
from controlplane.resources.tenant import Tenant
from controlplane.resources.versions import PackVersion
from evidence.canonical import Json

References = dict[str, dict[str, Json]]


def resource_subject(
    resource: Resource, head: Snapshot, base: Snapshot, change: SubjectChange | None
) -> Subject:
    """Return the subject for one resource as it stands at `head`, with what it refers to there."""
    judged = resource.for_policy()
    return Subject(
        kind=resource.kind,
        name=resource.identity,
        resource=judged,
        references=resolved(resource, head),
        change=_change(change, _before(resource, judged, base, change)),
    )


def _before(
    resource: Resource, judged: Json, base: Snapshot, change: SubjectChange | None
) -> Json | None:
    """Return what `base` says of the resource; of one that is only reached, what it still says."""
    held = base.get(resource.kind, resource.identity)
    if held is None:
        return None
    return judged if change is None else held.for_policy()


def placement_subject(placement: RenderedPlacement, head: Snapshot) -> Subject:
    """Return the subject for everything one environment of a tenant holds on one target."""
    found: References = {}
    tenant = head.get("Tenant", placement.tenant)
    if tenant is not None:
        found = resolved(tenant, head)
        found.setdefault("Tenant", {})[tenant.identity] = tenant.for_policy()
    return Subject(
        kind="Placement",
        name=placement.name,
        resource={
            "tenant": placement.tenant,
            "environment": placement.environment,
            "target": placement.target,
            "namespace": placement.namespace,
            "objects": [resource.body for resource in placement.resources],
        },
        references=found,
    )


def resolved(resource: Resource, snapshot: Snapshot) -> References:
    """Return everything `resource` refers to, one step far, as kind → identity → projection.

    A tenant gets its lock file with the pack versions that it holds, and the price plans that are
    for it. What does not resolve is absent: a rule that needs it denies.
    """
    found: References = {}
    for other in _referred(resource, snapshot):
        found.setdefault(other.kind, {})[other.identity] = other.for_policy()
    return found


def _referred(resource: Resource, snapshot: Snapshot) -> Iterator[Resource]:
    for reference in references(resource):
        if not (isinstance(resource, Tenant) and "Pack" in reference.kinds):
            yield from _resolve(reference, snapshot)
    if isinstance(resource, Tenant):
        lock = snapshot.get("PackLock", resource.metadata.name)
        yield from [lock] if lock is not None else []
        for reference in references(lock) if lock is not None else ():
            if "Pack" in reference.kinds:
                yield from _resolve(reference, snapshot)
        yield from _price_plans(resource, snapshot)


def _resolve(reference: Reference, snapshot: Snapshot) -> Iterator[Resource]:
    """Yield what a reference can mean: one resource, or every version of a pack in its range."""
    for kind in reference.kinds:
        if kind != "Pack":
            found = snapshot.get(kind, reference.name)
            yield from [found] if found is not None else []
            continue
        for version, pack in snapshot.packs(reference.name).items():
            wanted = reference.version_range
            if wanted is None or wanted.contains(PackVersion.parse(version)):
                yield pack


def _price_plans(tenant: Tenant, snapshot: Snapshot) -> Iterator[Resource]:
    """Yield the price plans of the tenant's bundle where it names none itself.

    All of them, whenever they are in force: a rule holds under today's prices and under next
    month's, and its verdict does not depend on the day.
    """
    if tenant.spec.price_plan is None:
        for plan in snapshot.of_kind("PricePlan").values():
            if isinstance(plan, PricePlan) and plan.spec.plan == tenant.spec.plan:
                yield plan


@dataclass(frozen=True)
class ChangeContext:
    """What rules may know of a change beside what changed; all of it by the word of the base.

    `requirements` are the approvals it needs, `owners` whose files it touches, `authors` who wrote
    it; `emergency` says that an approval claims one.
    """

    authors: Sequence[Json] = ()
    requirements: Sequence[Json] = ()
    owners: Sequence[Json] = ()
    emergency: bool = False
    references: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)


NO_CONTEXT = ChangeContext()


def change_subject(
    changes: Changes, base: Json, head: Json, context: ChangeContext = NO_CONTEXT
) -> Subject:
    """Return the subject for the change as a whole. `base` and `head` describe two commits."""
    reach = changes.reach
    claimed = {EMERGENCY} if context.emergency else set()
    return Subject(
        kind="Change",
        name="change",
        resource={
            "base": base,
            "head": head,
            "classes": sorted(changes.classes | claimed),
            "subjects": [
                {"kind": each.kind, "name": each.identity, **_change(each, None)}
                for each in changes.subjects
            ],
            "files": [
                {
                    "path": file.path,
                    "operation": file.operation,
                    "class": file.change_class,
                    "pack": file.pack,
                }
                for file in changes.files
            ],
            "paths": list(changes.paths),
            "blastRadius": {
                "tenants": sorted(reach.tenants),
                "environments": sorted(reach.environments),
                "targets": sorted(reach.targets),
            },
            "authors": list(context.authors),
            "requirements": list(context.requirements),
            "owners": list(context.owners),
        },
        references=context.references,
    )


def _change(change: SubjectChange | None, before: Json | None) -> Mapping[str, Json]:
    """Return the envelope's `change` for one subject."""
    value: dict[str, Any] = dict(NO_CHANGE)
    if change is not None:
        value = {
            "operation": change.operation,
            "classes": sorted(change.classes),
            "fields": [field.to_json() for field in change.fields],
        }
    if before is not None:
        value["before"] = before
    return value
