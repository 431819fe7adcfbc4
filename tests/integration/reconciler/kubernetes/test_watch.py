"""A watch sees what others do, within a moment, and ends when told."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from reconciler.model import Nudge
from tests.integration.reconciler.kubernetes.test_drift import edit
from tests.integration.reconciler.kubernetes.world import World, identifier
from tests.support.waiting import eventually


@contextmanager
def watching(world: World) -> Iterator[list[Nudge]]:
    """What is seen while the block runs; leaving it waits until all watches have ended."""
    seen: list[Nudge] = []
    stop = threading.Event()

    thread = threading.Thread(target=lambda: seen.extend(world.target.watch(stop.is_set)))
    thread.start()
    try:
        yield seen
    finally:
        stop.set()
        thread.join(timeout=30)
        assert not thread.is_alive()


def noted(seen: list[Nudge], world: World, body_id: str) -> bool:
    return any(n.placement == world.placement and body_id in n.ids for n in seen)


def test_changes_by_others_are_seen(world: World) -> None:
    bodies = [world.namespace_body(), world.config_map(), world.role(), world.quota()]
    world.converge(*bodies)
    with watching(world) as seen:
        # Every watch begins with a look at everything.
        assert eventually(lambda: len([n for n in seen if n.placement == world.placement]) >= 4)
        world.patch(world.quota(), edit("/spec/hard/pods", "1000"))
        world.delete(world.config_map())
        world.patch(
            world.role(), {"op": "remove", "path": "/metadata/labels/controlplane.dev~1placement"}
        )
        for body in bodies[1:]:
            assert eventually(lambda body=body: noted(seen, world, identifier(body)))


def test_a_change_of_status_is_not_worth_a_look(world: World) -> None:
    bodies = [world.namespace_body(), world.deployment(), world.config_map()]
    world.converge(*bodies)
    with watching(world) as seen:
        assert eventually(lambda: len([n for n in seen if n.placement == world.placement]) >= 3)
        status = edit("/status", {"observedGeneration": 1}, "add")
        world.patch(world.deployment(), status, subresource="status")
        world.patch(world.deployment(), edit("/spec/paused", True, "add"))
        assert eventually(lambda: noted(seen, world, identifier(world.deployment())))
        ours = [n for n in seen if n.placement == world.placement and n.ids]
    assert len(ours) == 1


def test_what_we_do_ourselves_is_no_news(world: World) -> None:
    bodies = [world.namespace_body(), world.quota(), world.role(), world.config_map()]
    world.converge(*bodies)
    with watching(world) as seen:
        assert eventually(lambda: len([n for n in seen if n.placement == world.placement]) >= 4)
        world.converge(*bodies[:2], {**world.role(), "rules": []}, *bodies[3:])
        world.delete(world.config_map())
        assert eventually(lambda: noted(seen, world, identifier(world.config_map())))
        ours = [n for n in seen if n.placement == world.placement and n.ids]
    assert ours == [Nudge(world.placement, frozenset({identifier(world.config_map())}))]


def test_a_kind_that_appears_later_is_watched_as_well(world: World) -> None:
    world.converge(world.namespace_body())
    with watching(world) as seen:
        assert eventually(lambda: bool(seen))
        world.converge(world.namespace_body(), world.config_map())
        # The second watch begins with a look at everything, as the first did.
        assert eventually(lambda: len([n for n in seen if not n.ids]) == 2)
        world.delete(world.config_map())
        assert eventually(lambda: noted(seen, world, identifier(world.config_map())))
