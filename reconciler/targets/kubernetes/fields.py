"""Sets of fields as Kubernetes writes them in `managedFields` (the FieldsV1 format), and paths.

A set is a tree: `f:name` a field, `k:{"name":"app"}` the list item with those keys, `v:"x"` a
set's value, `i:0` an index; `.` marks that the node itself is in the set, as does having no
children. Format: sigs.k8s.io/structured-merge-diff/fieldpath/serialize.go. A path is a tuple of
those segments and is shown as Kubernetes shows it: `.spec.containers[name="app"].image`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

Json = Any
Tree = Mapping[str, Any]
Path = tuple[str, ...]
EMPTY: Tree = {}


def show(path: Sequence[str]) -> str:
    """The path as Kubernetes prints it in a conflict."""
    return "".join(_show_segment(segment) for segment in path)


def _show_segment(segment: str) -> str:
    kind, _, rest = segment.partition(":")
    if kind == "f":
        return f".{rest}"
    if kind == "k":
        keys = ",".join(f"{k}={json.dumps(v)}" for k, v in json.loads(rest).items())
        return f"[{keys}]"
    return f"[={rest}]" if kind == "v" else f"[{rest}]"


def members(tree: Tree, prefix: Path = ()) -> Iterator[Path]:
    """Every path in the set."""
    if prefix and _is_member(tree):
        yield prefix
    for key, child in tree.items():
        if key != ".":
            yield from members(child, (*prefix, key))


def _is_member(tree: Tree) -> bool:
    return not tree or "." in tree


def missing(wanted: Tree, held: Tree | None, prefix: Path = ()) -> Iterator[Path]:
    """Members of `wanted` that are not in `held`, the outermost of each branch only."""
    if prefix and _is_member(wanted) and (held is None or not _is_member(held)):
        yield prefix
        return
    for key, child in wanted.items():
        if key != ".":
            below = None if held is None else held.get(key)
            yield from missing(child, below, (*prefix, key))


def additions(
    foreign: Tree, ours: Tree | None, allowed: Callable[[Path], bool], prefix: Path = ()
) -> Iterator[Path]:
    """Members of `foreign` that are not ours and not allowed, the outermost of each branch only.

    A node that exists because something of ours is inside it is no addition by itself.
    """
    if ours is None:
        permitted = [allowed(path) for path in members(foreign, prefix)]
        if all(permitted):
            return
        if _is_member(foreign) and not any(permitted):
            yield prefix
            return
    for key, child in foreign.items():
        if key != ".":
            below = None if ours is None else ours.get(key)
            yield from additions(child, below, allowed, (*prefix, key))


def without(tree: Tree, path: Path) -> Tree:
    """The set without `path` and what is inside it."""
    if not path or path[0] not in tree:
        return tree
    rest = {key: child for key, child in tree.items() if key != path[0]}
    kept = without(tree[path[0]], path[1:]) if len(path) > 1 else EMPTY
    return {**rest, path[0]: kept} if kept else rest


def uncovered(body: Json, held: Tree | None, prefix: Path = ()) -> Iterator[Path]:
    """Values of `body` that the set `held` does not hold, the outermost of each branch only.

    `body` is what was applied. Where the set says nothing of a list's keys, the list is one
    value (atomic) or was not applied as it stands here: it is reported, never assumed held.
    """
    if held is None:
        yield prefix
    elif isinstance(body, Mapping) and body and held:
        for key, value in body.items():
            if value is not None:
                yield from uncovered(value, held.get(f"f:{key}"), (*prefix, f"f:{key}"))
    elif isinstance(body, list) and body and held:
        for item in body:
            segment = _segment_of(item, held)
            if segment is None:
                yield prefix
                return
            yield from uncovered(item, held[segment], (*prefix, segment))


def _segment_of(item: Json, held: Tree) -> str | None:
    """Which child of `held` stands for this item of a list."""
    for segment in held:
        kind, _, rest = segment.partition(":")
        if kind == "v" and json.loads(rest) == item:
            return segment
        if kind == "k" and isinstance(item, Mapping) and _matches(item, json.loads(rest)):
            return segment
    return None


def _matches(item: Mapping[str, Json], keys: Mapping[str, Json]) -> bool:
    """Whether a list item has these keys; one that is left out has its default and fits."""
    return any(key in item for key in keys) and all(
        item.get(key, value) == value for key, value in keys.items()
    )


def locate(body: Json, path: Sequence[str]) -> tuple[list[str | int], Json] | None:
    """Where `path` leads in `body`: the keys and indexes to follow, and the value; or None."""
    where: list[str | int] = []
    for segment in path:
        step = _step(body, segment)
        if step is None:
            return None
        where.append(step)
        body = body[step]
    return where, body


def value_at(body: Json, path: Sequence[str]) -> Json:
    """The value at `path`, or None where there is none."""
    found = locate(body, path)
    return None if found is None else found[1]


def _step(body: Json, segment: str) -> str | int | None:
    kind, _, rest = segment.partition(":")
    if kind == "f":
        return rest if isinstance(body, Mapping) and rest in body else None
    if not isinstance(body, list):
        return None
    if kind == "i":
        return int(rest) if int(rest) < len(body) else None
    wanted = json.loads(rest)
    for index, item in enumerate(body):
        if item == wanted if kind == "v" else isinstance(item, Mapping) and _matches(item, wanted):
            return index
    return None


def find(body: Json, shown: str) -> Path | None:
    """The path in `body` that Kubernetes prints as `shown`; None where there is none such."""
    if not shown:
        return ()
    if isinstance(body, Mapping):
        for key, value in body.items():
            rest = shown.removeprefix(f".{key}")
            if rest != shown and (not rest or rest[0] in ".["):
                below = find(value, rest)
                if below is not None:
                    return (f"f:{key}", *below)
    elif isinstance(body, list) and (match := _ITEM.match(shown)):
        segment = _read_item(match[1])
        step = _step(body, segment)
        below = None if step is None else find(body[int(step)], shown[match.end() :])
        return None if below is None else (segment, *below)
    return None


_ITEM = re.compile(r"\[((?:\"(?:[^\"\\]|\\.)*\"|[^\]\"])*)\]")


def _read_item(text: str) -> str:
    """The segment for what stands between the brackets."""
    if text.startswith("="):
        return f"v:{text[1:]}"
    if text.isdigit():
        return f"i:{text}"
    pairs = re.findall(r"([^=,]+)=(\"(?:[^\"\\]|\\.)*\"|[^,]*)", text)
    keys = {key: json.loads(value) for key, value in pairs}
    return "k:" + json.dumps(keys, separators=(",", ":"))


def pointer(where: Sequence[str | int]) -> str:
    """A JSON pointer (RFC 6901)."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in where)


