"""The directory target keeps the promises of every target."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from reconciler.manifests import to_yaml
from reconciler.model import Placement, Resource
from reconciler.targets.base import Target
from reconciler.targets.directory import DirectoryTarget
from reconciler.targets.directory.names import file_name, placement_path
from tests.conformance.target import TargetBench, TargetConformance


class DirectoryBench(TargetBench):
    """Reads and writes the files."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.target: Target = DirectoryTarget.connect("rendered", {"path": str(root)})

    def placement(self, name: str) -> Placement:
        return Placement(f"{name}/prod", self.target.name)

    def resource(self, placement: Placement, index: int, variant: int = 0) -> Resource:
        return Resource.of(
            f"v1/ConfigMap/acme/config-{index}",
            {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"namespace": "acme", "name": f"config-{index}"},
                "data": {"variant": str(variant)},
            },
        )

    def odd_resources(self, placement: Placement) -> Sequence[Resource]:
        names = ["", ".", "../up", "/root", "a_b/_/c", "a/b_/c", "ü \n", "x" * 400, "A", "a", "~"]
        return [Resource.of(name, {"name": name}) for name in names]

    def file(self, placement: Placement, resource: Resource) -> Path:
        return self.root / placement_path(placement.name) / file_name(resource.id)

    def tamper(self, placement: Placement, resource: Resource) -> None:
        path = self.file(placement, resource)
        path.write_bytes(path.read_bytes() + b"extra: true\n")

    def remove(self, placement: Placement, resource: Resource) -> None:
        self.file(placement, resource).unlink()

    def plant(self, placement: Placement, resource: Resource) -> None:
        path = self.file(placement, resource)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(to_yaml(resource.body))

    def exists(self, placement: Placement, resource: Resource) -> bool:
        return self.file(placement, resource).exists()

    def unreachable(self) -> Target:
        return DirectoryTarget("away", self.root / "missing" / "rendered")


class TestDirectoryTarget(TargetConformance):
    """Manifests in a folder."""

    @pytest.fixture
    def bench(self, tmp_path: Path) -> TargetBench:
        return DirectoryBench(tmp_path / "rendered")
