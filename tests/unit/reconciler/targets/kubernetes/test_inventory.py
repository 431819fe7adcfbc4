"""Shards: written, read back, never quietly wrong."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import InventoryDamagedError
from reconciler.targets.kubernetes.inventory import (
    SHARD_IDS,
    Inventory,
    Owned,
    Record,
    Shard,
    decode,
    encode,
)

NAME = "acme/prod"
RECORD = Record("sha256:aa", "uid", "7", "ffff")
OWNED = Owned({"f:spec": {"f:replicas": {}}}, "2026-11-21T08:18:44Z")


def written(inventory: Inventory, shard: Shard, version: str = "1") -> dict[str, Any]:
    body = encode(inventory, shard, "system", len(inventory.shards))
    body["metadata"]["resourceVersion"] = version
    return body


def all_written(inventory: Inventory) -> list[dict[str, Any]]:
    return [written(inventory, shard) for shard in inventory.shards]


@given(st.sets(st.text(min_size=1), max_size=40), st.data())
def test_what_is_written_is_read_back(ids: set[str], data: st.DataObject) -> None:
    inventory = Inventory(NAME)
    inventory.add(ids)
    known = data.draw(st.sets(st.sampled_from(sorted(ids)))) if ids else set()
    for identifier in known:
        inventory.remember(identifier, RECORD, OWNED)

    again = decode(NAME, all_written(inventory))

    assert again.ids() == ids
    for identifier in ids:
        assert again.record(identifier) == (RECORD if identifier in known else None)
        assert again.owned(identifier) == (OWNED if identifier in known else None)


def test_ids_fill_one_shard_after_the_other_and_do_not_move() -> None:
    inventory = Inventory(NAME)
    inventory.add(f"id-{n}" for n in range(SHARD_IDS + 1))
    first = set(inventory.shards[0].records)

    touched = inventory.add(["id-0", "another"])

    assert [len(shard.records) for shard in inventory.shards] == [SHARD_IDS, 2]
    assert [shard.number for shard in touched] == [1]
    assert set(inventory.shards[0].records) == first


def test_removing_touches_only_where_the_id_was() -> None:
    inventory = Inventory(NAME)
    inventory.add(f"id-{n}" for n in range(SHARD_IDS + 1))
    inventory.remember("id-0", RECORD, OWNED)

    assert [s.number for s in inventory.remove(["id-0", "never there"])] == [0]
    assert inventory.record("id-0") is None
    assert inventory.owned("id-0") is None
    assert "id-0" not in inventory.ids()


def test_a_record_without_fields_keeps_those_that_were_noted() -> None:
    inventory = Inventory(NAME)
    inventory.add(["a"])
    inventory.remember("a", RECORD, OWNED)
    newer = Record("sha256:aa", "uid", "8", "ffff")
    inventory.remember("a", newer, None)

    assert (inventory.record("a"), inventory.owned("a")) == (newer, OWNED)
    assert inventory.remember("not there", RECORD, OWNED) is None


def test_a_shard_that_is_not_counted_yet_counts() -> None:
    inventory = Inventory(NAME)
    inventory.add(f"id-{n}" for n in range(SHARD_IDS * 2))
    first = encode(inventory, inventory.shards[0], "system", 1)
    first["metadata"]["resourceVersion"] = "1"

    again = decode(NAME, [first, written(inventory, inventory.shards[1])])

    assert len(again.ids()) == SHARD_IDS * 2


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_a_missing_shard_is_damage(missing: int) -> None:
    inventory = Inventory(NAME)
    inventory.add(f"id-{n}" for n in range(SHARD_IDS * 3))
    items = all_written(inventory)
    del items[missing]

    with pytest.raises(InventoryDamagedError, match=f"-{missing} is missing") as raised:
        decode(NAME, items)
    assert raised.value.remedy


@pytest.mark.parametrize("name", ["notes", "notes-0", "controlplane-inventory-x-²"])
def test_what_only_carries_the_label_is_damage(name: str) -> None:
    item = {"metadata": {"name": name, "resourceVersion": "1"}}

    with pytest.raises(InventoryDamagedError, match=name):
        decode(NAME, [item])


def test_the_shard_of_another_placement_is_damage() -> None:
    inventory = Inventory("other")
    inventory.add(["a"])

    with pytest.raises(InventoryDamagedError):
        decode(NAME, all_written(inventory))


@pytest.mark.parametrize(
    ("where", "key"),
    [
        ("data", "inventory"),
        ("binaryData", "fields"),
        ("annotations", "controlplane.dev/shards"),
        ("annotations", "controlplane.dev/checksum"),
    ],
)
@pytest.mark.parametrize("value", [None, "1", "{}"])
def test_any_altered_part_is_damage(where: str, key: str, value: str | None) -> None:
    inventory = Inventory(NAME)
    inventory.add(f"id-{n}" for n in range(SHARD_IDS * 2))
    inventory.remember("id-0", RECORD, OWNED)
    items = all_written(inventory)
    part = items[0]["metadata"][where] if where == "annotations" else items[0][where]
    if value is None:
        del part[key]
    else:
        part[key] = value

    with pytest.raises(InventoryDamagedError):
        decode(NAME, items)


def test_nothing_written_is_an_empty_inventory() -> None:
    assert decode(NAME, []).ids() == frozenset()


def test_a_full_shard_fits_a_config_map() -> None:
    inventory = Inventory(NAME)
    inventory.add(f"v1/ConfigMap/{'n' * 63}/{n:0253}" for n in range(SHARD_IDS))
    for identifier in inventory.ids():
        inventory.remember(
            identifier, Record("sha256:" + "0" * 64, "u" * 36, "9" * 10, "f" * 24), OWNED
        )
    body = encode(inventory, inventory.shards[0], "system", 1)

    size = len(body["data"]["inventory"]) + len(body["binaryData"]["fields"])
    assert size < 512 * 1024
