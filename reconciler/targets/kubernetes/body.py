"""What is sent for a desired resource, and what of it may be shown.

Decides which marks an applied object carries. Values of a Secret are never part of a change, a
message or a receipt.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reconciler.model import FieldChange, Placement, Resource
from reconciler.targets.kubernetes import fields
from reconciler.targets.kubernetes.fields import Path
from reconciler.targets.kubernetes.identity import (
    DIGEST_ANNOTATION,
    PLACEMENT_ANNOTATION,
    PLACEMENT_LABEL,
    Ref,
    placement_label,
)

Json = Any
HIDDEN = "(not shown)"
# The server's own, or another writer's: never part of what is asked for.
_NOT_APPLIED = ("managedFields", "resourceVersion", "uid", "creationTimestamp", "generation")
_NOT_COMPARED = frozenset({*_NOT_APPLIED, "selfLink"})


def applied(resource: Resource, placement: Placement, ref: Ref) -> dict[str, Json]:
    """The body of the apply request: what is desired, with our marks on it."""
    body = {key: value for key, value in resource.body.items() if key != "status"}
    metadata = {k: v for k, v in (body.get("metadata") or {}).items() if k not in _NOT_APPLIED}
    metadata["labels"] = {
        **(metadata.get("labels") or {}),
        PLACEMENT_LABEL: placement_label(str(placement)),
    }
    metadata["annotations"] = {
        **(metadata.get("annotations") or {}),
        PLACEMENT_ANNOTATION: str(placement),
        DIGEST_ANNOTATION: resource.digest,
    }
    if ref.secret:
        _encode_strings(body)
    return {**body, "metadata": metadata}


def _encode_strings(body: dict[str, Json]) -> None:
    """Turn `stringData` into `data`: the former is write-only and so never found again."""
    strings = body.pop("stringData", None) or {}
    if strings:
        encoded = {k: base64.b64encode(str(v).encode()).decode() for k, v in strings.items()}
        body["data"] = {**(body.get("data") or {}), **encoded}


def without(body: Mapping[str, Json], paths: Sequence[Path]) -> dict[str, Json]:
    """A copy of `body` without the values at `paths`."""
    result = dict(body)
    for path in paths:
        found = fields.locate(result, path)
        if found is not None:
            result = _removed(result, found[0])
    return result


def _removed(value: Json, where: Sequence[str | int]) -> Json:
    step, *rest = where
    if isinstance(step, int):
        kept = [
            _removed(item, rest) if n == step and rest else item for n, item in enumerate(value)
        ]
        return kept if rest else [item for n, item in enumerate(value) if n != step]
    if not rest:
        return {key: item for key, item in value.items() if key != step}
    return {**value, step: _removed(value[step], rest)}


def change(ref: Ref, path: Path, *, desired: Json, live: Json, manager: str = "") -> FieldChange:
    """One difference, with a Secret's values hidden on both sides."""
    if ref.secret and not _harmless(path):
        desired = None if desired is None else HIDDEN
        live = None if live is None else HIDDEN
    return FieldChange(fields.show(path), desired, live, manager)


def _harmless(path: Path) -> bool:
    """Whether a Secret's field says nothing of its content."""
    return path[:1] in {("f:type",), ("f:immutable",)} or path[:2] == ("f:metadata", "f:labels")


def differences(live: Json, wanted: Json, path: Path = ()) -> Iterator[tuple[Path, Json, Json]]:
    """Where two full objects differ: path, live, wanted. The server's bookkeeping is left out.

    `wanted` is what the server says it would store, so that defaults and normal forms are equal.
    Lists are compared by position, as whole values where their lengths differ.
    """
    if isinstance(live, Mapping) and isinstance(wanted, Mapping):
        for key in dict.fromkeys([*live, *wanted]):
            below = (*path, f"f:{key}")
            if below == ("f:status",) or (path == ("f:metadata",) and key in _NOT_COMPARED):
                continue
            yield from differences(live.get(key), wanted.get(key), below)
    elif isinstance(live, list) and isinstance(wanted, list) and len(live) == len(wanted):
        for index, (mine, theirs) in enumerate(zip(live, wanted, strict=True)):
            yield from differences(mine, theirs, (*path, _item(index, theirs)))
    elif live != wanted:
        yield path, live, wanted


def _item(index: int, item: Json) -> str:
    """Call a list item by its name where it has one: that is how people know it."""
    name = item.get("name") if isinstance(item, Mapping) else None
    return f'k:{{"name":"{name}"}}' if isinstance(name, str) and '"' not in name else f"i:{index}"
