"""Which lock files would change, and into what."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from controlplane.errors import UsageError
from controlplane.repo import locks
from controlplane.repo.edit import remove_field, set_field, values
from controlplane.repo.errors import EditError
from controlplane.repo.snapshot import Snapshot
from controlplane.resources.tenant import Tenant
from controlplane.values import FieldPath, Problem


@dataclass(frozen=True)
class LockChange:
    """One lock file. `moves` says what changes: (environment, pack, old version, new version).

    A version is "" where the pack was or will not be locked.
    """

    tenant: str
    path: str
    text: str
    moves: tuple[tuple[str, str, str, str], ...]


def lock(
    snapshot: Snapshot, tenants: Sequence[str], update: Collection[str] = ()
) -> tuple[tuple[LockChange, ...], tuple[Problem, ...]]:
    """Return the lock files that are not as they should be, and what could not be resolved.

    `tenants` empty means all. Raises UsageError for a tenant or a pack that there is not.
    """
    known = snapshot.of_kind("Tenant")
    for name in tenants:
        if name not in known:
            raise UsageError(
                f"there is no valid tenant called {name!r}",
                remedy="run `cpctl lint`, or name one of: " + ", ".join(sorted(known)[:20]),
            )
    for name in update:
        if not snapshot.names.versions(name):
            raise UsageError(f"there is no pack called {name!r}", remedy="check `--update`")
    changes: list[LockChange] = []
    problems: list[Problem] = []
    for name in tenants or known:
        tenant = known[name]
        if isinstance(tenant, Tenant):
            resolved = locks.resolve(snapshot, tenant, update)
            problems.extend(resolved.problems)
            change = _change(snapshot, resolved)
            if change is not None and not resolved.problems:
                changes.append(change)
    return tuple(changes), tuple(problems)


def _change(snapshot: Snapshot, resolved: locks.Lock) -> LockChange | None:
    """Return the change of one file, None where it says the same already."""
    now = locks.current(snapshot, resolved.tenant)
    held = {} if now is None else locks.entries(now)
    before = {key: (str(e.range), str(e.version), e.digest) for key, e in held.items()}
    after = {
        (c.wanted.environment, c.wanted.name): (str(c.wanted.range), c.version, c.digest)
        for c in resolved.choices
    }
    if before == after:
        return None
    moves = tuple(
        (*key, before.get(key, ("", "", ""))[1], after.get(key, ("", "", ""))[1])
        for key in sorted({*before, *after})
        if before.get(key) != after.get(key)
    )
    path = locks.path(snapshot, resolved.tenant)
    return LockChange(resolved.tenant, path, _text(snapshot, path, locks.text(resolved)), moves)


def _text(snapshot: Snapshot, path: str, wanted: str) -> str:
    """Return the file as it stands with what is `wanted` in it: people's comments stay.

    Where that cannot be (packs in another order, a file that is not valid), it is written anew.
    """
    old = snapshot.file(path)
    if old is None:
        return wanted
    try:
        (after,) = values(wanted)
        text = old.decode()
        (before,) = values(text)
        for place, value in _differences(before, after, ()):
            gone = value is _GONE
            text = remove_field(text, place) if gone else set_field(text, place, value)
        return text if values(text) == [after] else wanted
    except (EditError, ValueError):
        return wanted


_GONE: Final = object()


def _differences(before: Any, after: Any, way: FieldPath) -> Iterator[tuple[FieldPath, Any]]:
    """Yield the edits that make `after` of `before`, in the order in which they can be made."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in before.keys() - after.keys():
            yield (*way, key), _GONE
        for key, value in after.items():
            if key not in before:
                yield (*way, key), value
            else:
                yield from _differences(before[key], value, (*way, key))
    elif isinstance(before, list) and isinstance(after, list):
        yield from _members(before, after, way)
    elif before != after:
        yield way, after


def _members(
    before: list[Any], after: list[Any], way: FieldPath
) -> Iterator[tuple[FieldPath, Any]]:
    """Yield the edits of a list by name, so that a comment stays with the pack that it is about."""
    names, held = _names(after), _names(before)
    stayed = [index for index, name in enumerate(held) if name in names]
    if [held[index] for index in stayed] != names[: len(stayed)]:
        raise ValueError("packs in another order")
    for index in reversed(range(len(before))):
        if index not in stayed:
            yield (*way, index), _GONE
    for index, value in enumerate(after):
        if index < len(stayed):
            yield from _differences(before[stayed[index]], value, (*way, index))
        else:
            yield (*way, index), value


def _names(items: list[Any]) -> list[str]:
    """Return the names of a list's members; ValueError where one has none of its own."""
    names = [each.get("name") if isinstance(each, dict) else None for each in items]
    if not all(isinstance(name, str) for name in names) or len(set(names)) != len(names):
        raise ValueError("members without a name of their own")
    return [str(name) for name in names]
