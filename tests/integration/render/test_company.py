"""The shipped example against a real API server: every object is admitted, none with a warning."""

from __future__ import annotations

import json
import subprocess

import pytest

from tests.support import binaries
from tests.support.cluster import Cluster
from tests.support.company import rendered

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
        items = [dict(resource.body) for resource in placement.resources]
        listed = {"apiVersion": "v1", "kind": "List", "items": items}
        command = [
            str(binaries.need("kubectl")),
            f"--kubeconfig={api_server.kubeconfig}",
            "apply", "--server-side", "--validate=strict", "-f", "-",
        ]  # fmt: skip
        done = subprocess.run(
            command, input=json.dumps(listed), text=True, capture_output=True, check=False
        )
        # A warning is what Pod Security says of pods that are not *restricted*.
        assert (done.returncode, done.stderr) == (0, ""), placement.name
        assert done.stdout.count("serverside-applied") == len(items)
