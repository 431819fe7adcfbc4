"""Every way in which others can change what is ours: seen, named, and undone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from reconciler.model import Result, Standing, Verb
from tests.integration.reconciler.kubernetes.world import Body, World, identifier

CONTAINERS = "/spec/template/spec/containers"


def everything(world: World) -> list[Body]:
    return [
        world.namespace_body(),
        world.config_map(),
        world.deployment(),
        world.quota(),
        world.network_policy(),
        world.role(),
    ]


def edit(path: str, value: Any, op: str = "replace") -> Body:
    return {"op": op, "path": path, "value": value}


def field_changed(world: World) -> Body:
    world.patch(world.deployment(), edit("/spec/replicas", 3))
    return world.deployment()


def field_removed(world: World) -> Body:
    world.patch(world.deployment(), {"op": "remove", "path": f"{CONTAINERS}/0/ports"})
    return world.deployment()


def field_added(world: World) -> Body:
    world.patch(world.deployment(), edit("/spec/template/spec/hostNetwork", True, "add"))
    return world.deployment()


def container_added(world: World) -> Body:
    extra = {"name": "miner", "image": "registry.example/miner"}
    world.patch(world.deployment(), edit(f"{CONTAINERS}/-", extra, "add"))
    return world.deployment()


def label_changed(world: World) -> Body:
    key = "/metadata/labels/controlplane.dev~1placement"
    world.patch(world.role(), edit(key, "somebody-else"))
    return world.role()


def label_removed(world: World) -> Body:
    key = "/metadata/labels/controlplane.dev~1placement"
    world.patch(world.config_map(), {"op": "remove", "path": key})
    return world.config_map()


def ownership_taken(world: World) -> Body:
    body = world.deployment()
    body["spec"]["template"]["spec"]["containers"][0]["image"] = "registry.example/other"
    world.apply(body)
    return body


def quota_raised(world: World) -> Body:
    world.patch(world.quota(), edit("/spec/hard/pods", "1000"))
    return world.quota()


def policy_loosened(world: World) -> Body:
    world.patch(world.network_policy(), edit("/spec/ingress", [{}], "add"))
    return world.network_policy()


def role_extended(world: World) -> Body:
    rule = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}
    world.patch(world.role(), edit("/rules/-", rule, "add"))
    return world.role()


def data_added(world: World) -> Body:
    world.patch(world.config_map(), edit("/data/extra", "1", "add"))
    return world.config_map()


def sources_exchanged(world: World) -> Body:
    """Ours and theirs cannot stand together: a volume has one source."""
    volume = {"name": "config", "emptyDir": {}}
    world.patch(world.deployment(), edit("/spec/template/spec/volumes/0", volume))
    return world.deployment()


def owners_forgotten(world: World) -> Body:
    """Without managedFields nobody owns anything: the value may be anyone's."""
    world.patch(world.quota(), edit("/metadata/managedFields", [{}]))
    world.patch(world.quota(), edit("/spec/hard/pods", "1000"))
    return world.quota()


def default_set_by_others(world: World) -> Body:
    """Taking it out brings the default back, which is the very value they applied."""
    body = world.deployment()
    body["spec"] = {"revisionHistoryLimit": 10, **body["spec"]}
    world.apply(body)
    return world.deployment()


def default_changed_by_others(world: World) -> Body:
    world.patch(world.deployment(), edit("/spec/revisionHistoryLimit", 3))
    return world.deployment()


@pytest.mark.parametrize(
    "drift",
    [
        field_changed,
        field_removed,
        field_added,
        container_added,
        label_changed,
        label_removed,
        ownership_taken,
        quota_raised,
        policy_loosened,
        role_extended,
        data_added,
        sources_exchanged,
        owners_forgotten,
        default_set_by_others,
        default_changed_by_others,
    ],
)
def test_drift_is_seen_and_healed(world: World, drift: Callable[[World], Body]) -> None:
    bodies = everything(world)
    world.converge(*bodies)
    before = {identifier(body): content(world.found(body)) for body in bodies}

    touched = identifier(drift(world))
    found = world.live(*bodies)

    assert {i for i, live in found.items() if live.standing is not Standing.IN_SYNC} == {touched}
    assert found[touched].standing is Standing.DRIFTED
    assert found[touched].changes
    outcomes = world.converge(*bodies)
    assert [(o.id, o.verb, o.result) for o in outcomes.values()] == [
        (touched, Verb.HEAL, Result.DONE)
    ]
    assert {identifier(body): content(world.found(body)) for body in bodies} == before
    assert world.look(*bodies).in_sync == len(bodies)


def test_healed_is_healed_for_a_process_that_remembers_nothing(world: World) -> None:
    bodies = everything(world)
    world.converge(*bodies)
    default_changed_by_others(world)
    default_set_by_others(world)
    world.converge(*bodies)

    other = world.again()
    assert other.look(*bodies).in_sync == len(bodies)
    other.target.close()


