"""The name of an object says version, kind, namespace and name."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.manifests import manifest_id


@pytest.mark.parametrize(
    ("version", "kind", "metadata", "expected"),
    [
        ("apps/v1", "Deployment", {"name": "a", "namespace": "n"}, "apps/v1/Deployment/n/a"),
        ("v1", "Namespace", {"name": "n"}, "v1/Namespace/_/n"),
    ],
)
def test_the_id_names_the_object(
    version: str, kind: str, metadata: dict[str, Any], expected: str
) -> None:
    assert manifest_id({"apiVersion": version, "kind": kind, "metadata": metadata}) == expected
