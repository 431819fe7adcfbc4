"""The company of the demonstration, with and without its Helm chart, is a valid repository."""

from __future__ import annotations

from pathlib import Path

from controlplane.cli.demo import unfound
from controlplane.cli.demo_story import CHART, company, without_chart
from controlplane.operations.locking import lock
from controlplane.repo.snapshot import Snapshot, snapshot
from controlplane.repo.source import WorktreeSource
from controlplane.resources.tenant import Tenant


def _read(folder: Path) -> Snapshot:
    return snapshot(WorktreeSource(folder, None))


def _users(read: Snapshot) -> set[str]:
    return {
        tenant.metadata.name
        for tenant in read.of_kind("Tenant").values()
        if isinstance(tenant, Tenant) and CHART in {pack.name for pack in tenant.spec.packs}
    }


def test_it_does_without_the_chart(tmp_path: Path) -> None:
    folder = tmp_path / "company"
    company(folder)
    before = _read(folder)
    assert before.problems == ()
    assert len(_users(before)) == 3
    without_chart(folder)
    changes, problems = lock(_read(folder), [])
    assert problems == ()
    for change in changes:
        (folder / change.path).write_text(change.text, "utf-8")
    after = _read(folder)
    assert after.problems == ()
    assert _users(after) == set()
    assert set(after.of_kind("Tenant")) == set(before.of_kind("Tenant"))


def test_whoever_cannot_type_the_next_commands_is_told_where_they_are(tmp_path: Path) -> None:
    place = unfound(str(tmp_path))
    assert place is not None
    assert (place / "cpctl").exists()
    assert unfound(str(place)) is None
