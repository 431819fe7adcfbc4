"""The harness itself: it finds a run that is not safe to kill, and passes one that is."""

from __future__ import annotations

from pathlib import Path

from reconciler.crashpoints import reached
from tests.support.crashing import Json, Scenario, examine


class Unsafe(Scenario):
    """Counts in a file; killed between its two writes, the next run counts twice."""

    def prepare(self) -> None:
        self.folder.mkdir(parents=True)
        (self.folder / "count").write_text("0")

    def run(self) -> None:
        if (self.folder / "done").exists():
            return
        reached("count.before")
        count = self.folder / "count"
        count.write_text(str(int(count.read_text()) + 1))
        reached("count.after")
        (self.folder / "done").touch()
        reached("done.after")

    def final(self) -> tuple[Json, list[str]]:
        return {"count": (self.folder / "count").read_text()}, []


class Safe(Unsafe):
    """Writes the same count however often it is run."""

    def run(self) -> None:
        reached("count.before")
        (self.folder / "count").write_text("1")
        reached("count.after")


def test_a_run_that_is_not_safe_is_found_out(tmp_path: Path) -> None:
    report = examine(f"{__name__}:Unsafe", tmp_path, timeout=60)
    assert report.points == ["count.before", "count.after", "done.after"]
    (problem,) = report.problems
    assert problem == "killed at point 2, count.after: count: expected '1', found '2'"


def test_a_run_that_is_safe_passes(tmp_path: Path) -> None:
    report = examine(f"{__name__}:Safe", tmp_path, timeout=60)
    assert (report.points, report.problems) == (["count.before", "count.after"], [])
