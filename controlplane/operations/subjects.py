"""Turns what a revision says into the subjects that rules judge: resources, placements, the change.

Pure: snapshots, changes and rendered placements come in as values. A subject carries everything a
rule may look at, so that the decision can be made again from the envelope alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from controlplane.operations.requirements import EMERGENCY
from controlplane.policy.envelope import NO_CHANGE, Encoded, Subject, encoded_references
from controlplane.render.model import RenderedPlacement
from controlplane.repo.changes import Changes, SubjectChange
from controlplane.repo.snapshot import Snapshot
from controlplane.resources.base import Resource
from controlplane.resources.price_plan import PricePlan
from controlplane.resources.references import Reference, references
from controlplane.resources.tenant import Tenant
from controlplane.resources.versions import PackVersion
from evidence.canonical import Json

References = dict[str, dict[str, Encoded]]


class Projections:
    """The form in which rules see the resources of one snapshot, each written once.

    What only one subject holds is soon forgotten, so that memory does not grow with the fleet.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self._shared: dict[tuple[str, str], Encoded] = {}
        self._own: dict[tuple[str, str], Encoded] = {}
        # Of the resource asked about last: the placements of a tenant come one after the other.
        self._found: tuple[Resource | None, References] = (None, {})
        self._last: tuple[Resource | None, Encoded] = (None, Encoded.of({}))

    def of(self, resource: Resource) -> Encoded:
        """Return `for_policy` of a resource of this snapshot, as canonical bytes."""
        kept = self._own if resource.kind in _NUMEROUS else self._shared
        key = (resource.kind, resource.identity)
        if key not in kept:
            if kept is self._own and len(kept) >= _RECENT:
                kept.clear()
            kept[key] = Encoded.of(resource.for_policy())
        return kept[key]

    def references(self, resource: Resource) -> Encoded:
        """Return `resolved` of a resource, as canonical bytes."""
        return encoded_references(self._resolved(resource))

    def with_itself(self, tenant: Resource) -> Encoded:
        """Return the references of a tenant, and among them the tenant."""
        if self._last[0] is not tenant:
            found = {kind: dict(members) for kind, members in self._resolved(tenant).items()}
            found.setdefault(tenant.kind, {})[tenant.identity] = self.of(tenant)
            self._last = (tenant, encoded_references(found))
        return self._last[1]

    def _resolved(self, resource: Resource) -> References:
        if self._found[0] is not resource:
            self._found = (resource, resolved(resource, self))
        return self._found[1]


_NUMEROUS = frozenset({"Tenant", "PackLock"})
_RECENT = 64


def resource_subject(
    resource: Resource, head: Projections, base: Snapshot, change: SubjectChange | None
) -> Subject:
    """Return the subject for one resource as it stands at `head`, with what it refers to there."""
    judged = head.of(resource)
    return Subject(
        kind=resource.kind,
        name=resource.identity,
        resource=judged,
        references=head.references(resource),
        change=_change(change, _before(resource, judged, base, change)),
    )


def _before(
    resource: Resource, judged: Encoded, base: Snapshot, change: SubjectChange | None
) -> Encoded | None:
    """Return what `base` says of the resource; of one that is only reached, what it still says."""
    if change is None:
        declared = base.document(resource.kind, resource.identity)
        return judged if declared is not None and declared.parsed.valid else None
    held = base.get(resource.kind, resource.identity)
    return None if held is None else Encoded.of(held.for_policy())


def placement_subject(placement: RenderedPlacement, head: Projections) -> Subject:
    """Return the subject for everything one environment of a tenant holds on one target."""
    tenant = head.snapshot.get("Tenant", placement.tenant)
    resource = {
        "tenant": placement.tenant,
        "environment": placement.environment,
        "target": placement.target,
        "namespace": placement.namespace,
        "objects": Encoded.sequence(Encoded((item.text,)) for item in placement.objects),
    }
    return Subject(
        kind="Placement",
        name=placement.name,
        resource=Encoded.mapping(resource),
        references={} if tenant is None else head.with_itself(tenant),
    )


def resolved(resource: Resource, known: Projections) -> References:
    """Return everything `resource` refers to, one step far, as kind → identity → projection.

    A tenant gets its lock file with the pack versions that it holds, and the price plans that are
    for it. What does not resolve is absent: a rule that needs it denies.
    """
    found: References = {}
    for other in _referred(resource, known.snapshot):
        found.setdefault(other.kind, {})[other.identity] = known.of(other)
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


def _change(change: SubjectChange | None, before: Encoded | None) -> Mapping[str, Json | Encoded]:
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
