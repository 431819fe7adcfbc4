"""May Kubernetes take an object into a tenant's namespace? The gate's rules, asked of what is live.

The object is put among those that the placement renders to at the revision in force, in place of
the one of its name or beside them, and the placement is judged as by the gate. What counts is what
the object adds: a finding that the placement has without it was judged before that revision merged.
An answer that stayed open always denies.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from controlplane.operations import rendering, subjects
from controlplane.operations.admitted_object import Asked, Seen, seen
from controlplane.operations.findings import worded
from controlplane.operations.freezes import clock
from controlplane.operations.serving import Final, InForce
from controlplane.policy.model import Finding, Severity, Verdict
from controlplane.render.errors import FilePlace
from controlplane.render.helm import ChartRenderer
from controlplane.render.model import RenderedObject, RenderedPlacement
from controlplane.render.objects import MANAGED_BY, MANAGER, TENANT
from controlplane.repo.snapshot import Snapshot
from controlplane.resources.environment import Environment
from controlplane.resources.tenant import Tenant
from controlplane.values import dotted
from evidence.canonical import Json
from reconciler.manifests import manifest_id

REMEMBERED = 256  # rendered tenants of a revision
_LIVE = FilePlace("the object", 1)
_Key = tuple[str, str, str, str, str]


@dataclass(frozen=True)
class Admitted:
    """The answer. `final` is None where no rule had to be asked; `why` says why then."""

    allow: bool
    subject: str
    why: str
    final: Final | None = None
    reasons: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


class Homes:
    """The namespaces of tenants at one revision, and what each is rendered to. Not for threads."""

    def __init__(self, snapshot: Snapshot, charts: ChartRenderer) -> None:
        self._snapshot, self._charts = snapshot, charts
        self.known = subjects.Projections(snapshot)
        self._tenants = dict(_namespaces(snapshot))
        self._rendered: OrderedDict[str, tuple[RenderedPlacement, ...]] = OrderedDict()

    def placement(self, cluster: str, namespace: str) -> RenderedPlacement | None:
        """Return what a namespace of a cluster holds as declared, None for nobody's.

        Raises IndeterminateError where that tenant cannot be rendered.
        """
        tenant = self._tenants.get((cluster, namespace))
        if tenant is None:
            return None
        found = self._placements(tenant)
        return next(p for p in found if (p.target, p.namespace) == (cluster, namespace))

    def _placements(self, tenant: str) -> tuple[RenderedPlacement, ...]:
        if tenant not in self._rendered:
            made = rendering.render(self._snapshot, [tenant], self._charts)
            if made.problems:
                first = made.problems[tenant][0]
                raise NotRenderedError(f"{tenant} cannot be rendered: {first.position}: "
                                       f"{first.message}")  # fmt: skip
            self._rendered[tenant] = made.placements
            if len(self._rendered) > REMEMBERED:
                self._rendered.popitem(last=False)
        self._rendered.move_to_end(tenant)
        return self._rendered[tenant]


class NotRenderedError(Exception):
    """What a namespace should hold cannot be said, so nothing can be said about what comes."""


def _namespaces(snapshot: Snapshot) -> Iterator[tuple[tuple[str, str], str]]:
    """Yield (cluster, namespace) → tenant for every placement."""
    for name, tenant in snapshot.of_kind("Tenant").items():
        for each in tenant.spec.placements if isinstance(tenant, Tenant) else ():
            yield (each.target, each.namespace or f"{name}-{each.environment}"), name


def admit(asked: Asked, cluster: str, policies: InForce, homes: Homes, now: datetime) -> Admitted:
    """Return whether the object may be taken."""
    namespace = asked.name if asked.kind == "Namespace" else asked.namespace
    try:
        placement = homes.placement(cluster, namespace)
    except NotRenderedError as error:
        return Admitted(allow=False, subject="", why=str(error), reasons=(str(error),))
    if placement is None:
        return _nobodys(asked, cluster, policies)
    subject = f"Placement/{placement.name}"
    if asked.operation == "DELETE" and asked.kind == "Namespace":
        why = f"the namespace is {placement.tenant}'s at {policies.revision[:12]}"
        remedy = f"{why}; take the placement out of Git first"
        return Admitted(allow=False, subject=subject, why=why, reasons=(remedy,))
    if asked.kind == "Namespace" and (lost := _lost(asked, placement)):
        why = f"the namespace is {placement.tenant}'s, and its label {lost} does not say so"
        return Admitted(allow=False, subject=subject, why=why, reasons=(why,))
    new = _seen(asked, asked.body, placement)
    if asked.before is not None and _seen(asked, asked.before, placement) == new:
        return Admitted(allow=True, subject=subject, why="nothing that rules see is changed")
    return _judged(asked, new, placement, policies, homes.known, now)


def _lost(asked: Asked, placement: RenderedPlacement) -> str:
    """Return the first label by which a tenant's namespace is known and that it has not, else "".

    Without the second one the API server would ask nobody about what the namespace holds.
    """
    own = _labels(asked.body)
    marks = {TENANT: placement.tenant, MANAGED_BY: MANAGER}
    return next((name for name, value in marks.items() if own.get(name) != value), "")


def _seen(asked: Asked, body: Mapping[str, Json], placement: RenderedPlacement) -> Seen:
    found = seen(body, asked.namespace, by_controller=asked.by_controller)
    return _as_a_part(found, placement)


def _as_a_part(new: Seen, placement: RenderedPlacement) -> Seen:
    """Return a controller's child with what the declared workload says that it is a part of.

    Controllers hand on the labels of a template only: what a workload says of its pack, and of how
    many the child is one, stands on the workload itself.
    """
    if not new.child:
        return new
    own = _labels(new.body)
    for each in placement.objects:
        body = each.resource.body
        if (body.get("apiVersion"), body.get("kind")) != (new.body["apiVersion"], new.body["kind"]):
            continue
        chosen = body.get("spec", {}).get("selector", {}).get("matchLabels") or {}
        if chosen and chosen.items() <= own.items():
            metadata = {**new.body["metadata"], "labels": {**_labels(body), **own}}
            made = {**new.body, "metadata": metadata}
            if isinstance(made.get("spec"), dict) and "replicas" in body["spec"]:
                made["spec"] = {**made["spec"], "replicas": body["spec"]["replicas"]}
            return replace(new, body=made)
    return new


def _labels(body: Mapping[str, Json]) -> Mapping[str, Json]:
    metadata = body.get("metadata")
    labels = metadata.get("labels") if isinstance(metadata, dict) else None
    return labels if isinstance(labels, dict) else {}


def _nobodys(asked: Asked, cluster: str, policies: InForce) -> Admitted:
    """Answer about a namespace that no tenant has at this revision.

    What goes may go: a tenant that left Git is taken away. A namespace that does not say it is a
    tenant's is none of ours; anything else is denied.
    """
    revision = policies.revision[:12]
    if asked.operation == "DELETE":
        return Admitted(allow=True, subject="", why="it goes from a namespace of no tenant")
    if asked.before is not None and seen(asked.before, "") == seen(asked.body, ""):
        return Admitted(allow=True, subject="", why="nothing that rules see is changed")
    if asked.kind == "Namespace" and not _labels(asked.body).keys() & {TENANT, MANAGED_BY}:
        return Admitted(allow=True, subject="", why="the namespace is no tenant's")
    namespace = asked.namespace or asked.name
    why = f"no tenant has the namespace {namespace} on {cluster} at {revision}"
    remedy = "declare it in Git, merge that, and let the reconciler make it"
    return Admitted(allow=False, subject="", why=why, reasons=(f"{why}; {remedy}",))


def _judged(
    asked: Asked,
    new: Seen,
    placement: RenderedPlacement,
    policies: InForce,
    known_here: subjects.Projections,
    now: datetime,
) -> Admitted:
    """Judge the placement with the object, or without what goes."""
    after = _with(placement, new, deleted=asked.operation == "DELETE")
    environments = policies.snapshot.of_kind("Environment")
    time = clock(now, [e for e in environments.values() if isinstance(e, Environment)])

    def ask(about: RenderedPlacement) -> Verdict:
        subject = subjects.placement_subject(about, known_here)
        return policies.judge_subject(subject, policies.facts, time)

    found, before = ask(after), ask(placement)
    known = {_key(each, placement) for each in before.findings}
    fresh = tuple(each for each in found.findings if _key(each, after) not in known)
    final = policies.weighed(replace(found, findings=fresh), now)
    verdict = final.verdict
    denied = [each for each in verdict.findings if each.severity is Severity.DENY]
    warned = [each for each in verdict.findings if each.severity is Severity.WARN]
    reasons = [_words(each, new, policies) for each in denied]
    reasons += [f"{each.rule} gave no answer: {each.cause}" for each in found.indeterminate]
    return Admitted(
        allow=verdict.allow,
        subject=f"Placement/{placement.name}",
        why="judged",
        final=final,
        reasons=tuple(dict.fromkeys(reasons)) or (() if verdict.allow else ("no rule was asked",)),
        warnings=tuple(_words(each, new, policies) for each in warned),
    )


def _with(placement: RenderedPlacement, new: Seen, *, deleted: bool) -> RenderedPlacement:
    body = new.body
    name = manifest_id(body)
    others = tuple(each for each in placement.objects if each.resource.id != name)
    if deleted:
        return replace_objects(placement, others)
    live = RenderedObject.of(body, _LIVE, "")
    if new.child:  # whatever its name: what is declared is there, too
        return replace_objects(placement, (*placement.objects, live))
    if len(others) == len(placement.objects):
        return replace_objects(placement, (*others, live))
    return replace_objects(
        placement, tuple(live if e.resource.id == name else e for e in placement.objects)
    )


def replace_objects(
    placement: RenderedPlacement, objects: tuple[RenderedObject, ...]
) -> RenderedPlacement:
    """Return the placement with other objects."""
    return RenderedPlacement(
        placement.tenant, placement.environment, placement.target, placement.namespace, objects
    )


def _key(finding: Finding, placement: RenderedPlacement) -> _Key:
    """Return what makes a finding the same when objects stand in another order."""
    path, about = finding.path, ""
    if len(path) > 1 and path[0] == "objects" and isinstance(path[1], int):
        if path[1] < len(placement.objects):
            about = placement.objects[path[1]].resource.id
        path = path[2:]
    return (finding.rule, finding.code, about, repr(path), repr(finding.params))


def _words(finding: Finding, new: Seen, policies: InForce) -> str:
    rule = policies.rules[finding.rule]
    message = worded(rule.messages.get(finding.code, finding.code), dict(finding.params))
    path = finding.path[2:] if finding.path[:1] == ("objects",) else finding.path
    place = f" at {dotted(new.own(path))}" if path else ""
    return f"{message} [{finding.rule}]{place}; {rule.remedy}"
