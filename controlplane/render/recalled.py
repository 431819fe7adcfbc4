"""Remembers what a template became, by the values it reads and no others.

A template is a pure function of the names it mentions (`jinja.py` sees to that), so its documents
can be taken again wherever those names mean the same: tenants with the same packs share their
network policies. Which names it mentions is read from its syntax; where that is not sure, more is
taken to be read. Only answers are remembered, never faults.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from functools import lru_cache
from threading import Lock
from typing import Any

from controlplane.render import documents, jinja, naming
from controlplane.render.documents import Document
from controlplane.render.jinja import Read

Json = Any

KEPT = 1024  # answers, each some kilobytes
_answers: OrderedDict[Any, tuple[Document, ...]] = OrderedDict()
_lock = Lock()


def written(path: str, source: str, values: Mapping[str, Json]) -> tuple[Document, ...]:
    """Return the documents of the template `source` over `values`. Nobody may change them.

    Raises RenderError as `jinja.render` and `documents.documents` do.
    """
    try:
        parts = [_part(read, values) for read in _reads(path, source)]
        key = (path, source, naming.name(parts))
    except ValueError:  # a value that is no JSON: the template says where
        return tuple(documents.documents(jinja.render(path, source, values)))
    with _lock:
        if key in _answers:
            _answers.move_to_end(key)
            return _answers[key]
    answer = tuple(documents.documents(jinja.render(path, source, values)))
    with _lock:
        _answers[key] = answer
        while len(_answers) > KEPT:
            _answers.popitem(last=False)
    return answer


@lru_cache(maxsize=2048)
def _reads(path: str, source: str) -> tuple[Read, ...]:
    """Return what a template reads, whatever is read with more already left out."""
    every = sorted(set(jinja.reads(path, source)))
    return tuple(_without_covered(every))


def _without_covered(every: list[Read]) -> Iterator[Read]:
    last: Read | None = None
    for read in every:
        if last is None or read[: len(last)] != last:
            yield read
            last = read


def _part(read: Read, values: Mapping[str, Json]) -> tuple[Json] | int:
    """Return the value at the end of `read`, by itself; where there is none, how far it leads."""
    part: Json = values
    for depth, step in enumerate(read):
        if not isinstance(part, dict):
            break  # a method, or an item of a list: all of it counts
        if step not in part:
            return depth
        part = part[step]
    return (part,)
