"""From what a template wrote to an object of the tenant: what it may be, and what marks it as ours.

Decides that a tenant's object lies in the tenant's namespace and reaches nothing beyond it; that
every object carries the standard labels; and what is left of a pack that is not to run. Whether
an object is *good* (its image, its limits) is left to policy.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from controlplane.render.errors import Fault, FilePlace

Json = Any
Body = dict[str, Json]
Mode = Literal["running", "suspended", "leaving"]

MANAGED_BY = "app.kubernetes.io/managed-by"
MANAGER = "controlplane"
PART_OF = "app.kubernetes.io/part-of"
NAME = "app.kubernetes.io/name"
VERSION = "app.kubernetes.io/version"
TENANT = "controlplane.dev/tenant"
ENVIRONMENT = "controlplane.dev/environment"
PACK = "controlplane.dev/pack"

_OURS = {MANAGED_BY: MANAGER}
_TOP = frozenset({"status"})
_METADATA = frozenset({"name", "namespace", "labels", "annotations"})
_OBJECT_NAME = re.compile(r"[a-z0-9]([-a-z0-9.:]{0,251}[a-z0-9])?")
_CLUSTER_WIDE = frozenset({
    "APIService", "CertificateSigningRequest", "ClusterRole", "ClusterRoleBinding", "CSIDriver",
    "CSINode", "CustomResourceDefinition", "DeviceClass", "FlowSchema", "IngressClass",
    "IPAddress", "MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding",
    "MutatingWebhookConfiguration", "Namespace", "Node", "PersistentVolume", "PriorityClass",
    "PriorityLevelConfiguration", "ResourceSlice", "RuntimeClass", "ServiceCIDR", "StorageClass",
    "StorageVersionMigration", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding",
    "ValidatingWebhookConfiguration", "VolumeAttachment", "VolumeAttributesClass",
    "ClusterTrustBundle", "GatewayClass", "ClusterIssuer", "List",
})  # fmt: skip
"""Kinds that reach beyond a namespace; `List` hides others and is refused with them."""

_SCALED = frozenset({"Deployment", "StatefulSet", "ReplicaSet", "ReplicationController"})
_SUSPENDABLE = frozenset({"CronJob", "Job"})
_ALWAYS_RUNS = frozenset({"DaemonSet", "Pod", "HorizontalPodAutoscaler"})
_RUNS_PODS = _SCALED | {"DaemonSet", "Job"}
_HOLDS_DATA = frozenset({"PersistentVolumeClaim"})

_TEMPLATE = ("spec", "template")
_JOB = ("spec", "jobTemplate")
BRANCHES = (
    ("spec",), _JOB, (*_JOB, "spec"),
    *(
        (*root, *rest)
        for root in (_TEMPLATE, (*_JOB, *_TEMPLATE))
        for rest in ((), ("metadata",), ("metadata", "labels"))
    ),
)  # fmt: skip
"""Where marks are put and workloads are stopped: each is a mapping where it is there."""

MARKED = frozenset({
    ("metadata", "labels"), ("metadata", "namespace"),
    (*_TEMPLATE, "metadata", "labels"), (*_JOB, *_TEMPLATE, "metadata", "labels"),
})  # fmt: skip
"""Where `marked` changes what a template wrote, as far as it is there."""

DECIDING = (("kind",), _TEMPLATE, (*_JOB, *_TEMPLATE))
"""What decides which of them are there: a kind, and whether its pods have a template."""

_ORDER = (
    "Namespace", "ResourceQuota", "LimitRange", "NetworkPolicy", "ServiceAccount", "Role",
    "RoleBinding", "ConfigMap", "Secret", "PersistentVolumeClaim", "Service",
)  # fmt: skip


@dataclass(frozen=True)
class Owner:
    """On whose behalf objects are made. `pack` and `version` are "" for the platform's own."""

    tenant: str
    environment: str
    namespace: str
    pack: str = ""
    version: str = ""

    def marks(self) -> dict[str, str]:
        """Return the labels that say whose a thing is, the same for objects and their pods."""
        labels = {PART_OF: self.tenant, TENANT: self.tenant, ENVIRONMENT: self.environment}
        if self.pack:
            labels[PACK] = self.pack
        return labels

    def labels(self) -> dict[str, str]:
        """Return every standard label of an object."""
        labels = self.marks()
        labels[MANAGED_BY] = MANAGER
        if self.pack:
            labels[NAME], labels[VERSION] = self.pack, self.version
        return labels


def faults(
    body: Body,
    owner: Owner,
    place: FilePlace,
    branches: Sequence[tuple[str, ...]] = BRANCHES,
) -> Iterator[Fault]:
    """Yield every reason why `body` cannot be an object of `owner`.

    `branches` are those that may be something else than a mapping.
    """

    def fault(message: str, remedy: str) -> Fault:
        return Fault(place, "object", message, remedy)

    metadata = body.get("metadata")
    for key in ("apiVersion", "kind"):
        if not isinstance(body.get(key), str) or not body[key]:
            yield fault(f"an object has no `{key}`", f"add `{key}:`")
            return
    if not isinstance(metadata, dict) or not isinstance(metadata.get("name"), str):
        yield fault(f"{_kind(body)} has no `metadata.name`", "give it a name that never changes")
        return
    title = _title(body)
    if not _OBJECT_NAME.fullmatch(metadata["name"]):
        yield fault(f"{title} is not named as Kubernetes wants it", "use a-z, 0-9, - and .")
    for key in _reserved(body, metadata):
        yield fault(f"{title} sets `{key}`, which is not a template's to set", "remove it")
    for key in ("labels", "annotations"):
        if key in metadata and not _is_text_map(metadata[key]):
            yield fault(f"`metadata.{key}` of {title} is not a mapping of text", "quote the values")
    for path in branches:
        if not is_branch(body, path):
            yield fault(f"`{'.'.join(path)}` of {title} is not a mapping", "see the kind's API")
    yield from reach(body, owner, place)


