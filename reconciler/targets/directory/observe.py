"""How files stand against what is desired and what the inventory recorded. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, zip_longest
from typing import Final

from reconciler.manifests import to_yaml
from reconciler.model import FieldChange, Live, Resource, Standing
from reconciler.targets.directory.inventory import Entry
from reconciler.targets.directory.names import file_name

_SHOWN: Final = 20  # lines of a difference


@dataclass(frozen=True)
class Found:
    """What lies under a resource's file name."""

    there: bool
    content: bytes | None = None  # None: nothing, or not a regular file

    @property
    def digest(self) -> str:
        """The sha256 of the bytes; empty where there are none."""
        return "" if self.content is None else hashlib.sha256(self.content).hexdigest()


def stand(identifier: str, resource: Resource | None, entry: Entry | None, found: Found) -> Live:
    """Say how one id stands; `entry` is None where it is not in the inventory."""
    if not found.there:
        return Live(identifier, Standing.ABSENT)
    ours = entry is not None and bool(entry.content)
    if resource is None:
        return _surplus(identifier, found, ours=ours)
    if ours and entry is not None and found.digest == entry.content:
        standing = Standing.IN_SYNC if entry.digest == resource.digest else Standing.OUTDATED
        changes = () if standing is Standing.IN_SYNC else differences(resource, found)
        return Live(identifier, standing, changes, token=found.digest)
    if not ours and found.content == to_yaml(resource.body):
        standing = Standing.OUTDATED if entry else Standing.IN_SYNC
        return Live(identifier, standing, reason="as desired, not recorded", token=found.digest)
    if ours:
        return Live(identifier, Standing.DRIFTED, differences(resource, found), token=found.digest)
    return Live(
        identifier,
        Standing.CONFLICT,
        differences(resource, found),
        f"a file that is not ours is in the way: {file_name(identifier)}",
        found.digest,
    )


def _surplus(identifier: str, found: Found, *, ours: bool) -> Live:
    if ours:
        return Live(identifier, Standing.SURPLUS, token=found.digest)
    reason = f"a file that is not ours has its name: {file_name(identifier)}"
    return Live(identifier, Standing.CONFLICT, reason=reason, token=found.digest)


def differences(resource: Resource, found: Found) -> tuple[FieldChange, ...]:
    """Return the lines that differ, the first of them; of a Secret only that it does."""
    name = file_name(resource.id)
    desired = to_yaml(resource.body)
    if found.content is None:
        return (FieldChange(name, "a regular file", "something else"),)
    if resource.body.get("kind") == "Secret":
        return (FieldChange(name, hashlib.sha256(desired).hexdigest(), found.digest),)
    return tuple(islice(_lines(name, desired, found.content), _SHOWN))


def _lines(name: str, desired: bytes, live: bytes) -> Iterator[FieldChange]:
    wanted = desired.decode().splitlines()
    there = live.decode("utf-8", "backslashreplace").splitlines()
    for number, (want, have) in enumerate(zip_longest(wanted, there), start=1):
        if want != have:
            yield FieldChange(f"{name}:{number}", want, have)
    if wanted == there:
        yield FieldChange(name, "these bytes", "the same lines, other bytes")
