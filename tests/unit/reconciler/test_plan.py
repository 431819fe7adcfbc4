"""Planning: one answer for every id, and which."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import DuplicateResourceError
from reconciler.model import (
    Desired,
    FieldChange,
    Live,
    Observation,
    Placement,
    Resource,
    Standing,
    Verb,
)
from reconciler.plan import RECREATE_ANNOTATION, PlanOptions, plan

PLACEMENT = Placement("acme/prod", "east")


def resource(identifier: str, **annotations: str) -> Resource:
    body: dict[str, Any] = {"metadata": {"name": identifier}}
    if annotations:
        body["metadata"]["annotations"] = annotations
    return Resource.of(identifier, body)


def planned(
    *desired: Resource,
    live: dict[str, Live] | None = None,
    inventory: set[str] | None = None,
    options: PlanOptions | None = None,
) -> Any:
    observation = Observation(PLACEMENT, live or {}, frozenset(inventory or ()))
    return plan(Desired(PLACEMENT, "r1", desired), observation, options or PlanOptions())


def one(standing: Standing, *, owned: bool = True, **fields: Any) -> Any:
    live = {"a": Live("a", standing, **fields)}
    return planned(resource("a"), live=live, inventory={"a"} if owned else set())


@pytest.mark.parametrize(
    ("standing", "verb"),
    [
        (Standing.ABSENT, Verb.CREATE),
        (Standing.PENDING, Verb.CREATE),
        (Standing.OUTDATED, Verb.UPDATE),
        (Standing.DRIFTED, Verb.HEAL),
    ],
)
def test_what_is_desired_gets_the_verb_of_its_standing(standing: Standing, verb: Verb) -> None:
    change = FieldChange("spec.replicas", 2, 3, "kubectl")
    made = one(standing, changes=(change,), token="7", reason="pending on v1/Namespace/_/acme")

    (action,) = made.actions
    assert (action.verb, action.before, action.changes) == (verb, standing, (change,))
    assert (action.token, action.reason) == ("7", "pending on v1/Namespace/_/acme")
    assert action.resource == resource("a")


def test_what_is_in_sync_and_ours_needs_nothing() -> None:
    made = one(Standing.IN_SYNC)
    assert (made.actions, made.obstacles, made.in_sync) == ((), (), 1)


def test_what_is_in_sync_but_not_in_the_inventory_is_taken_in() -> None:
    assert [a.verb for a in one(Standing.IN_SYNC, owned=False).actions] == [Verb.UPDATE]


@pytest.mark.parametrize("standing", [Standing.UNKNOWN, Standing.SURPLUS])
def test_an_answer_that_does_not_fit_is_unknown_and_left_alone(standing: Standing) -> None:
    made = one(standing)
    assert (made.actions, made.in_sync) == ((), 0)
    assert [o.standing for o in made.obstacles] == [Standing.UNKNOWN]


def test_no_answer_is_unknown() -> None:
    made = planned(resource("a"), inventory={"b"})
    assert [(o.id, o.standing) for o in made.obstacles] == [
        ("a", Standing.UNKNOWN),
        ("b", Standing.UNKNOWN),
    ]


def test_a_conflict_names_the_manager() -> None:
    changes = (FieldChange("spec.replicas", 2, 3, "hpa"), FieldChange("spec.x", 1, None))
    made = one(Standing.CONFLICT, changes=changes)
    (obstacle,) = made.obstacles
    assert obstacle.reason == "owned by hpa"
    assert "--take-conflicts" in obstacle.remedy


def test_a_conflict_is_taken_when_asked() -> None:
    live = {"a": Live("a", Standing.CONFLICT)}
    options = PlanOptions(take_conflicts=True)
    made = planned(resource("a"), live=live, options=options)
    assert [a.verb for a in made.actions] == [Verb.TAKE]


def test_an_immutable_field_is_refused_with_the_remedy() -> None:
    change = FieldChange("spec.selector", {"a": "b"}, {"a": "c"})
    (obstacle,) = one(Standing.IMMUTABLE, changes=(change,)).obstacles
    assert "spec.selector" in obstacle.reason
    assert RECREATE_ANNOTATION in obstacle.remedy


@pytest.mark.parametrize(("value", "verbs"), [("true", [Verb.RECREATE]), ("false", [])])
def test_an_annotated_object_is_recreated(value: str, verbs: list[Verb]) -> None:
    wanted = resource("a", **{RECREATE_ANNOTATION: value})
    made = planned(wanted, live={"a": Live("a", Standing.IMMUTABLE)}, inventory={"a"})
    assert [a.verb for a in made.actions] == verbs


@pytest.mark.parametrize(
    ("standing", "verb"),
    [
        (Standing.SURPLUS, Verb.PRUNE),
        (Standing.DRIFTED, Verb.PRUNE),
        (Standing.ABSENT, Verb.FORGET),
    ],
)
def test_what_is_no_longer_desired_goes(standing: Standing, verb: Verb) -> None:
    live = {"a": Live("a", Standing.IN_SYNC), "b": Live("b", standing)}
    made = planned(resource("a"), live=live, inventory={"a", "b"})
    assert [(a.id, a.verb, a.resource) for a in made.actions] == [("b", verb, None)]


@pytest.mark.parametrize("standing", [Standing.UNKNOWN, Standing.CONFLICT, Standing.PENDING])
def test_what_may_not_be_ours_any_more_is_not_pruned(standing: Standing) -> None:
    live = {"a": Live("a", Standing.IN_SYNC), "b": Live("b", standing)}
    made = planned(resource("a"), live=live, inventory={"a", "b"})
    assert made.actions == ()
    assert [o.id for o in made.obstacles] == ["b"]


@pytest.mark.parametrize("standing", [Standing.CONFLICT, Standing.IMMUTABLE, Standing.UNKNOWN])
def test_what_is_old_stays_while_what_may_replace_it_is_left_alone(standing: Standing) -> None:
    live = {
        "a": Live("a", standing),
        "old": Live("old", Standing.SURPLUS),
        "gone": Live("gone", Standing.ABSENT),
    }
    made = planned(resource("a"), live=live, inventory={"old", "gone"})
    assert [(a.id, a.verb) for a in made.actions] == [("gone", Verb.FORGET)]
    assert [o.id for o in made.obstacles] == ["a", "old"]
    assert made.obstacles[1].reason.startswith("held back")


def test_nothing_desired_deletes_nothing_unless_allowed() -> None:
    live = {"a": Live("a", Standing.SURPLUS), "b": Live("b", Standing.ABSENT)}
    made = planned(live=live, inventory={"a", "b"})
    assert [(a.id, a.verb) for a in made.actions] == [("b", Verb.FORGET)]
    assert "--allow-empty" in made.obstacles[0].remedy

    allowed = planned(live=live, inventory={"a", "b"}, options=PlanOptions(allow_empty=True))
    assert [(a.id, a.verb) for a in allowed.actions] == [("a", Verb.PRUNE), ("b", Verb.FORGET)]


def test_a_placement_that_nobody_declares_any_more_is_emptied() -> None:
    live = {"a": Live("a", Standing.SURPLUS)}
    gone = Desired(PLACEMENT, "r1", (), abandoned=True)
    made = plan(gone, Observation(PLACEMENT, live, frozenset(live)), PlanOptions())
    assert [(a.id, a.verb) for a in made.actions] == [("a", Verb.PRUNE)]


def test_what_is_foreign_is_named_and_left_alone() -> None:
    observation = Observation(PLACEMENT, {}, frozenset(), foreign=("note.txt",))
    made = plan(Desired(PLACEMENT, "r1", ()), observation, PlanOptions())
    assert made.foreign == ("note.txt",)
    assert (made.actions, made.obstacles) == ((), ())


def test_one_id_desired_twice_is_refused() -> None:
    with pytest.raises(DuplicateResourceError, match=r"more than once: a$"):
        planned(resource("a"), resource("b"), resource("a"))


IDS = st.sampled_from("abcdef")


@given(
    desired=st.sets(IDS),
    inventory=st.sets(IDS),
    standings=st.dictionaries(IDS, st.sampled_from(Standing)),
    options=st.builds(PlanOptions, st.booleans(), st.booleans()),
)
def test_every_id_is_accounted_for_exactly_once(
    desired: set[str], inventory: set[str], standings: dict[str, Standing], options: PlanOptions
) -> None:
    made = planned(
        *(resource(i) for i in desired),
        live={i: Live(i, standing) for i, standing in standings.items()},
        inventory=inventory,
        options=options,
    )
    answered = [a.id for a in made.actions] + [o.id for o in made.obstacles]
    assert len(answered) == len(set(answered))
    assert len(answered) + made.in_sync == len(desired | inventory)
    assert set(answered) <= desired | inventory

    pruned = {a.id for a in made.actions if a.verb in {Verb.PRUNE, Verb.FORGET}}
    assert pruned <= inventory - desired
    unknown = {i for i in desired | inventory if standings.get(i, Standing.UNKNOWN) == "unknown"}
    assert not unknown & {a.id for a in made.actions}
    assert made.in_sync <= sum(standings.get(i) is Standing.IN_SYNC for i in desired)
