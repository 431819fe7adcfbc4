"""How a Kubernetes-shaped object is named across targets: one stable, readable id each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Json = Any


def manifest_id(body: Mapping[str, Json]) -> str:
    """Return `<apiVersion>/<kind>/<namespace or _>/<name>` of an object that has these fields."""
    metadata = body["metadata"]
    namespace = metadata.get("namespace") or "_"
    return f"{body['apiVersion']}/{body['kind']}/{namespace}/{metadata['name']}"
