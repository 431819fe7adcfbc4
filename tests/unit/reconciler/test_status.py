"""How a placement stands after a pass."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reconciler.model import (
    Health,
    HealthStatus,
    Obstacle,
    Outcome,
    Placement,
    Plan,
    Result,
    Standing,
    Verb,
)
from reconciler.status import UNDER_WAY, Pass, Phase, PlacementStatus, conclude, under_way

ACME = Placement("acme", "east")
OBSTACLE = Obstacle("a", Standing.CONFLICT, "owned by hpa", "take it")


def ended(
    before: PlacementStatus | None = None,
    *,
    at: str = "t1",
    obstacles: tuple[Obstacle, ...] = (),
    **fields: Any,
) -> PlacementStatus:
    made = Plan(ACME, "rev", (), obstacles, in_sync=3)
    known: dict[str, Any] = {"plan": made, **fields}
    return conclude(Pass(ACME, "rev", "sha256:0", "run", at, **known), before)


def outcome(result: Result) -> Outcome:
    return Outcome("a", Verb.CREATE, result, "because", "do")


@pytest.mark.parametrize(
    ("fields", "phase"),
    [
        ({}, Phase.CONVERGED),
        ({"outcomes": [outcome(Result.DONE)]}, Phase.CONVERGED),
        ({"outcomes": [outcome(Result.FAILED)]}, Phase.FAILED),
        ({"outcomes": [outcome(Result.SKIPPED)]}, Phase.FAILED),
        ({"outcomes": [outcome(Result.CONFLICT)]}, Phase.BLOCKED),
        ({"outcomes": [outcome(Result.WAITING)]}, Phase.PROGRESSING),
        ({"obstacles": (OBSTACLE,)}, Phase.BLOCKED),
        ({"health": [Health("a", HealthStatus.CURRENT)]}, Phase.CONVERGED),
        ({"health": [Health("a", HealthStatus.IN_PROGRESS)]}, Phase.PROGRESSING),
        ({"health": [Health("a", HealthStatus.UNKNOWN)]}, Phase.PROGRESSING),
        ({"health": [Health("a", HealthStatus.FAILED)]}, Phase.FAILED),
        ({"health": [Health("a", HealthStatus.NOT_FOUND)]}, Phase.FAILED),
        ({"error": "no"}, Phase.FAILED),
        ({"error": "no", "plan": None}, Phase.FAILED),
        ({"error": "no", "plan": None, "away": True}, Phase.UNREACHABLE),
    ],
)
def test_each_end_has_its_phase(fields: dict[str, Any], phase: Phase) -> None:
    assert ended(**fields).phase is phase


def test_only_a_whole_pass_counts_as_applied() -> None:
    whole = ended()
    assert whole.applied == "rev"
    assert ended(obstacles=(OBSTACLE,)).applied == ""
    assert ended(whole, outcomes=[outcome(Result.FAILED)]).applied == "rev"


def test_a_condition_keeps_its_time_while_its_truth_is_the_same() -> None:
    first = ended(at="t1")
    second = ended(first, at="t2", outcomes=[outcome(Result.FAILED)])
    third = ended(second, at="t3", outcomes=[outcome(Result.FAILED)])
    since = {c.type: (c.holds, c.since, c.message) for c in third.conditions}
    assert since == {"Reachable": (True, "t1", ""), "Applied": (False, "t2", "because")}


def test_a_status_can_be_kept_as_json() -> None:
    status = ended(
        obstacles=(OBSTACLE,),
        outcomes=[outcome(Result.WAITING)],
        health=[Health("a", HealthStatus.FAILED, "crash loop")],
    )
    assert PlacementStatus.from_json(json.loads(json.dumps(status.to_json()))) == status
    assert status.counts == {"failed": 1, "in-sync": 3, "obstacles": 1, "waiting": 1}
    assert [t.detail for t in status.troubles] == ["because", "owned by hpa", "crash loop"]


@pytest.mark.parametrize("before", [None, ended(), ended(error="no", at="t0")])
def test_what_is_written_to_is_not_said_to_be_as_it_was(before: PlacementStatus | None) -> None:
    """The run may be killed, and nobody says anything else of it until the next pass."""
    said = under_way(ACME, "next", "run-2", "t2", before)

    assert PlacementStatus.from_json(json.loads(json.dumps(said.to_json()))) == said
    assert (said.phase, said.revision, said.run) == (Phase.PROGRESSING, "next", "run-2")
    assert (said.applied, said.counts) == (before.applied if before else "", {})
    assert [each.what for each in said.troubles] == [UNDER_WAY]
    (applied,) = (each for each in said.conditions if each.type == "Applied")
    since = "t0" if before is not None and before.phase is Phase.FAILED else "t2"
    assert (applied.holds, applied.since) == (False, since)
    assert not ended(said).troubles
