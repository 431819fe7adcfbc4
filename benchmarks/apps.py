"""The workload: apps of four objects each, small and shaped like real ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Json = Any
NAMESPACE = "apps"
IMAGE = "registry.example.com/app@sha256:" + "ab" * 32


def objects(apps: int) -> list[dict[str, Json]]:
    """A ServiceAccount, a Service, a Deployment of 0 replicas and an Ingress for each app."""
    return [body for number in range(apps) for body in _app(f"app-{number:05d}")]


def _app(name: str) -> list[dict[str, Json]]:
    labels = {"app.kubernetes.io/name": name, "app.kubernetes.io/part-of": "benchmark"}
    return [
        _object("v1", "ServiceAccount", name, labels, {"automountServiceAccountToken": False}),
        _object(
            "v1",
            "Service",
            name,
            labels,
            {
                "spec": {
                    "selector": {"app.kubernetes.io/name": name},
                    "ports": [{"name": "http", "port": 80, "targetPort": "http"}],
                }
            },
        ),
        _object("apps/v1", "Deployment", name, labels, {"spec": _deployment(name, labels)}),
        _object("networking.k8s.io/v1", "Ingress", name, labels, {"spec": _ingress(name)}),
    ]


def _object(
    api_version: str, kind: str, name: str, labels: Mapping[str, str], content: Mapping[str, Json]
) -> dict[str, Json]:
    metadata = {"name": name, "namespace": NAMESPACE, "labels": dict(labels)}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **content}


def _deployment(name: str, labels: Mapping[str, str]) -> dict[str, Json]:
    container = {
        "name": "app",
        "image": IMAGE,
        "ports": [{"name": "http", "containerPort": 8080}],
        "env": [{"name": "LOG_LEVEL", "value": "info"}],
        "resources": {
            "requests": {"cpu": "100m", "memory": "128Mi"},
            "limits": {"cpu": "500m", "memory": "256Mi"},
        },
        "readinessProbe": {"httpGet": {"path": "/ready", "port": "http"}},
    }
    return {
        "replicas": 0,
        "selector": {"matchLabels": {"app.kubernetes.io/name": name}},
        "template": {
            "metadata": {"labels": dict(labels)},
            "spec": {"serviceAccountName": name, "containers": [container]},
        },
    }


def _ingress(name: str) -> dict[str, Json]:
    backend = {"service": {"name": name, "port": {"name": "http"}}}
    path = {"path": "/", "pathType": "Prefix", "backend": backend}
    return {"rules": [{"host": f"{name}.example.com", "http": {"paths": [path]}}]}
