"""The shipped example against a real API server: every object is admitted, none with a warning."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from tests.support import binaries
from tests.support.cluster import Cluster
from tests.support.company import rendered
from tests.support.waiting import eventually

TENANTS = (
    "aurora-retail",  # every kind of pack, a Helm chart among them
    "evergreen-bank",
    "granite-insurance",  # a chart that keeps data
    "harbor-travel",  # suspended
    "iris-university",  # the newest major version
    "juniper-media",  # leaving
)


@pytest.mark.requires("helm", "kubectl")
@pytest.mark.parametrize("tenant", TENANTS)
def test_every_object_of_a_tenant_is_admitted_without_a_warning(
    api_server: Cluster, tenant: str
) -> None:
    for placement in rendered(tenant).values():
        apply(api_server, [dict(resource.body) for resource in placement.resources])


def apply(cluster: Cluster, items: list[dict[str, Any]]) -> None:
    """Apply everything in one request each; a refusal or a warning fails the test."""
    listed = {"apiVersion": "v1", "kind": "List", "items": items}
    command = [
        str(binaries.need("kubectl")),
        f"--kubeconfig={cluster.kubeconfig}",
        "apply", "--server-side", "--validate=strict", "-f", "-",
    ]  # fmt: skip
    done = subprocess.run(
        command, input=json.dumps(listed), text=True, capture_output=True, check=False
    )
    # A warning is what Pod Security says of pods that are not *restricted*.
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("serverside-applied") == len(items)


@pytest.mark.requires("kubectl")
def test_the_workloads_of_a_tenant_are_admitted_by_its_quota_and_become_available(
    whole_cluster: Cluster,
) -> None:
    (placement,) = rendered("baltic-foods").values()
    items = [dict(resource.body) for resource in placement.resources]
    apply(whole_cluster, items)
    deployments = {b["metadata"]["name"] for b in items if b["kind"] == "Deployment"}

    def available() -> bool:
        path = f"/apis/apps/v1/namespaces/{placement.namespace}/deployments"
        _, listed = whole_cluster.call("GET", path)
        return deployments == {
            item["metadata"]["name"]
            for item in listed["items"]
            if item["status"].get("availableReplicas", 0) == item["spec"]["replicas"]
        }

    path = f"/api/v1/namespaces/{placement.namespace}/events"
    assert eventually(available), whole_cluster.call("GET", path)
