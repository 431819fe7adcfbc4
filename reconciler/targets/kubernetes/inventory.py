"""The inventory of one placement: which objects are ours, and what we last knew of each.

Pure: how an inventory is cut into shards, and how a shard is written and read back. A shard is a
ConfigMap. Its `inventory` is plain JSON, readable by people; the field sets, needed only when
something changed, are beside it compressed. The first shard names how many there are, and each
carries a checksum: a shard that is missing or altered is noticed, and then nothing is pruned.
Ids are added to shards and taken out, never moved: a crash between two shards loses nothing.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.errors import InventoryDamagedError
from reconciler.targets.kubernetes.fields import Tree
from reconciler.targets.kubernetes.identity import PLACEMENT_ANNOTATION, placement_label

Json = Any
INVENTORY_LABEL = "controlplane.dev/inventory"
CHECKSUM_ANNOTATION = "controlplane.dev/checksum"
SHARDS_ANNOTATION = "controlplane.dev/shards"
SHARD_IDS = 500  # ids in a shard: at most 200 KB of a ConfigMap's 1 MiB
MAX_FIELDS = 16 * 1024 * 1024  # bytes of a shard's field sets, decompressed


@dataclass(frozen=True)
class Record:
    """What was true of an object when it was last seen in sync."""

    digest: str
    uid: str
    version: str
    fingerprint: str


@dataclass(frozen=True)
class Owned:
    """The fields that were ours then, and when we had last applied them."""

    tree: Tree
    time: str


@dataclass
class Shard:
    """One ConfigMap's worth of ids. `version` is its resourceVersion, empty before it exists."""

    number: int
    version: str = ""
    records: dict[str, Record | None] = field(default_factory=dict)
    packed: bytes = b""
    _owned: dict[str, Owned] | None = None

    @property
    def owned(self) -> dict[str, Owned]:
        """The field sets by id, unpacked when first asked for."""
        if self._owned is None:
            self._owned = _unpack(self.packed, self.number)
        return self._owned


@dataclass
class Inventory:
    """All shards of one placement, as last read or written."""

    placement: str
    shards: list[Shard] = field(default_factory=list)
    where: dict[str, Shard] = field(default_factory=dict)

    def ids(self) -> frozenset[str]:
        """Every id in it."""
        return frozenset(self.where)

    def record(self, identifier: str) -> Record | None:
        """What is known of one id; None where it is not there or only claimed."""
        shard = self.where.get(identifier)
        return None if shard is None else shard.records.get(identifier)

    def owned(self, identifier: str) -> Owned | None:
        """The fields that were ours when the record was made."""
        shard = self.where.get(identifier)
        return None if shard is None else shard.owned.get(identifier)

    def add(self, identifiers: Iterable[str]) -> list[Shard]:
        """Claim ids, and return the shards that have to be written."""
        touched: dict[int, Shard] = {}
        for identifier in identifiers:
            if identifier not in self.where:
                shard = self._room()
                shard.records[identifier] = None
                self.where[identifier] = shard
                touched[shard.number] = shard
        return list(touched.values())

    def remove(self, identifiers: Iterable[str]) -> list[Shard]:
        """Release ids, and return the shards that have to be written."""
        touched: dict[int, Shard] = {}
        for identifier in identifiers:
            shard = self.where.pop(identifier, None)
            if shard is not None:
                shard.owned.pop(identifier, None)
                shard.records.pop(identifier, None)
                touched[shard.number] = shard
        return list(touched.values())

    def remember(self, identifier: str, record: Record, owned: Owned | None) -> Shard | None:
        """Note what is known of an id; `owned` None keeps what was noted."""
        shard = self.where.get(identifier)
        if shard is not None:
            shard.records[identifier] = record
            if owned is not None:
                shard.owned[identifier] = owned
        return shard

    def _room(self) -> Shard:
        if not self.shards or len(self.shards[-1].records) >= SHARD_IDS:
            self.shards.append(Shard(len(self.shards), _owned={}))
        return self.shards[-1]


def shard_name(placement: str, number: int) -> str:
    """The ConfigMap's name."""
    mark = hashlib.sha256(placement.encode()).hexdigest()[:16]
    return f"controlplane-inventory-{mark}-{number}"


