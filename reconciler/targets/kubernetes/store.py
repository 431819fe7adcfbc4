"""Inventories in the cluster: read, written, and kept in step with other writers.

A write carries the version that was read. Where somebody else wrote meanwhile, the inventory is
read again and the same change made to it, so that no claim is ever lost.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from reconciler.errors import ReconcilerError
from reconciler.model import Placement
from reconciler.targets.kubernetes.client import FULL, METADATA_LIST, Client
from reconciler.targets.kubernetes.errors import ApiError
from reconciler.targets.kubernetes.identity import (
    MANAGER,
    PLACEMENT_ANNOTATION,
    placement_label,
    placement_of,
)
from reconciler.targets.kubernetes.inventory import (
    INVENTORY_LABEL,
    Inventory,
    Record,
    Shard,
    decode,
    encode,
    shard_name,
)

Json = Any
_TRIES = 5


class InventoryStore:
    """The inventories in one control namespace."""

    def __init__(self, client: Client, namespace: str, *, create_namespace: bool) -> None:
        self._client = client
        self._namespace = namespace
        self._create_namespace = create_namespace
        self._path = f"/api/v1/namespaces/{namespace}/configmaps"
        self._known: dict[str, Inventory] = {}
        self._lock = threading.Lock()
        self.edits = 0  # grows with every change made through this store

    def load(self, placement: Placement) -> Inventory:
        """Read one inventory; a shard that did not change since keeps what was noted on it."""
        selector = f"{INVENTORY_LABEL}={placement_label(str(placement))}"
        answer = self._client.get(
            self._path,
            what=f"read the inventory of {placement!s}",
            labelSelector=selector,
        )
        inventory = decode(str(placement), answer.get("items") or ())
        with self._lock:
            before = self._known.get(str(placement))
            if before is not None:
                inventory = _kept(before, inventory)
            self._known[str(placement)] = inventory
        return inventory

    def known(self, placement: Placement) -> Inventory:
        """The inventory as last read or written; read if it never was."""
        with self._lock:
            inventory = self._known.get(str(placement))
        return self.load(placement) if inventory is None else inventory

    def owner_of(self, identifier: str) -> str | None:
        """The placement whose inventory, as last seen, holds an id."""
        with self._lock:
            known = list(self._known.values())
        return next((i.placement for i in known if identifier in i.where), None)

    def record(self, placement: str, identifier: str) -> Record | None:
        """What is known of an id, without reading anything."""
        with self._lock:
            inventory = self._known.get(placement)
        return None if inventory is None else inventory.record(identifier)

    def change(self, placement: Placement, edit: Callable[[Inventory], Iterable[Shard]]) -> None:
        """Make a change and write the shards that `edit` returns."""
        inventory = self.known(placement)
        for attempt in range(_TRIES):
            try:
                self._save(inventory, {shard.number: shard for shard in edit(inventory)})
                self.edits += 1
                return
            except ReconcilerError as error:
                with self._lock:
                    self._known.pop(str(placement), None)  # it may be half written
                moved = isinstance(error, ApiError) and error.status in {404, 409}
                if not moved or attempt == _TRIES - 1:
                    raise
                inventory = self.load(placement)

    def placements(self, target: str) -> Iterator[Placement]:
        """The placements of `target` that have an inventory here."""
        answer = self._client.get(
            self._path,
            what="list the inventories",
            accept=METADATA_LIST,
            labelSelector=INVENTORY_LABEL,
        )
        names = {
            (item["metadata"].get("annotations") or {}).get(PLACEMENT_ANNOTATION)
            for item in answer.get("items") or ()
        }
        for name in sorted(filter(None, names)):
            found = placement_of(name, target)
            if found is not None:
                yield found

    def _save(self, inventory: Inventory, touched: dict[int, Shard]) -> None:
        """Write shards so that a crash between two of them leaves a readable inventory.

        The first shard counts the others: it exists before them and counts them after them.
        """
        if not inventory.where:
            self._delete(inventory)
            return
        first = inventory.shards[0]
        fresh = [shard for shard in inventory.shards[1:] if not shard.version]
        if not first.version:
            self._write(inventory, first, 1)
            touched.pop(0, None)
        for number in sorted(touched | {shard.number: shard for shard in fresh}):
            if number:
                self._write(inventory, inventory.shards[number], 0)
        if 0 in touched or fresh:
            self._write(inventory, first, len(inventory.shards))

    def _delete(self, inventory: Inventory) -> None:
        """Take away an inventory that holds nothing, the first shard last."""
        if len(inventory.shards) > 1 and inventory.shards[0].version:
            self._write(inventory, inventory.shards[0], 1)
        while inventory.shards:
            shard = inventory.shards.pop()
            if shard.version:
                self._client.write(
                    "DELETE",
                    f"{self._path}/{shard_name(inventory.placement, shard.number)}",
                    {"preconditions": {"resourceVersion": shard.version}},
                    what=f"delete the inventory of {inventory.placement}",
                )

    def _write(self, inventory: Inventory, shard: Shard, count: int) -> None:
        body = encode(inventory, shard, self._namespace, count)
        name = body["metadata"]["name"]
        what = f"write the inventory of {inventory.placement}"
        if shard.version:
            answer = self._client.write(
                "PUT", f"{self._path}/{name}", body, what=what, fieldManager=MANAGER
            )
        else:
            answer = self._post(body, what)
        shard.version = answer.body["metadata"]["resourceVersion"]

    def _post(self, body: Json, what: str) -> Any:
        try:
            return self._client.write(
                "POST", self._path, body, what=what, accept=FULL, fieldManager=MANAGER
            )
        except ApiError as error:
            if error.status != 404 or not self._create_namespace:
                raise
        self._make_namespace()
        return self._client.write(
            "POST", self._path, body, what=what, accept=FULL, fieldManager=MANAGER
        )

    def _make_namespace(self) -> None:
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self._namespace}}
        try:
            self._client.write("POST", "/api/v1/namespaces", body, what=f"create {self._namespace}")
        except ApiError as error:
            if error.status != 409:
                raise


def _kept(before: Inventory, now: Inventory) -> Inventory:
    """`now`, with the shards of `before` wherever their versions are equal."""
    old: dict[int, Shard] = {shard.number: shard for shard in before.shards}
    shards = [
        old[shard.number]
        if shard.number in old and old[shard.number].version == shard.version
        else shard
        for shard in now.shards
    ]
    where = {identifier: shard for shard in shards for identifier in shard.records}
    return Inventory(now.placement, shards, where)
