"""The fake that other tests stand on keeps the promises of every target."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from reconciler.model import Placement, Resource
from reconciler.targets.base import Target
from tests.conformance.target import TargetBench, TargetConformance
from tests.fakes.target import FakeTarget


class FakeBench(TargetBench):
    """Reaches into the fake."""

    def __init__(self) -> None:
        self.fake = FakeTarget()
        self.target = self.fake

    def placement(self, name: str) -> Placement:
        return Placement(name, self.target.name)

    def resource(self, placement: Placement, index: int, variant: int = 0) -> Resource:
        return Resource.of(f"thing/{index}", {"index": index, "variant": variant})

    def odd_resources(self, placement: Placement) -> Sequence[Resource]:
        return [Resource.of(name, {"name": name}) for name in ("", "../x", "a b", "ü", "\n", "%2f")]

    def tamper(self, placement: Placement, resource: Resource) -> None:
        self.fake.tamper(placement, resource.id)

    def remove(self, placement: Placement, resource: Resource) -> None:
        del self.fake.held[placement.name, resource.id]

    def plant(self, placement: Placement, resource: Resource) -> None:
        self.fake.plant(placement, resource.id, resource.digest)

    def exists(self, placement: Placement, resource: Resource) -> bool:
        return (placement.name, resource.id) in self.fake.held

    def unreachable(self) -> Target:
        away = FakeTarget("away")
        away.unavailable = True
        return away


class TestFakeTarget(TargetConformance):
    """The fake."""

    @pytest.fixture
    def bench(self) -> TargetBench:
        return FakeBench()
