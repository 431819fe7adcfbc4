"""The files that each client of a comparison is given: the same objects in its own form."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from reconciler.manifests import manifest_id
from reconciler.model import Placement, Resource
from reconciler.targets.kubernetes.body import applied
from reconciler.targets.kubernetes.identity import MANAGER, parse

Json = Any
PLACEMENT = Placement("benchmark/prod", "cluster")
_COLLECTIONS: Mapping[str, str] = {
    "ServiceAccount": "api/v1/namespaces/{}/serviceaccounts",
    "Service": "api/v1/namespaces/{}/services",
    "Deployment": "apis/apps/v1/namespaces/{}/deployments",
    "Ingress": "apis/networking.k8s.io/v1/namespaces/{}/ingresses",
}
_QUERY = urlencode({"fieldManager": MANAGER, "fieldValidation": "Strict", "force": "false"})


def write_manifests(path: Path, objects: Sequence[Mapping[str, Json]]) -> Path:
    """Write one `List`, as kubectl and our own client read it (JSON, which is YAML)."""
    document = {"apiVersion": "v1", "kind": "List", "items": list(objects)}
    path.write_text(json.dumps(document, separators=(",", ":")), encoding="utf-8")
    return path


def write_requests(path: Path, objects: Sequence[Mapping[str, Json]]) -> Path:
    """Write the very requests that our target sends, in the order of `objects`."""
    path.write_text("".join(_request(body) for body in objects), encoding="utf-8")
    return path


def resources(document: Mapping[str, Json]) -> tuple[Resource, ...]:
    """The objects of a `List` as resources that a placement can desire."""
    return tuple(Resource.of(manifest_id(body), body) for body in document["items"])


def _request(body: Mapping[str, Json]) -> str:
    resource = Resource.of(manifest_id(body), body)
    ref = parse(resource.id)
    where = _COLLECTIONS[ref.kind].format(ref.namespace)
    text = json.dumps(applied(resource, PLACEMENT, ref), separators=(",", ":"))
    return f"/{where}/{ref.name}?{_QUERY}\t{text}\n"
