"""What is others', what is left to them, and what is taken only when asked."""

from __future__ import annotations

import pytest

from reconciler.model import Result, Standing, Verb
from tests.integration.reconciler.kubernetes.test_drift import edit
from tests.integration.reconciler.kubernetes.world import World, identifier
from tests.support.kubernetes import ApiServer


def test_a_field_that_was_never_ours_is_a_conflict(world: World) -> None:
    first = [world.namespace_body(), world.deployment(replicas=None)]
    world.converge(*first)
    world.patch(world.deployment(), edit("/spec/replicas", 3), manager="gitops")
    # Left out of what we desired, it is an addition; desired now, it is theirs.
    bodies = [world.namespace_body(), world.deployment(replicas=5)]

    made = world.look(*bodies)

    assert not made.actions
    assert [o.standing for o in made.obstacles] == [Standing.CONFLICT]
    assert [(c.path, c.desired, c.live, c.manager) for c in made.obstacles[0].changes] == [
        (".spec.replicas", 5, 3, "gitops")
    ]
    assert world.found(world.deployment())["spec"]["replicas"] == 3

    outcomes = world.converge(*bodies, take_conflicts=True)
    assert [(o.verb, o.result) for o in outcomes.values()] == [(Verb.TAKE, Result.DONE)]
    assert world.found(world.deployment())["spec"]["replicas"] == 5


def test_a_conflict_that_appears_after_the_plan_is_an_outcome(world: World) -> None:
    world.converge(world.namespace_body(), world.deployment(replicas=None))
    bodies = [world.namespace_body(), world.deployment(replicas=5)]
    made = world.look(*bodies)
    world.patch(world.deployment(), edit("/spec/replicas", 3), manager="gitops")

    outcome = world.carry_out(made)[identifier(world.deployment())]

    assert outcome.result is Result.CONFLICT
    assert "gitops" in outcome.detail
    assert outcome.remedy
    assert world.found(world.deployment())["spec"]["replicas"] == 3


def test_an_object_that_others_made_is_a_conflict(world: World) -> None:
    world.converge(world.namespace_body())
    world.apply(world.config_map(colour="red"), manager="gitops")
    bodies = [world.namespace_body(), world.config_map()]

    made = world.look(*bodies)

    assert not made.actions
    assert "gitops" in made.obstacles[0].reason
    assert made.obstacles[0].changes[0].path == ".data.colour"
    world.converge(*bodies, take_conflicts=True)
    assert world.found(world.config_map())["data"] == {"colour": "blue"}
    assert world.look(*bodies).in_sync == 2


def test_nothing_is_made_in_a_namespace_that_others_made(world: World) -> None:
    theirs = world.namespace_body()
    theirs["metadata"]["labels"] = {"team": "blue"}
    world.apply(theirs, manager="gitops")
    bodies = [world.namespace_body(), world.config_map()]

    made = world.look(*bodies)

    assert not made.actions
    assert [o.standing for o in made.obstacles] == [Standing.CONFLICT] * 2
    assert f"its namespace {world.namespace} is somebody else's" == made.obstacles[1].reason
    world.converge(*bodies, take_conflicts=True)
    assert world.look(*bodies).in_sync == 2


def test_an_object_of_another_placement_is_a_conflict(world: World, api_server: ApiServer) -> None:
    bodies = [world.namespace_body(), world.config_map()]
    world.converge(*bodies)
    other = World(api_server)
    other.namespace = world.namespace

    made = other.look(world.config_map())
    other.target.close()

    assert [o.standing for o in made.obstacles] == [Standing.CONFLICT]
    assert world.placement.name in made.obstacles[0].reason


def test_replicas_are_left_to_an_autoscaler(world: World) -> None:
    bodies = [world.namespace_body(), world.deployment(replicas=1)]
    world.converge(*bodies)
    autoscaler = "kube-controller-manager"
    change = edit("/spec/replicas", 4)
    world.patch(world.deployment(), change, manager=autoscaler, subresource="scale")

    assert world.look(*bodies).in_sync == 2
    newer = world.deployment(replicas=1)
    newer["metadata"]["labels"]["tier"] = "front"
    outcomes = world.converge(world.namespace_body(), newer)

    assert [o.result for o in outcomes.values()] == [Result.DONE]
    assert world.found(newer)["spec"]["replicas"] == 4
    assert world.look(world.namespace_body(), newer).in_sync == 2


def test_replicas_set_by_a_person_through_scale_are_drift(world: World) -> None:
    bodies = [world.namespace_body(), world.deployment(replicas=1)]
    world.converge(*bodies)
    change = edit("/spec/replicas", 4)
    world.patch(world.deployment(), change, manager="kubectl", subresource="scale")

    assert world.live(*bodies)[identifier(bodies[1])].standing is Standing.DRIFTED


