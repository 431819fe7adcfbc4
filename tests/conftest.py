"""The fixtures that start real servers, each once per run and only when a test asks for it.

Tests share a server: each works in namespaces, packages or databases with names of its own. What
a test needs is known from the fixtures it uses; see `tests/support/requirements.py`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from tests.support import existing, kubernetes
from tests.support.cluster import Cluster
from tests.support.kubernetes import ApiServer, WholeCluster
from tests.support.opa import OpaServer
from tests.support.postgres import PostgresServer

pytest_plugins = ["pytester", "tests.support.counted", "tests.support.requirements"]

# A loaded machine is no defect: nothing fails for having taken long. CI draws the same examples
# in every run, so that a failure there is one that anyone can repeat.
hypothesis.settings.register_profile("repository", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, database=None)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") == "true" else "repository")

STARTED_WITH = dict(os.environ)

# What a person's shell or a Git hook may have set and a test must not see.
FOREIGN = (
    "CI_PROJECT_URL",
    "CPCTL_TRACEBACK",
    "FORCE_COLOR",
    "GITHUB_REPOSITORY",
    "GITHUB_SERVER_URL",
    "GITHUB_STEP_SUMMARY",
    "GIT_DIR",
    "GIT_INDEX_FILE",
    "GIT_WORK_TREE",
    "KUBECONFIG",
    "NO_COLOR",
)
GIT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_AUTHOR_NAME": "Test",
    "GIT_AUTHOR_EMAIL": "test@example.com",
    "GIT_COMMITTER_NAME": "Test",
    "GIT_COMMITTER_EMAIL": "test@example.com",
}


@pytest.fixture(scope="session", autouse=True)
def _own_environment() -> Iterator[None]:
    """Give every test the same environment on every machine."""
    with pytest.MonkeyPatch.context() as patch:
        for name in FOREIGN:
            patch.delenv(name, raising=False)
        for name, value in GIT.items():
            patch.setenv(name, value)
        yield


@pytest.fixture(scope="session")
def api_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    """A Kubernetes API server on which nothing acts: no controllers, no nodes.

    The roles `view`, `edit` and `admin` are empty there: a controller fills them.
    """
    server = ApiServer(tmp_path_factory.mktemp("api-server"))
    with kubernetes.running(server):
        yield server


@pytest.fixture(scope="session")
def whole_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A Kubernetes cluster in which Deployments become available and namespaces really go.

    It is started here, or the one of `KUBECONFIG` where `USE_EXISTING_CLUSTER=true`.
    """
    directory = tmp_path_factory.mktemp("whole-cluster")
    cluster: Cluster = (
        existing.ExistingCluster(directory, Path(STARTED_WITH["KUBECONFIG"]))
        if existing.wanted(STARTED_WITH)
        else WholeCluster(directory)
    )
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
