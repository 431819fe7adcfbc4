"""The fixtures that start real servers, each once per run and only when a test asks for it.

Tests share a server: each works in namespaces, packages or databases with names of its own. What
a test needs is known from the fixtures it uses; see `tests/support/requirements.py`.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support import kubernetes
from tests.support.kubernetes import ApiServer, WholeCluster
from tests.support.opa import OpaServer
from tests.support.postgres import PostgresServer

pytest_plugins = ["pytester", "tests.support.requirements"]


@pytest.fixture(scope="session")
def api_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    """A Kubernetes API server on which nothing acts: no controllers, no nodes.

    The roles `view`, `edit` and `admin` are empty there: a controller fills them.
    """
    server = ApiServer(tmp_path_factory.mktemp("api-server"))
    with kubernetes.running(server):
        yield server


@pytest.fixture(scope="session")
def whole_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeCluster]:
    """A Kubernetes cluster in which Deployments become available and namespaces really go."""
    cluster = WholeCluster(tmp_path_factory.mktemp("whole-cluster"))
    with kubernetes.running(cluster):
        yield cluster


@pytest.fixture(scope="session")
def opa_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpaServer]:
    """An OPA server without policies."""
    server = OpaServer(tmp_path_factory.mktemp("opa"))
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL server."""
    server = PostgresServer()
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The SQLAlchemy URL of an empty database of the test's own."""
    with postgres_server.database() as url:
        yield url