def test_a_sidecar_on_the_list_is_left_alone(api_server: ApiServer) -> None:
    path = '.spec.template.spec.containers[name="proxy"]*'
    world = World(api_server, allow=[{"manager": "mesh", "field": path}])
    bodies = [world.namespace_body(), world.deployment()]
    world.converge(*bodies)
    container = {"name": "proxy", "image": "registry.example/proxy"}
    add = edit("/spec/template/spec/containers/-", container, "add")
    world.patch(world.deployment(), add, manager="mesh")

    assert world.look(*bodies).in_sync == 2
    add["value"]["name"] = "other"
    world.patch(world.deployment(), add, manager="mesh")
    assert world.live(*bodies)[identifier(bodies[1])].standing is Standing.DRIFTED
    world.converge(*bodies)
    kept = world.found(world.deployment())["spec"]["template"]["spec"]["containers"]
    assert [c["name"] for c in kept] == ["web", "proxy"]
    world.target.close()


def test_a_restart_by_kubectl_is_no_drift(world: World) -> None:
    bodies = [world.namespace_body(), world.deployment()]
    world.converge(*bodies)
    mark = {"kubectl.kubernetes.io/restartedAt": "now"}
    world.patch(world.deployment(), edit("/spec/template/metadata/annotations", mark, "add"))

    assert world.look(*bodies).in_sync == 2


def test_an_immutable_field_is_refused_unless_recreation_is_asked_for(world: World) -> None:
    world.converge(world.namespace_body(), world.deployment())
    newer = world.deployment()
    newer["spec"]["selector"]["matchLabels"] = {"app": "web2"}
    newer["spec"]["template"]["metadata"]["labels"] = {"app": "web2"}

    refused = world.look(world.namespace_body(), newer)
    assert [o.standing for o in refused.obstacles] == [Standing.IMMUTABLE]
    assert "recreate" in refused.obstacles[0].remedy

    newer["metadata"]["annotations"] = {"controlplane.dev/recreate": "true"}
    outcomes = world.converge(world.namespace_body(), newer)
    assert [(o.verb, o.result) for o in outcomes.values()] == [(Verb.RECREATE, Result.DONE)]
    assert world.look(world.namespace_body(), newer).in_sync == 2


@pytest.mark.parametrize("replicas", [0, 1])
def test_a_body_that_the_server_refuses_is_unknown_and_fails(world: World, replicas: int) -> None:
    world.converge(world.namespace_body(), world.deployment(replicas=replicas))
    wrong = world.deployment()
    wrong["spec"]["nonsense"] = 1

    made = world.look(world.namespace_body(), wrong)

    assert [o.standing for o in made.obstacles] == [Standing.UNKNOWN]
    assert "nonsense" in made.obstacles[0].reason


def test_a_failed_action_stops_no_other(world: World) -> None:
    wrong = world.deployment()
    wrong["spec"]["nonsense"] = 1
    outcomes = world.converge(world.namespace_body(), wrong, world.config_map())

    assert outcomes[identifier(wrong)].result is Result.FAILED
    assert outcomes[identifier(wrong)].remedy
    assert outcomes[identifier(world.config_map())].result is Result.DONE


def test_the_default_account_is_adopted(world: World) -> None:
    world.converge(world.namespace_body())
    account = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": world.named("default"),
        "automountServiceAccountToken": False,
    }
    theirs = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": world.named("default")}
    world.cluster.create(f"/api/v1/namespaces/{world.namespace}/serviceaccounts", theirs)

    outcomes = world.converge(world.namespace_body(), account)

    assert [o.result for o in outcomes.values()] == [Result.DONE]
    assert world.found(account)["automountServiceAccountToken"] is False
    assert world.look(world.namespace_body(), account).in_sync == 2


def test_values_of_a_secret_appear_nowhere(world: World) -> None:
    hidden, other = "hunter2-hunter2", "aGFja2VkLWhhY2tlZA=="
    bodies = [world.namespace_body(), world.secret(hidden)]
    said = [repr(world.converge(*bodies))]
    world.patch(world.secret(hidden), edit("/data/token", other))
    made = world.look(*bodies)
    said += [repr(made.actions[0].changes), repr(world.carry_out(made))]
    newer = world.secret("something-else")
    made = world.look(world.namespace_body(), newer)
    said += [repr(made.actions[0].changes), repr(world.carry_out(made))]
    wrong = world.secret(hidden)
    wrong["metadata"]["name"] = "wrong"
    wrong["data"] = {"not base64": hidden}
    said.append(repr(world.converge(world.namespace_body(), newer, wrong)))

    assert "(not shown)" in said[1]
    text = " ".join(said)
    encoded = world.found(newer)["data"]["token"]
    assert not [v for v in (hidden, other, encoded, "something-else") if v in text]
