"""The page on ownership says what the code does."""

from __future__ import annotations

from pathlib import Path

from reconciler.targets.kubernetes.inventory import SHARD_IDS
from reconciler.targets.kubernetes.ownership import DEFAULT_ALLOW
from reconciler.targets.kubernetes.prune import CLUSTERS_NAMED, CLUSTERS_OWN

PAGE = (Path(__file__).parents[5] / "docs" / "kubernetes" / "ownership.md").read_text()


def test_every_field_left_to_others_is_listed() -> None:
    table = PAGE.partition("## What is left to others")[2].partition("\n## ")[0]

    for rule in DEFAULT_ALLOW:
        words = [rule.field.rstrip("*").lstrip("*") or rule.kind]
        assert [w for w in words if w not in table] == [], rule


def test_everything_that_is_not_foreign_is_listed() -> None:
    deletion = PAGE.partition("## Deletion")[2]

    for kind in CLUSTERS_OWN:
        assert kind.partition(".")[0] in deletion
    for kind, name in CLUSTERS_NAMED:
        assert name in deletion, kind


def test_the_size_of_a_shard_is_as_said() -> None:
    assert f"{SHARD_IDS} ids in each" in PAGE
