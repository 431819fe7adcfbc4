"""What counts as loosened: what denied and no longer does, by rule."""

from __future__ import annotations

from controlplane.operations.loosening import loosened

FILES = {"a/one": "policies/a/one/rule.rego", "a/two": "policies/a/two/rule.rego"}


def test_what_no_longer_denies_is_counted_by_rule() -> None:
    before = {("a/two", "x"), ("a/two", "y"), ("a/two", "z"), ("a/one", "x")}
    after = {("a/two", "z"), ("a/one", "x"), ("a/new", "x")}
    assert loosened(before, after, FILES) == [
        {"rule": "a/two", "flips": 2, "module": "policies/a/two/rule.rego"}
    ]


def test_a_rule_that_says_that_it_denies_less_is_listed_without_a_flip() -> None:
    found = loosened({("a/two", "x")}, set(), FILES, ["a/one", "a/two"])
    assert [(each["rule"], each["flips"]) for each in found] == [("a/one", 0), ("a/two", 1)]


def test_a_tightened_rule_is_not() -> None:
    assert loosened({("a/one", "x")}, {("a/one", "x"), ("a/one", "y")}, FILES) == []
