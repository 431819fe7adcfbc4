"""Killed at any point, the next run ends where a run that was never killed ends."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from typing import Any

from tests.integration.reconciler.kubernetes.crasher import converge
from tests.integration.reconciler.kubernetes.test_drift import content, edit
from tests.integration.reconciler.kubernetes.world import Body, World, identifier
from tests.support.kubernetes import ApiServer


def before(world: World) -> list[Body]:
    return [
        world.namespace_body(),
        world.config_map("goes"),
        world.config_map("stays"),
        world.config_map("changes", value="1"),
        world.quota(),
    ]


def after(world: World) -> list[Body]:
    return [
        world.namespace_body(),
        world.config_map("stays"),
        world.config_map("changes", value="2"),
        world.config_map("comes"),
        world.quota(),
        world.definition(),
        world.widget(),
    ]


def prepare(server: ApiServer) -> World:
    """A placement with something to create, to update, to heal and to delete."""
    world = World(server)
    world.converge(*before(world))
    world.patch(world.quota(), edit("/spec/hard/pods", "1000"), edit("/spec/scopes", [], "add"))
    return world


def run(world: World, kill_at: int) -> subprocess.CompletedProcess[str]:
    order = {
        "settings": {
            "kubeconfig": str(world.cluster.kubeconfig),
            "control_namespace": world.control,
        },
        "placement": world.placement.name,
        "resources": [[identifier(body), body] for body in after(world)],
        "kill_at": kill_at,
    }
    return subprocess.run(
        [sys.executable, "-m", "tests.integration.reconciler.kubernetes.crasher"],
        input=json.dumps(order),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def state(world: World) -> dict[str, Any]:
    """Everything there is, with the names that differ from world to world taken out."""
    bodies = {identifier(body): body for body in [*before(world), *after(world)]}
    found = {i: content(f) for i, body in bodies.items() if (f := world.read(body)) is not None}
    other = world.again()
    observed = other.target.observe(other.desired(*after(world)))
    other.target.close()
    standing = {i: live.standing for i, live in observed.live.items()}
    said = json.dumps([found, standing, sorted(observed.inventory), observed.foreign])
    label = next(iter(found.values()))["metadata"]["labels"]["controlplane.dev/placement"]
    for name in (world.namespace, world.placement.name, label):
        said = said.replace(name, "NAME")
    result: dict[str, Any] = dict(
        zip(("found", "standing", "inventory", "foreign"), json.loads(said), strict=True)
    )
    # The digest is over a body that holds the namespace's name.
    for body in result["found"].values():
        body["metadata"]["annotations"].pop("controlplane.dev/digest")
    return result


def test_a_run_killed_anywhere_is_completed_by_the_next(
    api_server: ApiServer, record_property: Any
) -> None:
    world = prepare(api_server)
    whole = run(world, 0)
    assert whole.returncode == 0, whole.stderr
    points = int(whole.stdout)
    expected = state(world)
    world.target.close()
    record_property("crash points", points)
    print(f"{points} crash points on a real API server")
    assert points >= 20
    assert set(expected["standing"].values()) == {"in-sync"}
    assert expected["foreign"] == []

    for point in range(1, points + 1):
        world = prepare(api_server)
        killed = run(world, point)
        assert killed.returncode == -signal.SIGKILL, (point, killed.stderr)
        other = world.again()
        converge(other.target, other.desired(*after(world)))
        other.target.close()
        assert state(world) == expected, point
        world.target.close()
