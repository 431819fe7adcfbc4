"""Envelopes that no sample shows: a sample in which one thing or a few are otherwise.

A member is dropped, put twice, renamed or replaced: by text that is awkward (beyond ASCII, empty,
with quotes), by the largest integer, by another type. What the host projects from checked resources
keeps its shape, as in every envelope that the host makes: an object or a list is emptied there, and
a projected integer stays one. Rendered objects come from outside: there anything becomes anything.
"""

from __future__ import annotations

import copy
from random import Random
from typing import Any

_DEEP: Any = {"a": {"b": {"c": [[[{"d": ["e"]}]]]}}}
VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2**53 - 1, -(2**53) + 1, "", "a", "é", "日本", "😀", "a\nb", 'a"b',
    "\u2028", "<&>", "\\", "\u0001", "1", "true", "eu-west-1", "*", [], {}, [[]], ["a", "b"], [1, "a"],
    {"b": 1, "a": 2}, {"name": "x"}, [{"name": "x"}], {"text": "1", "micros": 1000000}, _DEEP,
)  # fmt: skip
NAMES = ("é", "", "name", "A", "z z")
PROJECTED = frozenset({"basisPoints", "epochSeconds", "micros", "milli", "seconds"})
PARTS = frozenset({"subject", "references", "change", "facts"})


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of everything inside a document."""
    found = [path] if path else []
    if isinstance(value, (dict, list)):
        members = value.items() if isinstance(value, dict) else enumerate(value)
        for key, member in members:
            found += places(member, (*path, key))
    return found


def otherwise(envelope: Any, random: Random) -> Any:
    """Return the document that an envelope becomes after one to three changes."""
    document = copy.deepcopy(envelope)
    for _ in range(random.randint(1, 3)):
        inside = [path for path in places(document) if path[0] in PARTS and len(path) > 1]
        if inside:
            _change(document, random.choice(inside), random)
    return document


def _change(document: Any, path: tuple[Any, ...], random: Random) -> None:
    holder, last = _at(document, path[:-1]), path[-1]
    way = random.choice(["drop", "twice", "rename", "another", "replace", "replace", "replace"])
    if way == "drop":
        del holder[last]
    elif last in PROJECTED:
        holder[last] = random.choice([value for value in VALUES if type(value) is int])
    elif way == "twice" and isinstance(holder, list):
        holder.append(copy.deepcopy(holder[last]))
    elif way == "rename" and isinstance(holder, dict):
        holder[random.choice(NAMES)] = holder.pop(last)
    elif "objects" in path:
        another = _at(document, random.choice(places(document)))
        holder[last] = copy.deepcopy(another if way == "another" else random.choice(VALUES))
    elif isinstance(holder[last], (dict, list)):
        holder[last] = type(holder[last])()
    else:
        holder[last] = random.choice([v for v in VALUES if not isinstance(v, (dict, list))])


def _at(document: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        document = document[step]
    return document
