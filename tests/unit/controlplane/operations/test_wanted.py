"""What is to be emptied, and what must never be."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from controlplane.operations.wanted import Wanted, abandoned
from controlplane.values import Position, Problem
from reconciler.model import Desired, Placement

SNAPSHOT: Any = SimpleNamespace(commit=SimpleNamespace(id="a" * 40), tree_id="t")
DECLARED = Desired(Placement("acme/prod", "eu"), "r", ())
OURS = [
    Placement(f"{name}/{stage}", target)
    for name in ("acme", "gone", "borealis")
    for stage in ("dev", "prod")
    for target in ("eu", "us")
]
PROBLEM = Problem(Position("tenants/borealis/tenant.yaml"), "render/x", "broken", "mend it")


def names(found: list[Placement], wanted: Wanted) -> list[str]:
    return [str(desired.placement) for desired in abandoned(found, OURS, wanted, SNAPSHOT)]


def test_a_placement_that_nobody_declares_is_to_hold_nothing() -> None:
    found = [
        Placement("acme/prod", "eu"),
        Placement("gone/prod", "eu"),
        Placement("acme/prod", "us"),
    ]
    assert names(found, Wanted((DECLARED,))) == ["acme/prod@us", "gone/prod@eu"]


def test_a_tenant_that_could_not_be_rendered_keeps_what_it_has() -> None:
    found = [Placement("borealis/prod", "eu"), Placement("borealis/dev", "eu")]
    assert names(found, Wanted((DECLARED,), {"borealis": (PROBLEM,)})) == []


def test_what_another_repository_placed_there_is_left_alone() -> None:
    assert names([Placement("stranger/prod", "eu")], Wanted((DECLARED,))) == []
