"""Only an unbroken chain of decisions lets a revision be applied."""

from __future__ import annotations

from controlplane.operations.authorising import Allowed, chain


def steps(*pairs: str) -> list[Allowed]:
    return [Allowed(pair[0], pair[1], f"decision-{pair}") for pair in pairs]


def test_one_decision_for_one_step() -> None:
    assert chain("a", ["b"], steps("ab")) == ("decision-ab",)


def test_one_decision_may_cover_several_commits() -> None:
    assert chain("a", ["b", "c"], steps("ac")) == ("decision-ac",)


def test_several_decisions_make_a_chain() -> None:
    assert chain("a", ["b", "c", "d"], steps("ab", "bd")) == ("decision-ab", "decision-bd")


def test_a_gap_is_not_covered() -> None:
    assert chain("a", ["b", "c", "d"], steps("ab", "cd")) is None


def test_a_decision_about_other_trees_covers_nothing() -> None:
    assert chain("a", ["b"], steps("xb", "ax", "ba")) is None


def test_no_decision_at_all() -> None:
    assert chain("a", ["b"], []) is None


def test_nothing_to_do_needs_no_decision() -> None:
    assert chain("a", [], []) == ()


def test_a_revert_to_an_earlier_tree_is_a_step_of_its_own() -> None:
    assert chain("a", ["b", "a"], steps("ab")) is None
    assert chain("a", ["b", "a"], steps("ab", "ba")) == ("decision-ab", "decision-ba")