def removals(body: Json, paths: Iterable[Path]) -> list[dict[str, Json]]:
    """JSON patch operations that take `paths` out of `body`.

    Later list items go first, so that the indexes of those before them stay right.
    """
    found = [at[0] for path in paths if (at := locate(body, path)) is not None]
    found.sort(key=_order, reverse=True)
    return [{"op": "remove", "path": pointer(where)} for where in found]


def restorations(body: Json, desired: Json, paths: Iterable[Path]) -> list[dict[str, Json]]:
    """JSON patch operations that set the values of `desired` at `paths` in `body`."""
    operations: dict[str, dict[str, Json]] = {}
    for path in paths:
        outer = path
        while outer and locate(body, outer[:-1]) is None:
            outer = outer[:-1]  # what it is inside of is gone as well: set that
        wanted = locate(desired, outer)
        parent = locate(body, outer[:-1])
        if not outer or wanted is None or parent is None:
            continue
        there = locate(body, outer)
        end: str | int = "-" if isinstance(parent[1], list) else wanted[0][-1]
        where = pointer([*parent[0], end] if there is None else there[0])
        operation = "add" if there is None else "replace"
        operations[show(outer)] = {"op": operation, "path": where, "value": wanted[1]}
    return list(operations.values())


def _order(where: Sequence[str | int]) -> list[tuple[int, str]]:
    return [(step, "") if isinstance(step, int) else (-1, step) for step in where]