def test_a_deleted_object_is_made_again(world: World) -> None:
    bodies = everything(world)
    world.converge(*bodies)
    world.delete(world.role())

    outcomes = world.converge(*bodies)

    assert [(o.id, o.result) for o in outcomes.values()] == [(identifier(world.role()), "done")]
    assert world.look(*bodies).in_sync == len(bodies)


def test_an_object_made_again_by_others_is_healed(world: World) -> None:
    """The name is ours by the inventory, whoever sits on it now."""
    bodies = [world.namespace_body(), world.role()]
    world.converge(*bodies)
    world.delete(world.role())
    theirs = world.role()
    theirs["rules"] = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]
    world.apply(theirs)

    assert world.live(*bodies)[identifier(theirs)].standing is Standing.DRIFTED
    world.converge(*bodies)

    assert world.found(world.role())["rules"] == world.role()["rules"]
    assert world.look(*bodies).in_sync == 2


def test_who_did_it_is_named(world: World) -> None:
    bodies = everything(world)
    world.converge(*bodies)
    field_changed(world)
    container_added(world)

    changes = world.live(*bodies)[identifier(world.deployment())].changes

    assert [(c.path, c.desired, c.manager) for c in changes] == [
        (".spec.replicas", 0, "evil"),
        ('.spec.template.spec.containers[name="miner"]', None, "evil"),
    ]
    assert changes[0].live == 3
    assert changes[1].live["image"] == "registry.example/miner"


def test_drift_and_a_new_revision_at_once(world: World) -> None:
    """What was ours before stays ours, although something else is desired of it by now."""
    world.converge(*everything(world))
    field_changed(world)
    bodies = [*everything(world)]
    bodies[2] = world.deployment(replicas=2)

    assert world.live(*bodies)[identifier(bodies[2])].standing is Standing.DRIFTED
    world.converge(*bodies)

    assert world.found(bodies[2])["spec"]["replicas"] == 2
    assert world.look(*bodies).in_sync == len(bodies)


@pytest.mark.parametrize("drift", [container_added, data_added])
def test_what_is_added_between_our_look_and_our_apply_is_drift(
    world: World, drift: Callable[[World], Body]
) -> None:
    """The answer to our apply holds what others added, which is not what we left."""
    bodies = everything(world)
    world.converge(*bodies)
    changed = [
        world.namespace_body(),
        world.config_map(mode="new"),
        world.deployment(replicas=2),
        *bodies[3:],
    ]
    made = world.look(*changed)
    touched = identifier(drift(world))
    world.carry_out(made)

    found = world.live(*changed)
    assert {i for i, live in found.items() if live.standing is not Standing.IN_SYNC} == {touched}
    assert world.converge(*changed)[touched].verb is Verb.HEAL
    assert world.look(*changed).in_sync == len(changed)


def test_the_same_value_applied_by_another_is_no_drift(world: World) -> None:
    bodies = everything(world)
    world.converge(*bodies)
    world.apply(world.deployment())

    assert world.look(*bodies).in_sync == len(bodies)


def test_our_manager_name_used_by_others_is_seen(world: World) -> None:
    bodies = everything(world)
    world.converge(*bodies)
    spoofed = world.found(world.quota())
    applied = world.quota()
    applied["metadata"] |= {key: spoofed["metadata"][key] for key in ("labels", "annotations")}
    applied["spec"]["hard"] = {"pods": "999"}
    # The time of an entry has a resolution of a second.
    moment = spoofed["metadata"]["managedFields"][0]["time"]
    while world.found(world.quota())["metadata"]["managedFields"][0]["time"] == moment:
        applied["spec"]["hard"]["pods"] = str(int(applied["spec"]["hard"]["pods"]) + 1)
        world.apply(applied, manager="controlplane")

    found = world.live(*bodies)[identifier(world.quota())]

    assert found.standing is Standing.DRIFTED
    assert [change.path for change in found.changes] == [".spec.hard.pods"]
    world.converge(*bodies)
    assert world.found(world.quota())["spec"]["hard"] == {"pods": "10"}


def test_a_change_of_status_or_of_a_foreign_annotation_is_no_drift(world: World) -> None:
    bodies = everything(world)
    world.converge(*bodies)
    world.patch(
        world.deployment(), edit("/status", {"observedGeneration": 1}, "add"), subresource="status"
    )
    world.patch(world.role(), edit("/metadata/annotations/example.com~1note", "hello", "add"))

    assert world.look(*bodies).in_sync == len(bodies)


def content(found: Body) -> Body:
    """Everything but the server's bookkeeping."""
    metadata = {k: found["metadata"].get(k) for k in ("name", "labels", "annotations")}
    rest = {k: v for k, v in found.items() if k not in {"metadata", "status"}}
    return {"metadata": metadata, **rest}
