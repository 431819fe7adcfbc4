"""Ten ways in which somebody else changes what is ours, and how each is known to be healed.

Decides what an intruder does to which object of a team's namespace. When it is done, and how long
the healing takes, is left to `drift.py`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from benchmarks.apps import IMAGE, app
from reconciler.targets.kubernetes.identity import PLACEMENT_LABEL

Json = Any
INTRUDER = "intruder"
OTHER_IMAGE = "registry.example.com/other@sha256:" + "cd" * 32
MERGE, STRATEGIC = "application/merge-patch+json", "application/strategic-merge-patch+json"
JSON_PATCH, APPLY = "application/json-patch+json", "application/apply-patch+yaml"
_PEERS: Json = [{"from": [{"podSelector": {}}]}]
_RULE: Json = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}


@dataclass(frozen=True)
class Drift:
    """One kind of drift: a request of `method`, and what the live object must look like after.

    `collection` is the path with a place for the namespace; `name` the object's name. `healed`
    is given the live object (None where it is not there) and the one from before the change.
    """

    kind: str
    collection: str
    name: str
    body: Json
    content_type: str
    healed: Callable[[Json, Json], bool]
    method: str = "PATCH"

    def path(self, namespace: str) -> str:
        """Where the object is."""
        return f"{self.collection.format(namespace)}/{self.name}"

    @property
    def data(self) -> bytes | None:
        """What is sent."""
        return None if self.body is None else json.dumps(self.body).encode()


def team(namespace: str, apps: int) -> list[dict[str, Json]]:
    """Everything of one team: its namespace, what bounds it, and its apps."""
    head = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
    bounds: tuple[tuple[str, str, Mapping[str, Json]], ...] = (
        ("v1", "ResourceQuota", {"spec": {"hard": {"pods": "100", "requests.cpu": "20"}}}),
        (
            "networking.k8s.io/v1",
            "NetworkPolicy",
            {"spec": {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": _PEERS}},
        ),
        ("rbac.authorization.k8s.io/v1", "Role", {"rules": [_RULE]}),
    )
    metadata = {"name": "team", "namespace": namespace}
    bodies = [{"apiVersion": a, "kind": k, "metadata": metadata, **rest} for a, k, rest in bounds]
    return [head, *bodies, *(o for n in range(apps) for o in app(f"app-{n:02d}", namespace))]


def _container(live: Json) -> Json:
    return _pod(live)["containers"][0]


def _pod(live: Json) -> Json:
    return live["spec"]["template"]["spec"]


def _image_is_ours(live: Json, _: Json) -> bool:
    """Whether the image is as before and the intruder no longer holds the field."""
    others = [e for e in live["metadata"]["managedFields"] if e["manager"] == INTRUDER]
    return "f:image" not in json.dumps(others) and bool(_container(live)["image"] == IMAGE)


_DEPLOYMENTS = "/apis/apps/v1/namespaces/{}/deployments"
_TEMPLATE = "/spec/template/spec/containers/0/resources/limits"
DRIFTS: Final = (
    Drift(
        "field changed",
        _DEPLOYMENTS,
        "app-00",
        [{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": OTHER_IMAGE}],
        JSON_PATCH,
        lambda live, _: _container(live)["image"] == IMAGE,
    ),
    Drift(
        "field removed",
        _DEPLOYMENTS,
        "app-01",
        [{"op": "remove", "path": _TEMPLATE}],
        JSON_PATCH,
        lambda live, _: "limits" in _container(live)["resources"],
    ),
    Drift(
        "field added",
        _DEPLOYMENTS,
        "app-02",
        {"spec": {"template": {"spec": {"nodeSelector": {"disk": "fast"}}}}},
        MERGE,
        lambda live, _: "nodeSelector" not in _pod(live),
    ),
    Drift(
        "container added",
        _DEPLOYMENTS,
        "app-03",
        {"spec": {"template": {"spec": {"containers": [{"name": "more", "image": OTHER_IMAGE}]}}}},
        STRATEGIC,
        lambda live, _: len(_pod(live)["containers"]) == 1,
    ),
    Drift(
        "object deleted",
        "/api/v1/namespaces/{}/services",
        "app-04",
        None,
        "application/json",
        lambda live, before: live["metadata"]["uid"] != before["metadata"]["uid"],
        method="DELETE",
    ),
    Drift(
        "label taken",
        "/apis/networking.k8s.io/v1/namespaces/{}/ingresses",
        "app-05",
        {"metadata": {"labels": {PLACEMENT_LABEL: INTRUDER}}},
        MERGE,
        lambda live, before: live["metadata"]["labels"] == before["metadata"]["labels"],
    ),
    Drift(
        "ownership taken",
        _DEPLOYMENTS,
        "app-06",
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "spec": {"template": {"spec": {"containers": [{"name": "app", "image": OTHER_IMAGE}]}}},
        },
        APPLY,
        _image_is_ours,
    ),
    Drift(
        "quota raised",
        "/api/v1/namespaces/{}/resourcequotas",
        "team",
        {"spec": {"hard": {"pods": "10k"}}},
        MERGE,
        lambda live, _: live["spec"]["hard"]["pods"] == "100",
    ),
    Drift(
        "network policy loosened",
        "/apis/networking.k8s.io/v1/namespaces/{}/networkpolicies",
        "team",
        {"spec": {"ingress": [{}]}},
        MERGE,
        lambda live, _: live["spec"]["ingress"] == _PEERS,
    ),
    Drift(
        "role extended",
        "/apis/rbac.authorization.k8s.io/v1/namespaces/{}/roles",
        "team",
        [{"op": "add", "path": "/rules/-", "value": {**_RULE, "resources": ["secrets"]}}],
        JSON_PATCH,
        lambda live, _: live["rules"] == [_RULE],
    ),
)
