"""What earlier runs found out of revisions spares work and changes no answer, whoever wrote it."""

from __future__ import annotations

import gc
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pygit2
import pytest

from controlplane.authenticated import Cache
from controlplane.cli import collecting
from controlplane.cli.changes_text import as_json
from controlplane.operations import fleet_subject, images, own_code, recalled
from controlplane.operations.gate import GateReport, Step, gate
from controlplane.operations.linting import lint as find_problems
from controlplane.operations.recalled import Recalled
from controlplane.operations.recording import decision_json
from controlplane.operations.rendering import render
from controlplane.render.helm import HelmCharts
from controlplane.repo.cache import beside
from controlplane.repo.changes import changes
from controlplane.repo.derived import Derived
from controlplane.repo.git import GitRepository
from controlplane.repo.image import Imaged
from controlplane.repo.snapshot import Snapshot, read
from evidence.canonical import canonical
from tests.integration.gate.test_derived import NOW, World

STEPS = (
    [("label", "bolt")],
    [("zone", "bolt"), ("lock stale", "acme")],
    [("rule", "bolt")],
    [("cluster", "bolt")],
    [("namespace", "acme"), ("namespace", "bolt")],
    [("repository", "bolt")],
    [("broken", "dune")],
    [("lock of another", "bolt")],
    [("new template", "bolt")],
    [("link", "cedar")],
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("recalled"))
    yield made
    made.engine.close()


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "revisions", tmp_path / "cache.key")


def _judged(world: World, step: Step) -> GateReport:
    return gate(step, world.engine, HelmCharts(None), NOW)


def _said(report: GateReport) -> Any:
    return canonical(decision_json(report)), report.findings, report.problems


def _run(world: World, cache: Cache | None, head: str, base: str = "") -> GateReport:
    """Judge a step as one run of the gate does, and keep what it found out."""
    found = Recalled(cache)
    report = _judged(world, found.step(world.git, base or world.base, head))
    found.keep(report)
    return report


@pytest.mark.parametrize("edits", STEPS, ids=lambda edits: "+".join(name for name, _ in edits))
def test_no_run_answers_otherwise_than_one_that_knows_nothing(
    world: World, cache: Cache, edits: list[tuple[str, str]]
) -> None:
    head = world.commit(edits, world.base)
    alone = _said(_run(world, None, head))
    assert [_said(_run(world, cache, head)) for _ in range(3)] == [alone] * 3


@pytest.mark.parametrize("edits", STEPS, ids=lambda edits: "+".join(name for name, _ in edits))
def test_two_revisions_differ_in_the_same_however_they_were_read(
    world: World, cache: Cache, edits: list[tuple[str, str]]
) -> None:
    """Also against the order of history, and where neither contains the other."""
    head = world.commit(edits, world.base)
    beside_it = world.commit([("label", "dune"), ("namespace", "acme")], world.base)
    _run(world, cache, world.commit([("label", "cedar")], world.base))
    for one, other in ((world.base, head), (head, world.base), (beside_it, head)):
        ends = Recalled(cache).ends(world.git, one, other)
        alone = read(world.git, one), read(world.git, other)
        assert [end.problems for end in ends] == [end.problems for end in alone]
        assert as_json(changes(*ends)) == as_json(changes(*alone))


@pytest.mark.parametrize("edits", STEPS, ids=lambda edits: "+".join(name for name, _ in edits))
def test_a_revision_renders_the_same_however_it_was_read(
    world: World, cache: Cache, edits: list[tuple[str, str]]
) -> None:
    revision = world.commit(edits, world.base)
    _run(world, cache, world.commit([("label", "cedar")], world.base))
    found, alone = Recalled(cache).revision(world.git, revision), read(world.git, revision)
    assert find_problems(found) == find_problems(alone)
    tenants = sorted(alone.of_kind("Tenant"))
    assert render(found, tenants, HelmCharts(None)) == render(alone, tenants, HelmCharts(None))


