"""Near misses: samples of a rule that are one leaf away from a sample of the other outcome.

A leaf is a text, number, flag, null, or an empty list or object. What is added or removed counts
as the leaves it holds, so that a near miss cannot bring a whole new object.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Json = Any


def is_near(name: str) -> bool:
    """Whether a sample's file name says that it is a near miss."""
    return name.startswith(("allow-near-", "deny-near-"))


def opposite(name: str, samples: Mapping[str, Json]) -> list[Json]:
    """Return the samples whose outcome is not that of the sample called `name`."""
    fires = name.startswith("deny")
    return [sample for other, sample in samples.items() if other.startswith("deny") is not fires]


def distance(one: Json, other: Json) -> int:
    """Return in how many leaves two documents differ; positions in lists are kept."""
    if isinstance(one, dict) and isinstance(other, dict):
        return _differing((one.get(k, _ABSENT), other.get(k, _ABSENT)) for k in {*one, *other})
    if isinstance(one, list) and isinstance(other, list):
        return _in_lists(one, other)
    same = type(one) is type(other) and one == other
    return 0 if same else max(_leaves(one), _leaves(other))


_ABSENT = object()


def _differing(pairs: Iterable[tuple[Json, Json]]) -> int:
    return sum(distance(one, other) for one, other in pairs)


def _in_lists(one: Sequence[Json], other: Sequence[Json]) -> int:
    """Compare lists from their start; what one has beyond the other counts as its leaves."""
    shorter = min(len(one), len(other))
    beyond = [*one[shorter:], *other[shorter:]]
    return _differing(zip(one, other, strict=False)) + sum(_leaves(each) for each in beyond)


def _leaves(value: Json) -> int:
    if value is _ABSENT:
        return 0
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return sum(map(_leaves, parts)) or 1
