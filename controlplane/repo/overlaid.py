"""A mapping that is another one but for some keys, at the cost of those keys alone."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TypeVar

T = TypeVar("T")


class Overlaid(Mapping[str, T]):
    """`under` without the keys in `gone` (all of them are there), and with what is in `put`.

    In the order of `under`; keys that are new come last. Neither may change afterwards.
    """

    def __init__(
        self, under: Mapping[str, T], put: Mapping[str, T], gone: Collection[str] = ()
    ) -> None:
        self._under, self._put, self._gone = under, put, frozenset(gone)
        self._new = [key for key in put if key not in under]

    def __getitem__(self, key: str) -> T:
        if key in self._put:
            return self._put[key]
        if key in self._gone:
            raise KeyError(key)
        return self._under[key]

    def __contains__(self, key: object) -> bool:
        return key in self._put or (key not in self._gone and key in self._under)

    def __iter__(self) -> Iterator[str]:
        yield from (key for key in self._under if key not in self._gone)
        yield from self._new

    def __len__(self) -> int:
        return len(self._under) - len(self._gone) + len(self._new)
