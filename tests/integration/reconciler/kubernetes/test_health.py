"""Health as seen on a cluster that has controllers."""

from __future__ import annotations

from reconciler.model import HealthStatus, Result, Verb
from tests.integration.reconciler.kubernetes.test_drift import edit
from tests.integration.reconciler.kubernetes.world import Body, World, identifier
from tests.support.waiting import eventually


def status(world: World, body: Body) -> HealthStatus:
    desired = world.desired(body)
    return next(iter(world.target.health(world.placement, desired.resources))).status


def test_a_deployment_becomes_current(whole_world: World) -> None:
    world = whole_world
    bodies = [world.namespace_body(), world.config_map(), world.deployment(replicas=3)]
    world.converge(*bodies)

    assert eventually(lambda: status(world, world.deployment(3)) is HealthStatus.CURRENT)
    assert world.found(world.deployment())["status"]["availableReplicas"] == 3
    assert status(world, world.namespace_body()) is HealthStatus.CURRENT
    # What controllers wrote meanwhile is no drift.
    assert world.look(*bodies).in_sync == 3
    other = world.again()
    assert other.look(*bodies).in_sync == 3
    other.target.close()
    world.converge()


def test_drift_is_healed_while_controllers_write(whole_world: World) -> None:
    world = whole_world
    bodies = [world.namespace_body(), world.config_map(), world.deployment(replicas=2)]
    world.converge(*bodies)
    container = {"name": "miner", "image": "registry.example/miner"}
    for round_number in range(5):
        extra = {**container, "name": f"miner-{round_number}"}
        world.patch(
            bodies[2],
            edit("/spec/template/spec/containers/-", extra, "add"),
            edit("/spec/replicas", 3),
            edit("/spec/progressDeadlineSeconds", 100 + round_number),
        )
        outcomes = world.converge(*bodies)
        assert [(o.verb, o.result) for o in outcomes.values()] == [(Verb.HEAL, Result.DONE)]
        assert world.look(*bodies).in_sync == 3
    spec = world.found(bodies[2])["spec"]
    assert [c["name"] for c in spec["template"]["spec"]["containers"]] == ["web"]
    assert (spec["replicas"], spec["progressDeadlineSeconds"]) == (2, 600)
    world.converge()


def test_a_deployment_that_cannot_be_scheduled_is_in_progress(whole_world: World) -> None:
    world = whole_world
    body = world.deployment(replicas=1)
    body["spec"]["template"]["spec"]["nodeSelector"] = {"nowhere": "at-all"}
    world.converge(world.namespace_body(), world.config_map(), body)

    assert eventually(lambda: "observedGeneration" in world.found(body).get("status", {}))
    found = next(iter(world.target.health(world.placement, world.desired(body).resources)))
    assert (found.id, found.status) == (identifier(body), HealthStatus.IN_PROGRESS)
    assert "replicas" in found.message
    world.converge()


def test_a_claim_without_a_volume_is_in_progress(whole_world: World) -> None:
    world = whole_world
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": world.named("data"),
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": "none",
            "resources": {"requests": {"storage": "1Gi"}},
        },
    }
    world.converge(world.namespace_body(), claim)

    assert eventually(lambda: bool(world.found(claim).get("status", {}).get("phase")))
    assert status(world, claim) is HealthStatus.IN_PROGRESS
    world.converge()
