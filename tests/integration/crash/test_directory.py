"""SIGKILL at every durable write of a pass over a directory: the next pass puts all of it right."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import pytest

from reconciler.model import Desired, Placement, Resource
from reconciler.targets.base import Target
from reconciler.targets.directory import DirectoryTarget, files
from reconciler.targets.directory.names import file_name
from tests.integration.crash.world import Json, ReconcilerScenario, tree
from tests.support.crashing import examine

ACME, BRAVO = Placement("acme/prod", "rendered"), Placement("bravo/prod", "rendered")
GONE = Placement("gone/prod", "rendered")


def resource(name: str, value: str = "1") -> Resource:
    body = {"kind": "ConfigMap", "metadata": {"name": name}, "data": {"value": value}}
    return Resource.of(f"v1/ConfigMap/_/{name}", body)


BEFORE = (
    Desired(ACME, "aa" * 20, (resource("changed"), resource("drifted"), resource("pruned"))),
    Desired(BRAVO, "aa" * 20, (resource("pruned"),)),
    Desired(GONE, "aa" * 20, (resource("pruned"),)),
)
AFTER = (
    Desired(ACME, "bb" * 20, (resource("changed", "2"), resource("drifted"), resource("new"))),
    Desired(BRAVO, "bb" * 20, (resource("new"), resource("another"))),
    Desired(GONE, "bb" * 20, (), abandoned=True),
)
POINTS = (
    "state.intent",
    "directory.swap.before",
    "directory.swap.after",
    "directory.inventory.before",
    "directory.inventory.removed",
    "directory.folder.removed",
    "evidence: ",
)


class DirectoryScenario(ReconcilerScenario):
    """Two placements that change, one with a drift, a foreign file and something to prune, and
    one that nobody declares any more.
    """

    before, after = BEFORE, AFTER

    def target(self) -> Target:
        return DirectoryTarget("rendered", self.folder / "rendered")

    def prepare(self) -> None:
        self.folder.mkdir(parents=True)
        self.make_keys()
        self.apply(self.before)
        folder = self.folder / "rendered" / ACME.name
        (folder / file_name(resource("drifted").id)).write_text("edited by hand")
        (folder / "README.md").write_text("not ours")

    def prepare_as(self, other: Path) -> None:
        shutil.copytree(other, self.folder)

    def run(self) -> None:
        self.apply(self.after)

    def final(self) -> tuple[Json, list[str]]:
        state = {
            "tree": tree(self.folder / "rendered", without=".controlplane"),
            "leftover": [
                p.name for p in (self.folder / "rendered/.controlplane").iterdir() if p.is_dir()
            ],
            "state": self.remembered(self.after),
        }
        return state, list(self.unexplained(self.target(), self.after))


class TwoStepsScenario(DirectoryScenario):
    """The first of them on a file system that cannot exchange two folders at once."""

    before, after = BEFORE[:1], AFTER[:1]

    def run(self) -> None:
        with mock.patch.object(files, "_renameat2", return_value=None):
            super().run()


@pytest.mark.parametrize(
    ("scenario", "points"),
    [(DirectoryScenario, POINTS), (TwoStepsScenario, ("directory.swap.between",))],
    ids=["at once", "in two steps"],
)
def test_the_next_pass_ends_where_an_unharmed_one_does(
    tmp_path: Path,
    record_property: Callable[[str, object], None],
    scenario: type[DirectoryScenario],
    points: tuple[str, ...],
) -> None:
    report = examine(f"{__name__}:{scenario.__name__}", tmp_path, timeout=600)
    record_property(f"counted: crash points, {scenario.__name__}", len(report.points))
    assert report.problems == []
    for place in points:
        assert any(place in point for point in report.points), place
