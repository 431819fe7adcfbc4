"""Pages of an answer: put together they are the answer, and none says less of what matters."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from controlplane.server.gate.pages import Page, page, paged

DIGEST = f"sha256:{'a' * 64}"
LISTS = (
    lambda a: a["words"],
    lambda a: a["problems"],
    lambda a: a["details"],
    lambda a: a["decision"]["verdict"]["findings"],
    lambda a: a["decision"]["verdict"]["indeterminate"],
    lambda a: a["decision"].get("enginesVerdict", {}).get("findings", []),
    lambda a: a["decision"].get("enginesVerdict", {}).get("indeterminate", []),
    lambda a: a["decision"]["weighed"],
    lambda a: [entry for each in a["decision"]["judgements"] for entry in each["judged"]],
)


@st.composite
def answers(draw: st.DrawFn) -> dict[str, Any]:
    """Draw an answer about a step, whose lists are of any length."""
    number = iter(range(10_000))

    def some() -> list[int]:
        return [next(number) for _ in range(draw(st.integers(0, 12)))]

    def verdict() -> dict[str, Any]:
        return {"allow": False, "findings": some(), "indeterminate": some(), "rules": ["a/b"]}

    weighed = {"enginesVerdict": verdict()} if draw(st.booleans()) else {}
    decision = {
        "verdict": verdict(),
        "verdictDigest": DIGEST,
        "judgements": [{"judged": some()} for _ in range(draw(st.integers(0, 3)))],
        "weighed": some(),
        **weighed,
    }
    own = {"words": some(), "problems": some(), "details": some()}
    return {"allow": draw(st.booleans()), "decision": decision, **own}


@given(answers(), st.integers(1, 13))
def test_pages_put_together_are_the_answer(answer: dict[str, Any], limit: int) -> None:
    found: list[list[int]] = [[] for _ in LISTS]
    wanted, last = Page(0, limit), False
    while not last:
        made = paged(answer, wanted)
        for place, of in zip(found, LISTS, strict=True):
            place.extend(of(made))
        assert len(made["words"]) <= limit
        assert made["allow"] is answer["allow"]
        assert made["decision"]["verdictDigest"] == DIGEST
        assert made["totals"]["findings"] == len(answer["decision"]["verdict"]["findings"])
        assert made["totals"]["words"] == len(answer["words"])
        assert made["totals"]["judged"] == len(LISTS[-1](answer))
        last = not made["next"]
        wanted = page(made["next"], limit)
        assert last or wanted.verdict == DIGEST
    assert [sorted(each) for each in found] == [sorted(of(answer)) for of in LISTS]


@given(answers())
def test_what_fits_one_page_is_answered_whole(answer: dict[str, Any]) -> None:
    made = paged(answer, Page(0, 12))
    assert made.pop("next") == ""
    del made["totals"]
    assert made == answer
