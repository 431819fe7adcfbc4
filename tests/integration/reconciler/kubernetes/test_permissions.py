"""Both documented sets of permissions are enough for what they are for, and for no more."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from reconciler.model import HealthStatus, Result, Standing
from tests.integration.reconciler.kubernetes.test_drift import edit
from tests.integration.reconciler.kubernetes.world import Body, World, identifier
from tests.support.kubernetes import ApiServer
from tests.support.waiting import eventually

MANIFESTS = Path(__file__).parents[4] / "docs" / "kubernetes" / "permissions"
RBAC = "/apis/rbac.authorization.k8s.io/v1"


def grant(server: ApiServer, user: str, manifest: str, namespace: str = "") -> None:
    """Apply a shipped manifest as it stands, with `user` in the place of its account."""
    text = (MANIFESTS / manifest).read_text().replace("NAMESPACE", namespace)
    for body in YAML(typ="safe").load_all(text):
        if "subjects" in body:
            body["subjects"] = [{"kind": "User", "name": user}]
            body["subjects"][0]["apiGroup"] = "rbac.authorization.k8s.io"
        apply(server, body)


def apply(server: ApiServer, body: Body) -> None:
    metadata = body["metadata"]
    inside = f"/namespaces/{metadata['namespace']}" if "namespace" in metadata else ""
    root = RBAC if body["apiVersion"].startswith("rbac") else "/api/v1"
    path = (
        f"{root}{inside}/{body['kind'].lower()}s/{metadata['name']}?fieldManager=admin&force=true"
    )
    kind = "application/apply-patch+yaml"
    status, answer = server.call("PATCH", path, body, content_type=kind)
    assert status in {200, 201}, answer


def binding(world: World) -> Body:
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": world.named("readers"),
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reader"},
        "subjects": [
            {"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "acme:readers"}
        ],
    }


def test_platform_may_do_all_there_is_to_do(api_server: ApiServer) -> None:
    user = api_server.new_user()
    grant(api_server, user, "platform.yaml")
    config = api_server.kubeconfig_for(user)
    world = World(api_server, kubeconfig=config, control_namespace="controlplane-system")
    bodies = [
        world.namespace_body(),
        world.definition(),
        world.widget(),
        world.role(),
        binding(world),
        world.secret("x"),
        world.deployment(),
    ]

    assert {o.result for o in world.converge(*bodies).values()} == {Result.DONE}
    world.patch(world.deployment(), edit("/spec/replicas", 2))
    assert {o.result for o in world.converge(*bodies).values()} == {Result.DONE}
    assert world.look(*bodies).in_sync == len(bodies)
    left = world.converge(world.namespace_body())
    assert {o.result for o in left.values()} == {Result.DONE}
    world.target.close()


def test_namespaced_works_in_its_namespace_and_sees_no_other(api_server: ApiServer) -> None:
    user = api_server.new_user()
    config = api_server.kubeconfig_for(user)
    plain = World(api_server)
    plain.converge(plain.namespace_body())
    world = World(
        api_server,
        kubeconfig=config,
        namespaces=[plain.namespace],
        control_namespace=plain.namespace,
    )
    plain.target.close()
    world.namespace = plain.namespace
    api_server.call("DELETE", f"/api/v1/namespaces/{plain.control}")
    grant(api_server, user, "namespaced.yaml", world.namespace)
    labelled = world.namespace_body()
    labelled["metadata"]["labels"] = {"pod-security.kubernetes.io/enforce": "restricted"}
    bodies = [world.config_map(), world.role(), binding(world), world.deployment(), world.quota()]

    assert {o.result for o in world.converge(*bodies).values()} == {Result.DONE}
    world.patch(world.quota(), edit("/spec/hard/pods", "1000"))
    assert world.live(*bodies)[identifier(world.quota())].standing is Standing.DRIFTED
    assert {o.result for o in world.converge(*bodies).values()} == {Result.DONE}
    assert world.look(*bodies).in_sync == len(bodies)
    resources = world.desired(*bodies).resources
    health = {h.id: h.status for h in world.target.health(world.placement, resources)}
    assert health[identifier(world.quota())] is HealthStatus.CURRENT
    assert HealthStatus.UNKNOWN not in health.values()
    assert list(world.target.placements()) == [world.placement]
    assert_watched(world)
    assert {o.result for o in world.converge().values()} == {Result.DONE}
    world.target.close()


def assert_watched(world: World) -> None:
    """A change is seen although only this namespace may be watched."""
    seen: list[Any] = []
    stop = threading.Event()
    thread = threading.Thread(target=lambda: seen.extend(world.target.watch(stop.is_set)))
    thread.start()
    try:
        assert eventually(lambda: len(seen) >= 4)
        world.patch(world.quota(), edit("/spec/hard/pods", "1000"))
        assert eventually(lambda: any(identifier(world.quota()) in n.ids for n in seen))
    finally:
        stop.set()
        thread.join(timeout=30)


def test_namespaced_takes_the_namespace_it_was_given_and_leaves_it(api_server: ApiServer) -> None:
    user = api_server.new_user()
    config = api_server.kubeconfig_for(user)
    namespace = World(api_server).namespace
    api_server.create("/api/v1/namespaces", {"metadata": {"name": namespace}})
    grant(api_server, user, "namespaced.yaml", namespace)
    world = World(
        api_server, kubeconfig=config, namespaces=[namespace], control_namespace=namespace
    )
    world.namespace = namespace
    labelled = world.namespace_body()
    labelled["metadata"]["labels"] = {"pod-security.kubernetes.io/enforce": "restricted"}

    assert {o.result for o in world.converge(labelled, world.config_map()).values()} == {"done"}
    assert world.look(labelled, world.config_map()).in_sync == 2
    found = world.found(labelled)["metadata"]["labels"]
    assert found["pod-security.kubernetes.io/enforce"] == "restricted"
    outcomes = world.converge()
    assert {o.result for o in outcomes.values()} == {Result.DONE}
    assert "deletionTimestamp" not in world.found(labelled)["metadata"]
    world.target.close()


@pytest.mark.parametrize("kind", ["cluster_role", "namespace"])
def test_namespaced_cannot_reach_further(api_server: ApiServer, kind: str) -> None:
    user = api_server.new_user()
    config = api_server.kubeconfig_for(user)
    namespace = World(api_server).namespace
    api_server.create("/api/v1/namespaces", {"metadata": {"name": namespace}})
    grant(api_server, user, "namespaced.yaml", namespace)
    world = World(
        api_server, kubeconfig=config, namespaces=[namespace], control_namespace=namespace
    )
    world.namespace = namespace
    body: Body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "another"}}
    if kind == "cluster_role":
        body = {**world.role(), "kind": "ClusterRole", "metadata": {"name": namespace}}

    made = world.look(body, world.config_map())

    assert [o.standing for o in made.obstacles] == [Standing.UNKNOWN]
    assert "forbidden" in made.obstacles[0].reason
    assert [a.id for a in made.actions] == [identifier(world.config_map())]
    world.target.close()


def test_without_any_permission_everything_is_unknown(api_server: ApiServer) -> None:
    world = World(api_server)
    world.converge(world.namespace_body(), world.config_map())
    config = api_server.kubeconfig_for(api_server.new_user())
    stranger = World(api_server, kubeconfig=config, control_namespace=world.control)
    stranger.placement, stranger.namespace = world.placement, world.namespace

    with pytest.raises(Exception, match="forbidden") as raised:
        stranger.look(world.namespace_body())
    assert getattr(raised.value, "remedy", "")
    stranger.target.close()
    world.target.close()