def encode(inventory: Inventory, shard: Shard, namespace: str, count: int) -> dict[str, Json]:
    """The ConfigMap that holds `shard`; `count` is how many shards there are once it is written."""
    entries = {
        identifier: None
        if record is None
        else [record.digest, record.uid, record.version, record.fingerprint]
        for identifier, record in sorted(shard.records.items())
    }
    text = json.dumps(entries, indent=0)
    if shard._owned is not None:
        shard.packed = _pack(shard._owned)
    packed = base64.b64encode(shard.packed).decode()
    annotations = {
        PLACEMENT_ANNOTATION: inventory.placement,
        SHARDS_ANNOTATION: str(count) if shard.number == 0 else "",
    }
    annotations[CHECKSUM_ANNOTATION] = _checksum(
        inventory.placement, shard.number, annotations[SHARDS_ANNOTATION], text, packed
    )
    metadata = {
        "name": shard_name(inventory.placement, shard.number),
        "namespace": namespace,
        "labels": {INVENTORY_LABEL: placement_label(inventory.placement)},
        "annotations": annotations,
    }
    if shard.version:
        metadata["resourceVersion"] = shard.version
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata,
        "data": {"inventory": text},
        "binaryData": {"fields": packed},
    }


def decode(placement: str, items: Iterable[Mapping[str, Json]]) -> Inventory:
    """Read an inventory back from its ConfigMaps.

    Raises InventoryDamagedError where one is missing or is not as it was written.
    """
    shards: dict[int, Shard] = {}
    expected = 0
    for item in items:
        shard = _decode_shard(placement, item)
        shards[shard.number] = shard
        if shard.number == 0:
            expected = int(item["metadata"]["annotations"][SHARDS_ANNOTATION])
    # A shard that the first one does not count yet was written just before a crash: it counts.
    for number in range(max(expected, max(shards, default=-1) + 1)):
        if number not in shards:
            raise _damaged(placement, f"{shard_name(placement, number)} is missing")
    ordered = [shards[number] for number in sorted(shards)]
    where = {identifier: shard for shard in ordered for identifier in shard.records}
    return Inventory(placement, ordered, where)


def _decode_shard(placement: str, item: Mapping[str, Json]) -> Shard:
    metadata = item["metadata"]
    end = metadata["name"].rpartition("-")[2]
    number = int(end) if end.isascii() and end.isdecimal() else 0
    if metadata["name"] != shard_name(placement, number):
        raise _damaged(placement, f"{metadata['name']} carries its label and is none of it")
    text = (item.get("data") or {}).get("inventory", "")
    packed = (item.get("binaryData") or {}).get("fields", "")
    annotations = metadata.get("annotations") or {}
    count = annotations.get(SHARDS_ANNOTATION, "")
    if annotations.get(CHECKSUM_ANNOTATION) != _checksum(placement, number, count, text, packed):
        raise _damaged(placement, f"{metadata['name']} is not as it was written")
    records = {
        identifier: None if entry is None else Record(*entry)
        for identifier, entry in json.loads(text).items()
    }
    return Shard(number, metadata["resourceVersion"], records, base64.b64decode(packed))


def _checksum(placement: str, number: int, count: str, text: str, packed: str) -> str:
    content = f"{placement}\n{number}\n{count}\n{text}\n{packed}"
    return hashlib.sha256(content.encode()).hexdigest()


def _pack(owned: Mapping[str, Owned]) -> bytes:
    plain = {identifier: [known.time, known.tree] for identifier, known in owned.items()}
    return zlib.compress(json.dumps(plain, separators=(",", ":")).encode(), level=1)


def _unpack(packed: bytes, number: int) -> dict[str, Owned]:
    if not packed:
        return {}
    unpacker = zlib.decompressobj()
    data = unpacker.decompress(packed, MAX_FIELDS)
    if unpacker.unconsumed_tail:
        raise _damaged("", f"shard {number} holds more than {MAX_FIELDS} bytes of fields")
    return {identifier: Owned(tree, time) for identifier, (time, tree) in json.loads(data).items()}


def _damaged(placement: str, what: str) -> InventoryDamagedError:
    return InventoryDamagedError(
        f"the inventory of {placement or 'a placement'} is damaged: {what}",
        remedy=(
            "restore its ConfigMaps from a backup; or delete all of them: what is desired is then "
            "claimed again, and what no longer is stays until it is deleted by hand"
        ),
    )
