"""A cluster that stops answering and comes back."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.errors import TargetUnavailableError
from reconciler.model import Result
from tests.integration.reconciler.kubernetes.world import World
from tests.support import kubernetes
from tests.support.kubernetes import ApiServer


@pytest.mark.requires("etcd", "kube-apiserver")
@pytest.mark.xdist_group("kubernetes")
def test_an_outage_is_said_and_survived(tmp_path: Path) -> None:
    with kubernetes.running(ApiServer(tmp_path)) as server:
        world = World(server)
        bodies = [world.namespace_body(), *(world.config_map(f"number-{n}") for n in range(50))]
        world.converge(*bodies[:10])
        made = world.look(*bodies)
        world.target.claim(world.placement, [a.id for a in made.actions])
        server.stop()

        outcomes = world.act(list(made.actions))

        assert {o.id for o in outcomes} == {a.id for a in made.actions}
        assert {o.result for o in outcomes} == {Result.FAILED, Result.SKIPPED}
        with pytest.raises(TargetUnavailableError) as raised:
            world.look(*bodies)
        assert raised.value.retry_after
        server.start()
        assert {o.result for o in world.converge(*bodies).values()} == {Result.DONE}
        assert world.look(*bodies).in_sync == len(bodies)
        world.target.close()
