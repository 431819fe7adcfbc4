"""What has to exist first: namespaces, definitions."""

from __future__ import annotations

from reconciler.model import HealthStatus, Result, Standing
from tests.integration.reconciler.kubernetes.world import World, identifier


def test_what_waits_for_a_namespace_says_so(world: World) -> None:
    found = world.live(world.namespace_body(), world.config_map())[identifier(world.config_map())]

    assert found.standing is Standing.PENDING
    assert found.reason == f"pending on v1/Namespace/_/{world.namespace}"


def test_without_its_namespace_an_object_waits(world: World) -> None:
    outcome = world.converge(world.config_map())[identifier(world.config_map())]

    assert outcome.result is Result.WAITING
    assert world.namespace in outcome.detail


def test_a_definition_and_its_instances_in_one_go(world: World) -> None:
    bodies = [world.widget(), world.definition(), world.namespace_body()]
    before = world.live(*bodies)

    outcomes = world.converge(*bodies)

    assert before[identifier(world.widget())].standing is Standing.PENDING
    assert before[identifier(world.widget())].reason.endswith(identifier(world.definition()))
    assert {o.result for o in outcomes.values()} == {Result.DONE}
    assert world.look(*bodies).in_sync == 3
    resources = world.desired(*bodies).resources
    health = {h.status for h in world.target.health(world.placement, resources)}
    assert health == {HealthStatus.CURRENT}


def test_an_instance_without_a_definition_waits(world: World) -> None:
    bodies = [world.namespace_body(), world.widget()]

    outcomes = world.converge(*bodies)

    assert outcomes[identifier(world.widget())].result is Result.WAITING
    world.cluster.create(
        "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", world.definition()
    )
    for _ in range(100):
        if world.converge(*bodies).get(identifier(world.widget())) is None:
            break
    assert world.look(*bodies).in_sync == 2


def test_a_definition_that_is_refused_holds_back_its_instances(world: World) -> None:
    wrong = world.definition()
    wrong["metadata"]["name"] = "wrong"
    outcomes = world.converge(world.namespace_body(), wrong, world.widget(), world.config_map())

    assert outcomes[identifier(wrong)].result is Result.FAILED
    assert outcomes[identifier(world.widget())].result is Result.SKIPPED
    assert outcomes[identifier(world.config_map())].result is Result.DONE


def test_a_new_version_of_the_same_object_is_not_a_second_object(world: World) -> None:
    autoscaler = {
        "apiVersion": "autoscaling/v1",
        "kind": "HorizontalPodAutoscaler",
        "metadata": world.named("web"),
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
            "maxReplicas": 3,
        },
    }
    world.converge(world.namespace_body(), autoscaler)
    newer = {**autoscaler, "apiVersion": "autoscaling/v2"}

    outcomes = world.converge(world.namespace_body(), newer)

    assert {o.result for o in outcomes.values()} == {Result.DONE}
    again = world.look(world.namespace_body(), newer)
    assert (again.in_sync, again.actions, again.obstacles) == (2, (), ())