def test_of_a_revision_near_a_known_one_only_the_difference_is_read(
    world: World, cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    _run(world, cache, world.commit([("label", "cedar")], world.base))
    one, other = (world.commit([(edit, "bolt")], world.base) for edit in ("label", "zone"))
    monkeypatch.setattr(recalled, "read", lambda *_: pytest.fail("the fleet was read"))
    assert all(isinstance(end, Derived) for end in Recalled(cache).ends(world.git, one, other))
    assert isinstance(Recalled(cache).revision(world.git, one), Derived)
    assert isinstance(Recalled(cache).revision(world.git, world.base), Imaged)


def test_a_sound_base_is_looked_at_once(
    world: World, cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = world.commit([("label", "bolt")], world.base)
    following = world.commit([("label", "bolt"), ("zone", "acme")], head)
    first = _run(world, cache, head)
    assert isinstance(first.step.head, Derived)
    monkeypatch.setattr(recalled, "lint", lambda _: pytest.fail("it was found sound before"))
    monkeypatch.setattr(
        Snapshot, "everything_wrong", lambda _: pytest.fail("it was found sound before")
    )
    monkeypatch.setattr(fleet_subject, "_counted", lambda _: pytest.fail("it was counted before"))
    assert isinstance(_run(world, cache, head).step.head, Derived)
    after = _run(world, cache, following, base=head)  # head was judged, so it is a base by now
    assert isinstance(after.step.head, Derived)
    monkeypatch.undo()
    assert _said(after) == _said(_run(world, None, following, base=head))


def test_a_base_that_is_not_sound_is_no_origin(world: World, cache: Cache) -> None:
    """Else a head that keeps what is wrong would pass for sound."""
    base = world.commit([("lock stale", "acme")], world.base)
    head = world.commit([("lock stale", "acme"), ("label", "bolt")], base)
    for _ in range(2):
        report = _run(world, cache, head, base)
        assert report.problems
        assert not isinstance(report.step.head, Derived)
    assert cache.names("") == []


@pytest.mark.parametrize("writer", ["this machine", "another", "nobody"])
def test_soundness_is_believed_of_this_machine_alone(
    world: World, cache: Cache, tmp_path: Path, writer: str
) -> None:
    base = world.commit([("lock stale", "acme")], world.base)
    head = world.commit([("lock stale", "acme"), ("label", "bolt")], base)
    name = images.name_of(read(world.git, base).tree_id, "sound")
    if writer == "nobody":
        cache.directory.mkdir()
        (cache.directory / name).write_bytes(b"")
    else:
        key = cache.key if writer == "this machine" else tmp_path / "another.key"
        replace(cache, key=key).put(name, b"")
    believed = isinstance(Recalled(cache).step(world.git, base, head).head, Derived)
    assert believed is (writer == "this machine")


def test_what_a_clone_says_of_its_files_makes_nothing_sound(
    world: World, cache: Cache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else whoever can write to one clone makes a base sound for all of them."""
    base = world.commit([("unknown field", "acme")], world.base)
    head = world.commit([("unknown field", "acme"), ("label", "bolt")], base)
    path = "tenants/acme/tenant.yaml"
    good, bad = (read(world.git, each).entries[path].blob_id for each in (world.base, base))
    clone = GitRepository.open(pygit2.clone_repository(str(world.git.git_dir), tmp_path / "c").path)
    monkeypatch.setenv("CPCTL_HOME", str(tmp_path / "home"))
    read(clone, world.base)  # parses all, and keeps it
    with sqlite3.connect(clone.git_dir / "cpctl" / "cache" / "parsed.sqlite") as disk:
        insert = "INSERT INTO parsed SELECT version, ?, digest, content FROM parsed WHERE blob = ?"
        assert disk.execute(insert, [bad, good]).rowcount == 1
    disk.close()
    beside.cache_clear()
    report = _judged(world, Recalled(cache).step(clone, base, head))
    assert report.problems
    assert cache.names("") == []


@pytest.mark.parametrize("writer", ["this machine", "another"])
def test_an_image_is_believed_of_this_machine_alone(
    world: World, cache: Cache, tmp_path: Path, writer: str
) -> None:
    head = world.commit([("namespace", "acme")], world.base)
    _run(world, cache, head)
    name = images.name_of(world.origin.tree_id, "image")
    kept = cache.get(name) or b""
    forged = kept.replace(b'"tenants":{"count":4', b'"tenants":{"count":7')
    assert forged != kept
    key = cache.key if writer == "this machine" else tmp_path / "another.key"
    replace(cache, key=key).put(name, forged)
    base = Recalled(cache).step(world.git, world.base, head).base
    counted: Any = fleet_subject.counted(base).figures["tenants"]
    assert (counted["count"] == 7) is (writer == "this machine")


@pytest.mark.parametrize("kind", ["image", "fleet", "newest"])
@pytest.mark.parametrize("content", [None, b"", b"cut off"])
def test_what_is_gone_or_damaged_is_found_out_again(
    world: World, cache: Cache, kind: str, content: bytes | None
) -> None:
    head = world.commit([("namespace", "acme"), ("namespace", "bolt")], world.base)
    alone = _said(_run(world, cache, head))
    name = images.name_of(
        str(world.git.git_dir.resolve()) if kind == "newest" else world.origin.tree_id, kind
    )
    assert cache.get(name) is not None
    if content is None:
        cache.forget(name)
    else:
        cache.put(name, content)
    assert _said(_run(world, cache, head)) == alone


def test_a_base_that_moved_is_derived_from_the_image_at_hand(
    world: World, cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = world.commit([("label", "bolt")], world.base)
    _run(world, cache, first)  # the base gets an image
    merged = world.commit([("zone", "acme")], world.base)  # another change, merged meanwhile
    head = world.commit([("zone", "acme"), ("label", "cedar")], merged)
    monkeypatch.setattr(recalled, "read", lambda *_: pytest.fail("an image was at hand"))
    report = _run(world, cache, head, merged)
    assert isinstance(report.step.base, Derived)
    assert isinstance(report.step.head, Derived)
    assert report.step.base.origin is report.step.head.origin
    monkeypatch.undo()
    assert _said(report) == _said(_run(world, None, head, merged))


def test_a_base_far_from_the_image_gets_one(
    world: World, cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    _run(world, cache, world.commit([("label", "bolt")], world.base))
    merged = world.commit([("zone", "acme"), ("zone", "bolt")], world.base)
    head = world.commit([("zone", "acme"), ("zone", "bolt"), ("label", "cedar")], merged)
    name = images.name_of(read(world.git, merged).tree_id, "image")
    _run(world, cache, head, merged)
    assert cache.get(name) is None
    monkeypatch.setattr(recalled, "FAR", 1)
    alone = _said(_run(world, None, head, merged))
    assert [_said(_run(world, cache, head, merged)) for _ in range(2)] == [alone] * 2
    assert cache.get(name) is not None
    base = Recalled(cache).step(world.git, merged, head).base
    assert isinstance(base, Imaged)
    assert dict(base.of_kind("Tenant")) == dict(read(world.git, merged).of_kind("Tenant"))


def test_a_base_that_is_not_sound_gets_no_image(
    world: World, cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a later head that keeps what is wrong would be derived from it as if it were sound."""
    monkeypatch.setattr(recalled, "FAR", 1)
    _run(world, cache, world.commit([("label", "bolt")], world.base))
    wrong = [("lock stale", "acme"), ("zone", "bolt")]
    base = world.commit(wrong, world.base)
    assert not _run(world, cache, world.commit([("zone", "bolt")], base), base).problems
    head = world.commit([*wrong, ("label", "cedar")], base)
    report = _run(world, cache, head, base)
    assert report.problems
    assert _said(report) == _said(_run(world, None, head, base))


def test_a_branch_that_moves_meanwhile_gets_no_image_of_what_it_was(
    world: World, cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    _run(world, cache, world.commit([("label", "bolt")], world.base))
    moved = world.commit([("lock stale", "acme")], world.base)
    head = world.commit([("lock stale", "acme"), ("label", "cedar")], moved)
    world.made.branch("protected", world.base)
    real = images.Images.open

    def late(self: images.Images, revision: str, tree: str) -> Imaged | None:
        world.made.branch("protected", moved)
        return real(self, revision, tree)

    monkeypatch.setattr(images.Images, "open", late)
    report = _run(world, cache, head, "protected")
    assert report.step.base.commit is not None
    assert report.step.base.commit.id == moved
    assert report.problems


def test_what_other_code_found_out_is_not_taken_over(
    world: World, cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = images.name_of(world.origin.tree_id, "sound")
    monkeypatch.setattr(own_code, "digest", lambda: "sha256 of other code")
    assert images.name_of(world.origin.tree_id, "sound") != ours


def test_a_cache_that_cannot_be_written_is_only_slower(world: World, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    cache = Cache(tmp_path / "file" / "revisions", tmp_path / "file" / "cache.key")
    head = world.commit([("zone", "bolt")], world.base)
    alone = _said(_run(world, None, head))
    assert [_said(_run(world, cache, head)) for _ in range(2)] == [alone] * 2


def test_the_collector_is_paused_for_a_while_only() -> None:
    assert gc.isenabled()
    with collecting.paused():
        assert not gc.isenabled()
        with collecting.paused():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()
