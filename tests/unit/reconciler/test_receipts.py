"""What evidence says of a placement."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from evidence.canonical import canonical
from reconciler import receipts
from reconciler.model import (
    Action,
    Desired,
    FieldChange,
    Obstacle,
    Placement,
    Plan,
    Resource,
    Standing,
    Verb,
)

ACME = Placement("acme", "east")


def test_a_plan_without_actions_says_what_is_left_alone() -> None:
    plan = Plan(ACME, "r", (), (Obstacle("a", Standing.UNKNOWN, "why", "how"),), 2, ("note",))
    (record,) = receipts.plan_records(plan, "sha256:0")
    assert record.summary == "acme@east: plan nothing, 2 in sync, 1 left alone"
    assert record.payload["obstacles"][0]["reason"] == "why"
    assert record.payload["foreign"] == ["note"]


def test_a_long_plan_is_several_records_and_loses_nothing() -> None:
    actions = tuple(Action(str(n), Verb.PRUNE, Standing.SURPLUS) for n in range(1001))
    records = list(receipts.plan_records(Plan(ACME, "r", actions), "sha256:0"))
    assert [len(record.payload["actions"]) for record in records] == [500, 500, 1]
    assert [a["id"] for r in records for a in r.payload["actions"]] == [a.id for a in actions]
    assert ["obstacles" in record.payload for record in records] == [True, False, False]


def test_what_is_desired_is_named_whatever_the_order() -> None:
    one, two = Resource.of("a", {}), Resource.of("b", {"x": 1})
    digest = receipts.desired_digest(Desired(ACME, "r", (one, two)))
    assert digest == receipts.desired_digest(Desired(ACME, "other", (two, one)))
    assert digest != receipts.desired_digest(Desired(ACME, "r", (one,)))


@given(st.integers())
def test_every_number_can_be_proven(number: int) -> None:
    change = FieldChange("spec.x", number, {"deep": [number]})
    action = Action("a", Verb.UPDATE, Standing.OUTDATED, changes=(change,))
    (record,) = receipts.plan_records(Plan(ACME, "r", (action,)), "sha256:0")
    said = record.payload["actions"][0]["changes"][0]["desired"]
    assert str(said) == str(number)
    assert canonical(record.payload)
