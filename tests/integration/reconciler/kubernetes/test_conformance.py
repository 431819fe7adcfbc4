"""The Kubernetes target keeps every promise of the port."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from reconciler.model import Placement, Resource
from reconciler.targets.base import Target
from reconciler.targets.kubernetes.target import KubernetesTarget
from tests.conformance.target import TargetBench, TargetConformance
from tests.integration.reconciler.kubernetes.world import Body, World, identifier, unique
from tests.support.kubernetes import ApiServer


class KubernetesBench(TargetBench):
    """ConfigMaps in one namespace for each placement."""

    def __init__(self, server: ApiServer) -> None:
        self._world = World(server)
        self._namespaces: dict[Placement, str] = {}
        self.target = self._world.target

    def placement(self, name: str) -> Placement:
        placement = Placement(f"acme/{unique(name)}", self.target.name)
        namespace = unique(name)
        self._namespaces[placement] = namespace
        self._world.cluster.create("/api/v1/namespaces", {"metadata": {"name": namespace}})
        return placement

    def resource(self, placement: Placement, index: int, variant: int = 0) -> Resource:
        return self._resource(placement, f"number-{index}", str(variant))

    def odd_resources(self, placement: Placement) -> Sequence[Resource]:
        role = {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "Role",
            "metadata": {
                "name": "system:odd:ünusual name?&#41+&",
                "namespace": self._namespaces[placement],
            },
            "rules": [],
        }
        names = ("a.b-c.0", "x" * 253, "number-0")
        return [*(self._resource(placement, n, "0") for n in names), _resource(role)]

    def tamper(self, placement: Placement, resource: Resource) -> None:
        change = {"op": "replace", "path": "/data/value", "value": "changed"}
        self._world.patch(resource.body, change)

    def remove(self, placement: Placement, resource: Resource) -> None:
        self._world.delete(resource.body)

    def plant(self, placement: Placement, resource: Resource) -> None:
        self._world.apply(dict(resource.body), manager="somebody")

    def exists(self, placement: Placement, resource: Resource) -> bool:
        return self._world.read(resource.body) is not None

    def unreachable(self) -> Target:
        path = self._world.cluster.kubeconfig
        config = path.with_name(f"{unique('away')}.kubeconfig")
        config.write_text(path.read_text().replace(self._world.cluster.url, "https://127.0.0.1:9"))
        return KubernetesTarget.connect("away", {"kubeconfig": str(config)})

    def _resource(self, placement: Placement, name: str, value: str) -> Resource:
        metadata = {"name": name, "namespace": self._namespaces[placement]}
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}
        return _resource({**body, "data": {"value": value}})


def _resource(body: Body) -> Resource:
    return Resource.of(identifier(body), body)


class TestKubernetes(TargetConformance):
    """The whole class, on a real API server."""

    @pytest.fixture
    def bench(self, api_server: ApiServer) -> Iterator[TargetBench]:
        made = KubernetesBench(api_server)
        yield made
        made.target.close()
