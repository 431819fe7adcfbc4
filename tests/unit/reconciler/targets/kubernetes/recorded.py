"""Metadata as an API server (1.35) returned it, times and versions shortened."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

Meta = dict[str, Any]

APP = 'k:{"name":"app"}'
BODY: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {
        "name": "web",
        "namespace": "acme",
        "labels": {"controlplane.dev/placement": "acme-prod.123456789abc"},
        "annotations": {
            "controlplane.dev/digest": "sha256:aa",
            "controlplane.dev/placement": "acme/prod",
        },
    },
    "spec": {
        "replicas": 2,
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {
                "containers": [
                    {"name": "app", "image": "app@sha256:00", "ports": [{"containerPort": 80}]}
                ],
                "volumes": [{"name": "v", "emptyDir": {}}],
            },
        },
    },
}
OURS: Meta = {
    "manager": "controlplane",
    "operation": "Apply",
    "apiVersion": "apps/v1",
    "time": "2026-11-21T08:18:44Z",
    "fieldsType": "FieldsV1",
    "fieldsV1": {
        "f:metadata": {
            "f:annotations": {"f:controlplane.dev/digest": {}, "f:controlplane.dev/placement": {}},
            "f:labels": {"f:controlplane.dev/placement": {}},
        },
        "f:spec": {
            "f:replicas": {},
            "f:selector": {},
            "f:template": {
                "f:metadata": {"f:labels": {"f:app": {}}},
                "f:spec": {
                    "f:containers": {
                        APP: {
                            ".": {},
                            "f:image": {},
                            "f:name": {},
                            "f:ports": {
                                'k:{"containerPort":80,"protocol":"TCP"}': {
                                    ".": {},
                                    "f:containerPort": {},
                                }
                            },
                        }
                    },
                    "f:volumes": {'k:{"name":"v"}': {".": {}, "f:emptyDir": {}, "f:name": {}}},
                },
            },
        },
    },
}
STATUS: Meta = {
    "manager": "kube-controller-manager",
    "operation": "Update",
    "apiVersion": "apps/v1",
    "time": "2026-11-21T08:18:46Z",
    "fieldsType": "FieldsV1",
    "fieldsV1": {
        "f:metadata": {"f:annotations": {"f:deployment.kubernetes.io/revision": {}}},
        "f:status": {"f:observedGeneration": {}, "f:replicas": {}},
    },
    "subresource": "status",
}


def update(tree: dict[str, Any], manager: str = "evil", subresource: str = "") -> Meta:
    """An entry of another manager."""
    entry = {
        "manager": manager,
        "operation": "Update",
        "apiVersion": "apps/v1",
        "time": "2026-11-21T08:20:00Z",
        "fieldsType": "FieldsV1",
        "fieldsV1": tree,
    }
    return {**entry, "subresource": subresource} if subresource else entry


def meta(*entries: Meta, **changed: Any) -> Meta:
    """Metadata of the Deployment with these managedFields beside ours."""
    return {
        **deepcopy(BODY["metadata"]),
        "uid": "e81a9fd3",
        "resourceVersion": "209",
        "generation": 1,
        "managedFields": [deepcopy(OURS), *entries],
        **changed,
    }


def without_ours(path: tuple[str, ...]) -> Meta:
    """Our entry after another manager took `path`."""
    entry = deepcopy(OURS)
    tree = entry["fieldsV1"]
    for segment in path[:-1]:
        tree = tree[segment]
    del tree[path[-1]]
    return entry
