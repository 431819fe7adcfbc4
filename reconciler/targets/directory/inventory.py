"""What a tree says it holds: the inventory file in it, strictly read. Pure.

Its name has no suffix, so that Argo CD and Flux, which read *.yaml and *.json, leave it alone.
An inventory that is damaged is an error, never an empty one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from evidence.canonical import digest
from evidence.errors import EvidenceError
from reconciler.errors import InventoryDamagedError

NAME: Final = ".controlplane-inventory"
_FORMAT: Final = "controlplane.dev/directory-inventory/v1"


@dataclass(frozen=True)
class Entry:
    """One resource of ours. Without digests it is claimed and not written yet."""

    digest: str = ""  # of the resource that was written
    content: str = ""  # sha256 of the file's bytes


@dataclass(frozen=True)
class Inventory:
    """The resources of one placement, by id."""

    placement: str
    entries: Mapping[str, Entry] = field(default_factory=dict)

    def with_claims(self, ids: Iterable[str]) -> Inventory:
        """Add ids, keeping what is known of those that are there."""
        return Inventory(self.placement, {**{i: Entry() for i in ids}, **self.entries})

    def without(self, ids: Iterable[str]) -> Inventory:
        """Take ids out."""
        gone = set(ids)
        return Inventory(self.placement, {i: e for i, e in self.entries.items() if i not in gone})

    def with_entries(self, entries: Mapping[str, Entry]) -> Inventory:
        """Set what is known of some ids."""
        return Inventory(self.placement, {**self.entries, **entries})


def dump(inventory: Inventory) -> bytes:
    """Return the file's bytes: JSON, sorted, one line for each resource, named by digest."""
    resources = {i: [e.digest, e.content] for i, e in sorted(inventory.entries.items())}
    body = {"format": _FORMAT, "placement": inventory.placement, "resources": resources}
    head = {**body, "digest": digest(body)}
    del head["resources"]
    lines = ",\n".join(f"{json.dumps(i)}: {json.dumps(pair)}" for i, pair in resources.items())
    return f'{json.dumps(head)[:-1]}, "resources": {{\n{lines}\n}}}}\n'.encode()


def parse(data: bytes, placement: str, where: str) -> Inventory:
    """Read an inventory back; raises InventoryDamagedError where a byte of it is not as written."""
    try:
        body = json.loads(data)
        entries = {i: Entry(*pair) for i, pair in body["resources"].items()}
        inventory = Inventory(body["placement"], entries)
        intact = dump(inventory) == data  # its own digest included
    except (ValueError, KeyError, TypeError, AttributeError, EvidenceError):
        intact = False
    if not intact:
        raise _damaged(where, "it is not as it was written")
    if inventory.placement != placement:
        raise _damaged(where, f"it is that of {inventory.placement!r}")
    return inventory


def _damaged(where: str, why: str) -> InventoryDamagedError:
    return InventoryDamagedError(
        f"{where}: {why}",
        remedy="restore the file from version control; nothing is written or pruned meanwhile",
    )
