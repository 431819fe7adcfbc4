"""The inventory in the cluster: its shards, and what happens to it between two of them."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.errors import InventoryDamagedError
from reconciler.model import Placement
from reconciler.targets.kubernetes.errors import ApiError
from reconciler.targets.kubernetes.identity import placement_label
from reconciler.targets.kubernetes.inventory import SHARD_IDS
from tests.integration.reconciler.kubernetes.test_drift import edit
from tests.integration.reconciler.kubernetes.world import Body, World


def shards(world: World) -> list[Body]:
    selector = f"controlplane.dev/inventory={placement_label(str(world.placement))}"
    path = f"/api/v1/namespaces/{world.control}/configmaps?labelSelector={selector}"
    items: list[Body] = world.cluster.call("GET", path)[1]["items"]
    return [{"apiVersion": "v1", "kind": "ConfigMap", **item} for item in items]


def ids(count: int, start: int = 0) -> list[str]:
    return [f"v1/ConfigMap/nowhere/number-{n}" for n in range(start, start + count)]


def test_many_ids_are_kept_in_shards(world: World) -> None:
    many = ids(SHARD_IDS * 2 + 1)
    world.target.claim(world.placement, many)

    assert len(shards(world)) == 3
    assert world.target.observe(world.desired()).inventory == set(many)
    world.target.release(world.placement, many)
    assert shards(world) == []


def test_a_claim_by_another_process_is_not_lost(world: World) -> None:
    other = world.again()
    world.target.claim(world.placement, ids(3))
    other.target.claim(world.placement, ids(3, start=3))
    world.target.claim(world.placement, ids(3, start=6))
    other.target.release(world.placement, ids(1))
    other.target.close()

    assert world.target.observe(world.desired()).inventory == set(ids(8, start=1))


@pytest.mark.parametrize("number", [0, 1])
def test_a_missing_shard_is_noticed(world: World, number: int) -> None:
    world.target.claim(world.placement, ids(SHARD_IDS * 2))
    world.delete(shards(world)[number])

    with pytest.raises(InventoryDamagedError, match="missing") as raised:
        world.target.observe(world.desired())
    assert raised.value.remedy


@pytest.mark.parametrize(
    "damage",
    [
        edit("/data/inventory", "{}"),
        edit("/data/inventory", "not json"),
        edit("/binaryData/fields", "AAAA"),
        {"op": "remove", "path": "/data"},
        edit("/metadata/annotations/controlplane.dev~1shards", "1"),
        {"op": "remove", "path": "/metadata/annotations/controlplane.dev~1checksum"},
    ],
)
def test_an_altered_shard_is_noticed(world: World, damage: Any) -> None:
    world.target.claim(world.placement, ids(SHARD_IDS * 2))
    world.patch(shards(world)[0], damage)

    with pytest.raises(InventoryDamagedError):
        world.target.observe(world.desired())


def test_a_claim_broken_off_between_two_shards_is_read(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first shard counts the others only when they are there."""
    world.target.claim(world.placement, ids(SHARD_IDS))
    many = ids(SHARD_IDS * 3)
    client = world.target._cluster.client
    write, written = client.write, 0

    def fails_at_last(*args: Any, **kwargs: Any) -> Any:
        nonlocal written
        written += 1
        if written == 3:
            raise ApiError("broken off", remedy="none", status=500)
        return write(*args, **kwargs)

    monkeypatch.setattr(client, "write", fails_at_last)
    with pytest.raises(ApiError):
        world.target.claim(world.placement, many)
    monkeypatch.undo()

    assert world.target.observe(world.desired()).inventory == set(many)
    world.target.claim(world.placement, many)
    assert len(shards(world)) == 3


def test_without_records_nothing_is_taken_for_drift(world: World) -> None:
    """As after a crash between applying and noting what was applied."""
    bodies = [world.namespace_body(), world.deployment(), world.role(), world.secret("x")]
    world.converge(*bodies)
    identifiers = [resource.id for resource in world.desired(*bodies).resources]
    world.target.release(world.placement, identifiers)
    world.target.claim(world.placement, identifiers)

    assert world.look(*bodies).in_sync == 4


def test_placements_are_found_again(world: World) -> None:
    world.target.claim(world.placement, ids(1))

    assert Placement(world.placement.name, "cluster") in list(world.target.placements())
