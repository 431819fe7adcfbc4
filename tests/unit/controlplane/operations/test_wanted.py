"""What is to be emptied, and what must never be."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from controlplane.operations.wanted import Wanted, abandoned
from controlplane.values import Position, Problem
from reconciler.model import Desired, Placement

SNAPSHOT: Any = SimpleNamespace(commit=SimpleNamespace(id="a" * 40), tree_id="t")
DECLARED = Desired(Placement("acme/prod", "eu"), "r", ())
PROBLEM = Problem(Position("tenants/borealis/tenant.yaml"), "render/x", "broken", "mend it")


def names(ours: list[Placement], wanted: Wanted) -> list[str]:
    return [str(desired.placement) for desired in abandoned(ours, wanted, SNAPSHOT)]


def test_a_placement_that_nobody_declares_is_to_hold_nothing() -> None:
    ours = [
        Placement("acme/prod", "eu"),
        Placement("gone/prod", "eu"),
        Placement("acme/prod", "us"),
    ]
    assert names(ours, Wanted((DECLARED,))) == ["acme/prod@us", "gone/prod@eu"]


def test_a_tenant_that_could_not_be_rendered_keeps_what_it_has() -> None:
    ours = [Placement("borealis/prod", "eu"), Placement("borealis/dev", "eu")]
    assert names(ours, Wanted((DECLARED,), {"borealis": (PROBLEM,)})) == []
