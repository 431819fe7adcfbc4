"""What is deleted, in which order, and what is never deleted."""

from __future__ import annotations

from reconciler.model import Result, Standing, Verb
from tests.integration.reconciler.kubernetes.test_drift import edit
from tests.integration.reconciler.kubernetes.world import World, identifier
from tests.support.waiting import eventually

LABEL = "/metadata/labels/controlplane.dev~1placement"


def test_an_object_that_lost_our_label_stays(world: World) -> None:
    world.converge(world.namespace_body(), world.config_map())
    world.patch(world.config_map(), {"op": "remove", "path": LABEL})

    made = world.look(world.namespace_body())

    assert not made.actions
    assert [o.standing for o in made.obstacles] == [Standing.CONFLICT]
    assert world.read(world.config_map()) is not None


def test_an_object_that_others_made_again_stays(world: World) -> None:
    world.converge(world.namespace_body(), world.config_map())
    label = world.found(world.config_map())["metadata"]["labels"]
    world.delete(world.config_map())
    theirs = world.config_map()
    theirs["metadata"]["labels"] = label
    world.apply(theirs)

    made = world.look(world.namespace_body())

    assert not made.actions
    assert "made again" in made.obstacles[0].reason


def test_an_object_that_lost_our_label_after_the_plan_stays(world: World) -> None:
    world.converge(world.namespace_body(), world.config_map())
    made = world.look(world.namespace_body())
    world.patch(world.config_map(), {"op": "remove", "path": LABEL})

    outcome = world.carry_out(made)[identifier(world.config_map())]

    assert outcome.result is Result.CONFLICT
    assert world.read(world.config_map()) is not None


def test_a_harmless_change_after_the_plan_hinders_nothing(world: World) -> None:
    world.converge(world.namespace_body(), world.config_map())
    made = world.look(world.namespace_body())
    world.patch(world.config_map(), edit("/metadata/annotations/note", "hello", "add"))

    assert world.carry_out(made)[identifier(world.config_map())].result is Result.DONE
    assert world.read(world.config_map()) is None


def test_a_namespace_with_foreign_objects_stays(world: World) -> None:
    world.converge(world.namespace_body(), world.config_map())
    world.apply(world.secret("theirs"), manager="somebody")

    outcomes = world.converge()

    namespace = outcomes[identifier(world.namespace_body())]
    assert namespace.result is Result.CONFLICT
    assert "Secret/token" in namespace.detail
    assert world.read(world.config_map()) is None
    assert "deletionTimestamp" not in world.found(world.namespace_body())["metadata"]


def test_foreign_objects_of_a_kind_that_was_defined_later_keep_a_namespace(world: World) -> None:
    world.converge(world.namespace_body(), world.config_map())
    world.apply(world.definition(), manager="somebody")
    theirs = world.widget("theirs")
    kinds = world.path(theirs).rpartition("/")[0]
    assert eventually(lambda: world.cluster.call("GET", kinds)[0] == 200)
    world.apply(theirs, manager="somebody")

    outcome = world.converge()[identifier(world.namespace_body())]

    assert outcome.result is Result.CONFLICT
    assert "Widget" in outcome.detail
    assert world.read(theirs) is not None


def test_a_definition_with_foreign_instances_stays(world: World) -> None:
    world.converge(world.namespace_body(), world.definition(), world.widget())
    theirs = world.widget("theirs")
    world.apply(theirs, manager="somebody")

    outcomes = world.converge(world.namespace_body())

    assert outcomes[identifier(world.widget())].result is Result.DONE
    definition = outcomes[identifier(world.definition())]
    assert definition.result is Result.CONFLICT
    assert "Widget" in definition.detail
    assert world.read(theirs) is not None
    world.delete(theirs)
    assert world.converge(world.namespace_body())[identifier(world.definition())].result == "done"


def test_a_deletion_that_is_held_back_is_waited_for_by_the_next_pass(world: World) -> None:
    world.converge(world.namespace_body(), world.config_map())
    held = edit("/metadata/finalizers", ["example.com/hold"], "add")
    world.patch(world.config_map(), held)

    outcomes = world.converge(world.namespace_body())

    outcome = outcomes[identifier(world.config_map())]
    assert (outcome.verb, outcome.result) == (Verb.PRUNE, Result.WAITING)
    assert "example.com/hold" in outcome.detail
    waiting = world.live(world.namespace_body(), world.config_map())
    assert waiting[identifier(world.config_map())].standing is Standing.PENDING
    world.patch(world.config_map(), {"op": "remove", "path": "/metadata/finalizers"})
    outcomes = world.converge(world.namespace_body())
    assert outcomes[identifier(world.config_map())].verb is Verb.FORGET
    assert world.look(world.namespace_body()).in_sync == 1


def test_a_namespace_really_goes(whole_world: World) -> None:
    """With a Deployment's own pods in it, the default account, its certificate and events."""
    world = whole_world
    bodies = [world.namespace_body(), world.config_map(), world.deployment(replicas=2)]
    world.converge(*bodies)
    assert eventually(lambda: available(world) == 2)

    outcomes = world.converge()

    assert {o.result for o in outcomes.values()} == {Result.DONE}
    assert world.read(world.namespace_body()) is None
    assert world.placement not in list(world.target.placements())


def available(world: World) -> int:
    status = world.found(world.deployment()).get("status", {})
    return int(status.get("availableReplicas", 0))
