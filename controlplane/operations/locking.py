"""Which lock files would change, and into what. A lock may stand in a file with other documents."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, MutableMapping, Sequence
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
    """One lock. `moves` says what changes: (environment, pack, old version, new version).

    A version is "" where the pack was or will not be locked. `text` is of the whole file; where
    several changes are of one file, each holds those before it.
    """

    tenant: str
    path: str
    text: str
    moves: tuple[tuple[str, str, str, str], ...]


def lock(
    snapshot: Snapshot, tenants: Sequence[str], update: Collection[str] = ()
) -> tuple[tuple[LockChange, ...], tuple[Problem, ...]]:
    """Return the lock files that are not as they should be, and what could not be resolved.

    `tenants` empty means all. Raises UsageError for a tenant or a pack that there is not, EditError
    where a lock is to change in a file of several documents that cannot be told apart.
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
    written: dict[str, str] = {}
    for name in tenants or known:
        tenant = known[name]
        if isinstance(tenant, Tenant):
            resolved = locks.resolve(snapshot, tenant, update)
            problems.extend(resolved.problems)
            if not resolved.problems and (change := _change(snapshot, resolved, written)):
                changes.append(change)
    return tuple(changes), tuple(problems)


def _change(
    snapshot: Snapshot, resolved: locks.Lock, written: MutableMapping[str, str]
) -> LockChange | None:
    """Return the change of one lock, None where it says the same already.

    `written` is the text of files that changed already, by path; the change is added to it.
    """
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
    old = written.get(path) or _read(snapshot, path)
    written[path] = _text(old, locks.text(resolved), path)
    return LockChange(resolved.tenant, path, written[path], moves)


def _read(snapshot: Snapshot, path: str) -> str:
    try:
        return (snapshot.file(path) or b"").decode()
    except UnicodeDecodeError as error:
        raise EditError(f"{path} is not UTF-8", remedy="save the file as UTF-8") from error


def _text(old: str, wanted: str, path: str) -> str:
    """Return the file with what is `wanted` in it: other documents and people's comments stay.

    Where that cannot be (packs in another order, a file that is not valid), the lock is written
    anew.
    """
    try:
        documents = values(old, path)
    except EditError:
        if _SEVERAL.search(old):
            raise
        return wanted
    (after,) = values(wanted)
    own = [index for index, document in enumerate(documents) if _named(document) == _named(after)]
    if not own and len(documents) <= 1:
        own = [index for index, document in enumerate(documents) if not _named(document)[1]]
        if len(own) == len(documents):  # empty, or nothing that anybody could mean
            return wanted
    if not own:
        return old.rstrip("\n") + "\n---\n" + wanted
    return _edited(old, documents, own[0], after, wanted)


def _edited(old: str, documents: Sequence[Any], index: int, after: Any, wanted: str) -> str:
    """Return `old` with its document at `index` saying what `after` does."""
    before = documents[index]
    after = after | {"metadata": before["metadata"] | after["metadata"]}  # labels are people's
    try:
        text = old
        for place, value in _differences(before, after, ()):
            gone = value is _GONE
            text = (
                remove_field(text, place, index) if gone else set_field(text, place, value, index)
            )
        if values(text)[index] == after:
            return text
    except (EditError, ValueError):
        pass
    return wanted if len(documents) == 1 else set_field(old, ("spec",), after["spec"], index)


def _named(document: Any) -> tuple[str, str]:
    """Return kind and name of a document, "" where it has none."""
    found = document if isinstance(document, dict) else {}
    metadata = found.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else ""
    return str(found.get("kind", "")), str(name or "")


_SEVERAL = re.compile(r"^---", re.MULTILINE)
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
