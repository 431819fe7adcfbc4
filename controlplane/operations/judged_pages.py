"""What a decision judged, in pages: a payload of evidence is bounded, and a fleet is not.

A decision about few subjects names all of them itself. One about many names the digests of pages,
each a record of its own, `{"judged": [{"subject", "envelope"}…]}`, in order. It then has no list of
its own, so that no reader takes a part for the whole. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from evidence.canonical import Json
from evidence.records import Record

KIND: Final = "judged"  # of the records
PAGE: Final = 20_000
"""Entries of one page, and of a decision that has none: 6 MiB where names are long."""

_LIST, _PAGES = "judged", "judgedPages"


def paged(decision: Mapping[str, Json], size: int = PAGE) -> tuple[dict[str, Json], list[Record]]:
    """Return a decision in the form in which it is recorded, and the records of its pages."""
    judgements: list[Json] = decision["judgements"]
    if sum(len(each[_LIST]) for each in judgements) <= size:
        return dict(decision), []
    pages: list[Record] = []
    short: list[Json] = []
    for each in judgements:
        mine = list(_pages(each["policySet"], each[_LIST], size))
        pages += mine
        kept = {name: value for name, value in each.items() if name != _LIST}
        short.append({**kept, _PAGES: [page.payload_digest for page in mine]})
    once = {page.payload_digest: page for page in pages}
    return {**decision, "judgements": short}, list(once.values())


def _pages(policy_set: str, judged: list[Json], size: int) -> Iterator[Record]:
    for start in range(0, len(judged), size):
        some = judged[start : start + size]
        last = start + len(some)
        summary = f"subjects {start + 1} to {last} of {len(judged)} judged under {policy_set}"
        yield Record(KIND, summary, {_LIST: some}, policy_set)


def judged(judgement: Mapping[str, Json], page: Callable[[str], Json]) -> Iterator[tuple[str, str]]:
    """Yield (subject, envelope digest) of a recorded judgement, in order.

    `page` gives the payload that a digest names. Raises KeyError, TypeError or ValueError for what
    is no judgement, and where it holds a list and pages.
    """
    if _PAGES not in judgement:
        yield from _entries(judgement[_LIST])
        return
    if _LIST in judgement:
        raise ValueError("holds what was judged, and pages of it")
    for name in judgement[_PAGES]:
        yield from _entries(page(str(name))[_LIST])


def _entries(some: Json) -> Iterator[tuple[str, str]]:
    for each in some:
        yield str(each["subject"]), str(each["envelope"])
