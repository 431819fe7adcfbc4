"""Pages of an answer that can be as long as a fleet is large. Pure.

Whether a step is allowed, the digest of the verdict and how much there is of everything stand on
every page; lists hold what lies in it. A page names the verdict of which it is one: pages of two
answers are never put together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from evidence.canonical import Json

DEFAULT: Final = 1000  # entries of each list
LARGEST: Final = 10_000
CURSOR: Final = r"^([0-9]{1,9}@sha256:[0-9a-f]{64})?$"

_OWN: Final = ("words", "problems", "details")  # lists of the answer itself
_VERDICTS: Final = ("verdict", "enginesVerdict")
_OF_A_VERDICT: Final = ("findings", "indeterminate")


@dataclass(frozen=True)
class Page:
    """Entries `start` to `start + limit` of every list; of `verdict`'s, "" for whichever it is."""

    start: int
    limit: int
    verdict: str = ""

    def of(self, entries: list[Json]) -> list[Json]:
        """Return what of a list lies in the page."""
        return entries[self.start : self.start + self.limit]


def page(cursor: str, limit: int) -> Page:
    """Return the page that a cursor of ours names; the first where it is ""."""
    start, _, verdict = cursor.partition("@")
    return Page(int(start or 0), limit, verdict)


def paged(answer: Mapping[str, Json], wanted: Page) -> Json:
    """Return a page of an answer about a step, with the totals and the cursor of the next page."""
    decision = answer["decision"]
    totals = _totals(answer)
    end = wanted.start + wanted.limit
    more = max(map(len, _lists(answer))) > end
    return {
        **answer,
        **{name: wanted.of(answer[name]) for name in _OWN},
        "decision": _decision(decision, wanted),
        "totals": totals,
        "next": f"{end}@{decision['verdictDigest']}" if more else "",
    }


def _totals(answer: Mapping[str, Json]) -> dict[str, int]:
    decision = answer["decision"]
    found = {name: len(decision["verdict"][name]) for name in _OF_A_VERDICT}
    judged = sum(len(each["judged"]) for each in decision["judgements"])
    own = {name: len(answer[name]) for name in _OWN}
    return {**own, **found, "weighed": len(decision["weighed"]), "judged": judged}


def _lists(answer: Mapping[str, Json]) -> list[list[Json]]:
    """Return every list that is cut into pages."""
    decision = answer["decision"]
    verdicts = [decision[name] for name in _VERDICTS if name in decision]
    return [
        *(answer[name] for name in _OWN),
        *(each[name] for each in verdicts for name in _OF_A_VERDICT),
        *(each["judged"] for each in decision["judgements"]),
        decision["weighed"],
    ]


def _decision(decision: Mapping[str, Json], wanted: Page) -> Json:
    verdicts = {
        name: {**decision[name], **{n: wanted.of(decision[name][n]) for n in _OF_A_VERDICT}}
        for name in _VERDICTS
        if name in decision
    }
    judgements = [{**each, "judged": wanted.of(each["judged"])} for each in decision["judgements"]]
    weighed = wanted.of(decision["weighed"])
    return {**decision, **verdicts, "judgements": judgements, "weighed": weighed}
