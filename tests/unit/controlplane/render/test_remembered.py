"""A chart is rendered once for the same release, and again for any other."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from controlplane.render.errors import FieldPlace, RendererUnavailableError
from controlplane.render.helm import Release
from controlplane.render.remembered import RememberedCharts
from tests.support.rendering import FakeCharts

RELEASE = Release(
    "web", "acme-prod", "catalog/web", {"a": b"1"}, {"x": 1}, FieldPlace("Tenant", "acme")
)


def test_the_same_release_is_rendered_once() -> None:
    inner = FakeCharts("text")
    charts = RememberedCharts(inner)
    assert [charts.render(RELEASE), charts.render(replace(RELEASE))] == ["text", "text"]
    assert len(inner.asked) == 1


@pytest.mark.parametrize(
    "other",
    [
        replace(RELEASE, name="b"),
        replace(RELEASE, namespace="b"),
        replace(RELEASE, root="b"),
        replace(RELEASE, files={"a": b"2"}),
        replace(RELEASE, files={"b": b"1"}),
        replace(RELEASE, values={"x": 2}),
    ],
)
def test_whatever_differs_is_rendered_again(other: Release) -> None:
    inner = FakeCharts("text")
    charts = RememberedCharts(inner)
    charts.render(RELEASE)
    charts.render(other)
    assert inner.asked == [RELEASE, other]


def test_the_oldest_answer_goes_first() -> None:
    inner = FakeCharts("text")
    charts = RememberedCharts(inner, kept=2)
    releases = [replace(RELEASE, name=name) for name in "abc"]
    for release in (*releases, releases[2], releases[0]):
        charts.render(release)
    assert [release.name for release in inner.asked] == ["a", "b", "c", "a"]


@dataclass
class Failing:
    asked: list[Release] = field(default_factory=list)

    def render(self, release: Release) -> str:
        self.asked.append(release)
        raise RendererUnavailableError("no", remedy="try again")


def test_a_failure_is_not_remembered() -> None:
    inner = Failing()
    charts = RememberedCharts(inner)
    for _ in range(2):
        with pytest.raises(RendererUnavailableError):
            charts.render(RELEASE)
    assert len(inner.asked) == 2
