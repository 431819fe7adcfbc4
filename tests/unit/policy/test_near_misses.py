"""Every shipped rule has near misses, and each is near."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.near_misses import distance, is_near, opposite
from tests.support.policies import shipped

LOADED = shipped()
RULES = sorted(rule.id for rule in LOADED.bundle.rules)
NEAR = [(rule, name) for rule in RULES for name in LOADED.files[rule].samples if is_near(name)]


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_has_near_misses_of_both_kinds(rule: str) -> None:
    near = {name.partition("-")[0] for name in LOADED.files[rule].samples if is_near(name)}
    assert near == {"allow", "deny"}


@pytest.mark.parametrize(("rule", "name"), NEAR, ids=lambda each: each)
def test_a_near_miss_is_one_leaf_from_the_other_outcome(rule: str, name: str) -> None:
    samples = LOADED.files[rule].samples
    assert min(distance(samples[name], other) for other in opposite(name, samples)) == 1


def test_there_are_rules_and_near_misses_to_look_at() -> None:
    assert len(RULES) >= 15
    assert len(NEAR) >= 2 * len(RULES)


@pytest.mark.parametrize(
    ("one", "other", "leaves"),
    [
        ({"a": 1}, {"a": 1}, 0),
        ({"a": 1}, {"a": 2}, 1),
        ({"a": 1}, {"a": True}, 1),
        ({"a": 1}, {}, 1),
        ({"a": {}}, {}, 1),
        ({"a": None}, {}, 1),
        ({"a": {"b": {"c": 1}}}, {}, 1),
        ({"a": {"b": 1, "c": 2}}, {}, 2),
        ({"a": 1}, {"b": 1}, 2),
        ([1, 2], [1, 2, 3], 1),
        ([1, 2], [2], 2),
        ([{"a": 1, "b": 1}], [], 2),
        ({"a": "x"}, {"a": ["x", "y"]}, 2),
        ({"a": []}, {"a": {}}, 1),
    ],
)
def test_how_far_documents_are_apart(one: Any, other: Any, leaves: int) -> None:
    assert distance(one, other) == distance(other, one) == leaves
