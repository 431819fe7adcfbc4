"""A world of its own for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.reconciler.kubernetes.world import World
from tests.support.cluster import Cluster
from tests.support.kubernetes import ApiServer


@pytest.fixture
def world(api_server: ApiServer) -> Iterator[World]:
    """A placement on an API server on which nothing acts."""
    made = World(api_server)
    yield made
    made.target.close()


@pytest.fixture
def whole_world(whole_cluster: Cluster) -> Iterator[World]:
    """A placement on a cluster with controllers."""
    made = World(whole_cluster, deletion_wait=60.0)
    yield made
    made.target.close()