def _reserved(body: Body, metadata: Mapping[str, Json]) -> list[str]:
    """Return what is set that only a cluster sets, sorted."""
    if _METADATA.issuperset(metadata) and _TOP.isdisjoint(body):
        return []
    return sorted({f"metadata.{key}" for key in metadata.keys() - _METADATA} | (body.keys() & _TOP))


def is_branch(body: Json, path: tuple[str, ...]) -> bool:
    """Whether there is a mapping at `path`, or nothing."""
    return isinstance(_at(body, path), dict | None)


def _at(body: Json, path: tuple[str, ...]) -> Json:
    """Return what stands at `path`, None where nothing does or the way there is no mapping."""
    found: Json = body
    for step in path:
        found = found.get(step) if isinstance(found, dict) else None
    return found


def reach(body: Body, owner: Owner, place: FilePlace) -> Iterator[Fault]:
    """Yield what `body`, otherwise without fault, reaches beyond the namespace of `owner`.

    Of all faults these alone depend on whose object it is.
    """
    kind, metadata = body["kind"], body["metadata"]
    if kind == "Namespace" and not owner.pack:
        if metadata["name"] != owner.namespace:
            message = f"{_title(body)} is not the placement's namespace `{owner.namespace}`"
            yield Fault(place, "reach", message, "name it {{ namespace }}")
    elif kind in _CLUSTER_WIDE:
        message = f"{_title(body)} reaches beyond the tenant's namespace"
        yield Fault(place, "reach", message, "let the platform team provide it for the cluster")
    elif metadata.get("namespace") not in (None, owner.namespace):
        where = f"namespace {metadata['namespace']!r}, not `{owner.namespace}`"
        message = f"{_title(body)} is meant for {where}"
        yield Fault(place, "reach", message, "leave `metadata.namespace` out")


def _title(body: Body) -> str:
    return f"{_kind(body)} {body['metadata']['name']!r}"


def _kind(body: Mapping[str, Json]) -> str:
    kind = body.get("kind")
    return kind if isinstance(kind, str) and kind else "an object"


def _is_text_map(value: Json) -> bool:
    return isinstance(value, dict) and all(isinstance(part, str) for part in value.values())


def marked(body: Body, owner: Owner) -> Body:
    """Return `body` in the owner's namespace, with the standard labels on it and on its pods.

    Who owns an object is never a template's to say; its name and version may be.
    """
    metadata = dict(body["metadata"])
    own = metadata.get("labels", {})
    labels = owner.labels()
    metadata["labels"] = labels if not own else {**labels, **own, **owner.marks(), **_OURS}
    if body["kind"] != "Namespace":
        metadata["namespace"] = owner.namespace
    return _with_pod_marks({**body, "metadata": metadata}, owner)


def _with_pod_marks(body: Body, owner: Owner) -> Body:
    """Label the pods as well, so that network policy and cost can tell them apart."""
    if body["kind"] == "CronJob" and _at(body, (*_JOB, *_TEMPLATE)) is not None:
        job = {**body["spec"]["jobTemplate"], "kind": "Job"}
        inner = {k: v for k, v in _with_pod_marks(job, owner).items() if k != "kind"}
        return {**body, "spec": {**body["spec"], "jobTemplate": inner}}
    template = _at(body, _TEMPLATE)
    if body["kind"] not in _RUNS_PODS or template is None:
        return body
    metadata = template.get("metadata") or {}
    labels = {**(metadata.get("labels") or {}), **owner.marks()}
    template = {**template, "metadata": {**metadata, "labels": labels}}
    return {**body, "spec": {**body["spec"], "template": template}}


def kept(body: Body, mode: Mode) -> Body | None:
    """Return what is left of a pack's object in `mode`, None where nothing is.

    Suspended: nothing runs, everything else stays, so that resuming is one field. Leaving: only
    what holds data, until it is purged or handed over.
    """
    kind = body["kind"]
    if mode == "running":
        return body
    if mode == "leaving":
        return body if kind in _HOLDS_DATA else None
    if kind in _ALWAYS_RUNS:
        return None
    stop = {"replicas": 0} if kind in _SCALED else {"suspend": True}
    if kind in _SCALED | _SUSPENDABLE:
        return {**body, "spec": {**(body.get("spec") or {}), **stop}}
    return body


def rank(body: Mapping[str, Json]) -> int:
    """Return the place of a kind in a listing: what others need comes first."""
    kind = body["kind"]
    return _ORDER.index(kind) if kind in _ORDER else len(_ORDER)
