"""Only an unbroken chain of decisions lets a revision be applied."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from controlplane.operations.authorising import Allowed, chain, chain_in_time, holds_until

NOW = datetime(2026, 12, 24, 12, tzinfo=UTC)


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


def over(*pairs: str) -> list[Allowed]:
    """Return steps whose decisions are over since a second."""
    return [replace(step, until=NOW - timedelta(seconds=1)) for step in steps(*pairs)]


def test_a_decision_holds_up_to_its_end_and_not_at_it() -> None:
    (step,) = steps("ab")
    assert replace(step, until=NOW + timedelta(seconds=1)).holds(NOW)
    assert not replace(step, until=NOW).holds(NOW)


def test_what_is_over_leads_nowhere_but_to_what_was_cleared() -> None:
    allowed = [*over("ab"), *steps("bc")]
    assert chain_in_time("a", ["b", "c"], allowed, NOW, 0) is None
    assert chain_in_time("a", ["b", "c"], allowed, NOW, 1) == ("decision-ab", "decision-bc")
    assert chain_in_time("a", ["b", "c"], allowed, NOW, 2) == ("decision-ab", "decision-bc")


def test_what_was_cleared_excuses_nothing_after_it() -> None:
    assert chain_in_time("a", ["b", "c"], [*steps("ab"), *over("bc")], NOW, 1) is None


def test_what_was_reverted_and_comes_again_is_cleared_anew() -> None:
    allowed = [*over("ab"), *steps("ba")]
    assert chain_in_time("a", ["b", "a", "b"], allowed, NOW, 1) is None
    assert chain_in_time("a", ["b", "a"], allowed, NOW, 1) == ("decision-ab", "decision-ba")


def test_a_step_that_holds_may_skip_what_was_cleared() -> None:
    assert chain_in_time("a", ["b", "c"], steps("ac"), NOW, 1) == ("decision-ac",)


def test_what_was_cleared_still_needs_its_decision() -> None:
    assert chain_in_time("a", ["b", "c"], steps("bc"), NOW, 1) is None


def test_an_answer_for_its_moment_only_counts_for_a_day() -> None:
    """Else a repository whose rules say nothing of it could not even apply their repair."""
    decided = "2026-12-24T12:00:00Z"
    assert holds_until(decided, decided) == NOW + timedelta(days=1)
    assert holds_until("2026-12-24T12:00:01Z", decided) == NOW + timedelta(seconds=1)
    assert holds_until("", decided) is None
