"""What is particular to folders: links, foreign files, damage, and one step for all of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler import crashpoints
from reconciler.errors import (
    InventoryDamagedError,
    TargetSettingsError,
    TargetUnavailableError,
)
from reconciler.model import Placement, Resource, Result, Standing
from reconciler.targets.directory import DirectoryTarget, files, inventory
from reconciler.targets.directory.names import file_name, placement_name, placement_path
from tests.conformance.target import converge, look, wanting

PLACEMENT = Placement("acme/prod", "rendered")


def resource(name: str, value: str = "1", kind: str = "ConfigMap") -> Resource:
    body: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": "acme"},
        "data": {"value": value},
    }
    return Resource.of(f"v1/{kind}/acme/{name}", body)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "rendered"


@pytest.fixture
def target(root: Path) -> DirectoryTarget:
    return DirectoryTarget("rendered", root)


def tree(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and ".controlplane" not in path.parts
    }


def test_it_is_registered() -> None:
    (found,) = entry_points(group="controlplane.targets", name="directory")
    assert found.load() is DirectoryTarget


def test_two_machines_write_the_same_bytes(tmp_path: Path) -> None:
    trees = []
    for number, names in enumerate((["a", "b"], ["b", "a"])):
        target = DirectoryTarget("rendered", tmp_path / str(number))
        converge(target, wanting(PLACEMENT, *(resource(name) for name in names)))
        trees.append(tree(tmp_path / str(number)))
    assert trees[0] == trees[1]
    assert list(trees[0]) == [
        "acme/prod/.controlplane-inventory",
        "acme/prod/v1_ConfigMap_acme_a.yaml",
        "acme/prod/v1_ConfigMap_acme_b.yaml",
    ]


def test_a_difference_names_file_and_line(target: DirectoryTarget) -> None:
    converge(target, wanting(PLACEMENT, resource("a")))
    (action,) = look(target, wanting(PLACEMENT, resource("a", "2"))).actions
    (change,) = action.changes
    assert (change.path, change.desired, change.live) == (
        "v1_ConfigMap_acme_a.yaml:7",
        '  value: "2"',
        '  value: "1"',
    )


def test_the_content_of_a_secret_is_not_shown(target: DirectoryTarget) -> None:
    converge(target, wanting(PLACEMENT, resource("a", "hush", "Secret")))
    made = look(target, wanting(PLACEMENT, resource("a", "quiet", "Secret")))
    assert "hush" not in repr(made.actions[0].changes)
    assert "quiet" not in repr(made.actions[0].changes)
    assert made.actions[0].changes


def test_foreign_files_are_named_and_carried_over(target: DirectoryTarget, root: Path) -> None:
    converge(target, wanting(PLACEMENT, resource("a")))
    folder = root / "acme/prod"
    (folder / "README.md").write_text("mine")
    (folder / "sub").mkdir()
    (folder / "sub" / "x").write_text("deep")
    (folder / "link").symlink_to("/etc/hostname")

    made = look(target, wanting(PLACEMENT, resource("b")))
    assert made.foreign == ("README.md", "link", "sub")
    converge(target, wanting(PLACEMENT, resource("b")))

    assert (folder / "README.md").read_text() == "mine"
    assert (folder / "sub" / "x").read_text() == "deep"
    assert (folder / "link").is_symlink()
    assert not (folder / file_name(resource("a").id)).exists()


def test_a_foreign_name_of_any_bytes_is_text_that_evidence_can_hold(
    target: DirectoryTarget, root: Path
) -> None:
    wanted = wanting(PLACEMENT, resource("a"))
    converge(target, wanted)
    name = os.fsdecode(b"caf\xe9")
    (root / "acme/prod" / name).write_text("mine")

    assert look(target, wanted).foreign == (r"caf\xe9",)
    converge(target, wanting(PLACEMENT, resource("b")))
    assert (root / "acme/prod" / name).read_text() == "mine"


def test_a_link_in_place_of_a_file_is_drift_and_is_not_followed(
    target: DirectoryTarget, root: Path, tmp_path: Path
) -> None:
    converge(target, wanting(PLACEMENT, resource("a")))
    path = root / "acme/prod" / file_name(resource("a").id)
    outside = tmp_path / "outside"
    outside.write_bytes(path.read_bytes())
    path.unlink()
    path.symlink_to(outside)

    live = target.observe(wanting(PLACEMENT, resource("a"))).live
    assert live[resource("a").id].standing is Standing.DRIFTED
    converge(target, wanting(PLACEMENT, resource("a", "2")))

    assert not path.is_symlink()
    assert b'"2"' in path.read_bytes()
    assert b'"2"' not in outside.read_bytes()


@pytest.mark.parametrize("where", ["acme", "acme/prod"])
def test_a_link_on_the_way_is_refused(target: DirectoryTarget, root: Path, where: str) -> None:
    elsewhere = root.parent / "elsewhere"
    elsewhere.mkdir()
    (root / where).parent.mkdir(parents=True)
    (root / where).symlink_to(elsewhere)
    with pytest.raises(TargetSettingsError, match="link"):
        target.observe(wanting(PLACEMENT, resource("a")))
    with pytest.raises(TargetSettingsError, match="link"):
        target.claim(PLACEMENT, ["a"])
    assert list(elsewhere.iterdir()) == []


@pytest.mark.parametrize("other", ["acme", "acme/prod/eu"])
def test_one_placement_cannot_lie_in_another(target: DirectoryTarget, other: str) -> None:
    converge(target, wanting(PLACEMENT, resource("a")))
    with pytest.raises(TargetSettingsError, match="placement"):
        target.claim(Placement(other, "rendered"), ["a"])


@pytest.mark.parametrize(
    "name", ["../up", "..", "", ".git/x", "a//b", ".controlplane/x", "a~b", "ü"]
)
def test_no_placement_leaves_the_root(target: DirectoryTarget, root: Path, name: str) -> None:
    placement = Placement(name, "rendered")
    converge(target, wanting(placement, resource("a")))
    assert list(target.placements()) == [placement]
    assert {path.name for path in root.parent.iterdir()} == {"rendered"}
    assert not (root / ".git").exists()


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-1],
        lambda data: data.replace(b"acme_a", b"acme_b").replace(b"acme/a", b"acme/b"),
        lambda data: data.replace(b'"placement": "acme/prod@', b'"placement": "acme/test@'),
        lambda data: b"",
        lambda data: b"[1]",
        lambda data: data + b" ",
    ],
)
def test_a_damaged_inventory_stops_everything(
    target: DirectoryTarget, root: Path, damage: Any
) -> None:
    converge(target, wanting(PLACEMENT, resource("a"), resource("b")))
    path = root / "acme/prod" / inventory.NAME
    path.write_bytes(damage(path.read_bytes()))
    before = tree(root)
    made = wanting(PLACEMENT, resource("a"))
    with pytest.raises(InventoryDamagedError, match="not as it was written") as caught:
        target.observe(made)
    assert "version control" in caught.value.remedy
    assert tree(root) == before


def test_an_inventory_of_another_placement_is_refused(target: DirectoryTarget, root: Path) -> None:
    other = Placement("acme/test", "rendered")
    converge(target, wanting(PLACEMENT, resource("a")))
    converge(target, wanting(other, resource("a")))
    (root / "acme/prod" / inventory.NAME).replace(root / "acme/test" / inventory.NAME)
    with pytest.raises(InventoryDamagedError, match="that of 'acme/prod@rendered'"):
        target.observe(wanting(other, resource("a")))


def test_two_targets_that_are_one_folder_do_not_fight(target: DirectoryTarget, root: Path) -> None:
    converge(target, wanting(PLACEMENT, resource("a")))
    twin = DirectoryTarget.connect("twin", {"path": str(root)})
    with pytest.raises(InventoryDamagedError, match="that of 'acme/prod@rendered'"):
        twin.observe(wanting(Placement(PLACEMENT.name, "twin"), resource("b")))


def test_nothing_is_written_without_a_claim(target: DirectoryTarget, root: Path) -> None:
    made = look(target, wanting(PLACEMENT, resource("a")))
    (outcome,) = target.act(PLACEMENT, made.actions)
    assert (outcome.result, outcome.detail) == (Result.FAILED, "it is not in the inventory")
    assert tree(root) == {}


class Crash(BaseException):
    """Stands for the end of the process."""


@pytest.fixture
def crash_at() -> Iterator[Any]:
    def arm(point: str) -> None:
        def listener(reached: str) -> None:
            if reached == point:
                crashpoints.ignore(listener)
                raise Crash

        crashpoints.listen(listener)

    yield arm


def without_inventory(files: dict[str, bytes]) -> dict[str, bytes]:
    return {name: data for name, data in files.items() if not name.endswith(inventory.NAME)}


@pytest.mark.parametrize(
    ("at_once", "point", "changed"),
    [
        (True, "directory.tree.written", False),
        (True, "directory.swap.before", False),
        (True, "directory.swap.after", True),
        (False, "directory.swap.before", False),
        (False, "directory.swap.between", False),
        (False, "directory.swap.after", True),
    ],
)
def test_a_crash_leaves_the_old_tree_or_the_new_one(
    target: DirectoryTarget,
    root: Path,
    crash_at: Any,
    monkeypatch: pytest.MonkeyPatch,
    at_once: bool,
    point: str,
    changed: bool,
) -> None:
    if not at_once:
        monkeypatch.setattr(files, "_exchange_at_once", lambda *_: False)
    first = wanting(PLACEMENT, resource("a"), resource("b"))
    second = wanting(PLACEMENT, resource("a", "2"), resource("c"))
    clean = DirectoryTarget("rendered", root.parent / "clean")
    converge(clean, first)
    converge(clean, second)
    converge(target, first)
    made = look(target, second)
    target.claim(PLACEMENT, [action.id for action in made.actions])
    before = without_inventory(tree(root))

    crash_at(point)
    with pytest.raises(Crash):
        list(target.act(PLACEMENT, made.actions))

    fresh = DirectoryTarget("rendered", root)
    fresh.observe(second)
    after = without_inventory(tree(root))
    assert after == (without_inventory(tree(root.parent / "clean")) if changed else before)
    converge(fresh, second)
    assert tree(root) == tree(root.parent / "clean")
    assert [p.name for p in (root / ".controlplane").iterdir() if p.is_dir()] == []


def test_a_watch_names_the_placement_that_changed(root: Path) -> None:
    looks = iter([lambda: None, lambda: (root / "acme/prod/note").write_text("x"), lambda: None])
    target = DirectoryTarget("rendered", root, pause=lambda _: next(looks)())
    converge(target, wanting(PLACEMENT, resource("a")))
    converge(target, wanting(Placement("bravo/prod", "rendered"), resource("a")))
    stops = iter([False, False, False, True])
    assert [nudge.placement for nudge in target.watch(lambda: next(stops))] == [PLACEMENT]


@pytest.mark.parametrize("settings", [{}, {"path": ""}, {"path": 3}, {"path": "x", "mode": "y"}])
def test_settings_are_checked(settings: dict[str, Any]) -> None:
    with pytest.raises(TargetSettingsError, match="path") as caught:
        DirectoryTarget.connect("rendered", settings)
    assert caught.value.remedy


def test_a_full_or_forbidden_disk_is_an_unavailable_target(
    target: DirectoryTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    target.claim(PLACEMENT, [resource("a").id])
    made = look(target, wanting(PLACEMENT, resource("a")))
    monkeypatch.setattr(files, "write_new", full)
    (outcome,) = target.act(PLACEMENT, made.actions)
    assert (outcome.result, "No space" in outcome.detail) == (Result.FAILED, True)
    with pytest.raises(TargetUnavailableError, match="No space"):
        target.claim(PLACEMENT, ["b"])


@given(st.lists(st.text(max_size=12), min_size=2, max_size=2, unique=True))
def test_two_ids_never_share_a_file(ids: list[str]) -> None:
    one, two = map(file_name, ids)
    assert one != two
    assert "/" not in one
    assert not one.startswith(".")


@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=12))
def test_a_path_leads_back_to_its_placement(name: str) -> None:
    path = placement_path(name)
    assert placement_name(PurePosixPath(str(path))) == name
    assert not path.is_absolute()
    assert ".." not in path.parts
