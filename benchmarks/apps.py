"""The workload: apps of four objects each, small and shaped like real ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Json = Any
NAMESPACE = "apps"
IMAGE = "registry.example.com/app@sha256:" + "ab" * 32


def objects(apps: int) -> list[dict[str, Json]]:
    """A ServiceAccount, a Service, a Deployment of 0 replicas and an Ingress for each app."""
    return [body for number in range(apps) for body in app(f"app-{number:05d}", NAMESPACE)]


def app(name: str, namespace: str) -> list[dict[str, Json]]:
    """The four objects of one app."""
    labels = {"app.kubernetes.io/name": name, "app.kubernetes.io/part-of": "benchmark"}
    service = {
        "selector": {"app.kubernetes.io/name": name},
        "ports": [{"name": "http", "port": 80, "targetPort": "http"}],
    }
    contents: tuple[tuple[str, str, Mapping[str, Json]], ...] = (
        ("v1", "ServiceAccount", {"automountServiceAccountToken": False}),
        ("v1", "Service", {"spec": service}),
        ("apps/v1", "Deployment", {"spec": _deployment(name, labels)}),
        ("networking.k8s.io/v1", "Ingress", {"spec": _ingress(name)}),
    )
    metadata = {"name": name, "namespace": namespace, "labels": labels}
    return [{"apiVersion": a, "kind": k, "metadata": metadata, **rest} for a, k, rest in contents]


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
