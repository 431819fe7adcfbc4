"""What Kubernetes asks about an object, read from an AdmissionReview, and how rules see the object.

The format is admission.k8s.io/v1 (kubernetes.io/docs/reference/access-authn-authz). Rules see what
somebody declares, so what the server adds (status, uid, managed fields) is taken off. A pod that a
controller made is judged as what made it: the rules about a Deployment's pods are the rules about
the pods of its ReplicaSets. Anybody can write an owner into what they send, so it is believed of
Kubernetes' own controllers only. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from controlplane.values import FieldPath

Json = Any
Body = Mapping[str, Json]

API_VERSION = "admission.k8s.io/v1"
_OPERATIONS = ("CREATE", "UPDATE", "DELETE")
_KEPT = ("name", "namespace", "labels", "annotations")
_MADE_BY: Mapping[tuple[str, str], tuple[str, str]] = {
    ("apps", "ReplicaSet"): ("apps/v1", "Deployment"),
    ("apps", "StatefulSet"): ("apps/v1", "StatefulSet"),
    ("apps", "DaemonSet"): ("apps/v1", "DaemonSet"),
    ("batch", "Job"): ("batch/v1", "Job"),
}
"""Group and kind of a pod's controller → as what the pod is judged."""
_CONTROLLERS = re.compile(
    r"system:kube-controller-manager|system:serviceaccount:kube-system:[a-z0-9-]+-controller"
)
"""As whom Kubernetes' own controllers ask: together, or each by an account of its own."""


class ReviewError(Exception):
    """The body is no AdmissionReview; `place` is where it is not."""

    def __init__(self, place: str, words: str) -> None:
        super().__init__(words)
        self.place = place


@dataclass(frozen=True)
class Asked:
    """One request of Kubernetes. `body` is the object; on DELETE what is to go."""

    uid: str
    operation: str
    kind: str
    namespace: str
    name: str
    user: str
    body: Body
    before: Body | None
    dry_run: bool

    @property
    def by_controller(self) -> bool:
        """Whether one of Kubernetes' own controllers asks; the API server says who it is."""
        return _CONTROLLERS.fullmatch(self.user) is not None

    @property
    def title(self) -> str:
        """The object as people name it."""
        return f"{self.kind} {self.namespace + '/' if self.namespace else ''}{self.name}"


@dataclass(frozen=True)
class Seen:
    """An object as rules see it. `inside` is the part of a path that is not the object's own.

    `child` says that a controller made it of something declared, so that it stands beside that.
    """

    body: Body
    inside: FieldPath = ()
    child: bool = False

    def own(self, path: FieldPath) -> FieldPath:
        """Return a path inside the object as it was sent."""
        length = len(self.inside)
        return path[length:] if path[:length] == self.inside else path


def review(value: Json) -> Asked:
    """Return what is asked; raises ReviewError."""
    if not isinstance(value, dict) or value.get("apiVersion") != API_VERSION:
        raise ReviewError("apiVersion", f"this is no AdmissionReview of {API_VERSION}")
    if value.get("kind") != "AdmissionReview":
        raise ReviewError("kind", "this is no AdmissionReview")
    request = _mapping(value.get("request"), "request")
    operation = _text(request, "operation", "request")
    deletes = operation == "DELETE"
    given = request.get("oldObject" if deletes else "object")
    body = _mapping(given, "request.oldObject" if deletes else "request.object")
    before = request.get("oldObject")
    metadata = _mapping(body.get("metadata"), "request.object.metadata")
    kind = _mapping(request.get("kind"), "request.kind")
    name = request.get("name") or metadata.get("name") or f"{metadata.get('generateName', '')}*"
    if operation not in _OPERATIONS:
        raise ReviewError("request.operation", f"{operation!r} is not judged here")
    for key in ("apiVersion", "kind"):
        _text(body, key, "request.object")
    return Asked(
        uid=_text(request, "uid", "request"),
        operation=operation,
        kind=_text(kind, "kind", "request.kind"),
        namespace=request.get("namespace") or "",
        name=str(name),
        user=str(_mapping(request.get("userInfo", {}), "request.userInfo").get("username", "")),
        body=body,
        before=before if isinstance(before, dict) and not deletes else None,
        dry_run=request.get("dryRun") is True,
    )


def _mapping(value: Json, place: str) -> Body:
    if not isinstance(value, dict):
        raise ReviewError(place, f"`{place}` is missing or no object")
    return value


def _text(value: Body, key: str, place: str) -> str:
    found = value.get(key)
    if not isinstance(found, str) or not found:
        raise ReviewError(f"{place}.{key}", f"`{place}.{key}` is missing or no text")
    return found


def seen(body: Body, namespace: str, *, by_controller: bool = False) -> Seen:
    """Return an object as rules see it: as it would be declared.

    `by_controller` says that its owner may be believed. A namespace's `spec` holds finalizers only.
    """
    metadata = body.get("metadata")
    given = metadata if isinstance(metadata, dict) else {}
    kept = {key: given[key] for key in _KEPT if key in given}
    kept.setdefault("name", f"{given.get('generateName', '')}*")
    if namespace and body.get("kind") != "Namespace":
        kept["namespace"] = namespace
    own = ("status", "spec") if body.get("kind") == "Namespace" else ("status",)
    plain = {key: value for key, value in body.items() if key not in own} | {"metadata": kept}
    return _as_declared(plain, given) if by_controller else Seen(plain)


def _as_declared(body: dict[str, Json], metadata: Body) -> Seen:
    """Return a controller's child in the form in which its kind is declared."""
    owner = _controller(metadata)
    made = f"{body.get('apiVersion')}/{body.get('kind')}"
    if made == "apps/v1/ReplicaSet" and owner == ("apps", "Deployment"):
        return Seen({**body, "kind": "Deployment"}, child=True)
    if made != "v1/Pod" or owner is None or owner not in _MADE_BY:
        return Seen(body)
    version, kind = _MADE_BY[owner]
    pod = {"metadata": body["metadata"], "spec": body.get("spec", {})}
    labels = {"matchLabels": body["metadata"].get("labels", {})}
    return Seen(
        {
            "apiVersion": version,
            "kind": kind,
            "metadata": body["metadata"],
            "spec": {"selector": labels, "template": pod},
        },
        inside=("spec", "template"),
        child=True,
    )


def _controller(metadata: Body) -> tuple[str, str] | None:
    """Return group and kind of the controller that made an object, None where there is none."""
    owners = metadata.get("ownerReferences")
    for owner in owners if isinstance(owners, list) else []:
        if isinstance(owner, dict) and owner.get("controller") is True:
            return str(owner.get("apiVersion", "")).partition("/")[0], str(owner.get("kind", ""))
    return None
