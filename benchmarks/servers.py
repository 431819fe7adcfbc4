"""A fresh API server for each client that is measured: it slows down as its store grows."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.apps import NAMESPACE
from benchmarks.settings import Settings
from tests.support.kubernetes import ApiServer, running


@contextmanager
def fresh(settings: Settings) -> Iterator[ApiServer]:
    """Start etcd and an API server with nothing in them but the workload's namespace."""
    with tempfile.TemporaryDirectory(dir=settings.scratch, prefix="cluster-") as directory:
        server = ApiServer(Path(directory), unsafe_no_fsync=not settings.fsync)
        with running(server):
            server.create("/api/v1/namespaces", {"metadata": {"name": NAMESPACE}})
            yield server


def fsync_policy(settings: Settings) -> str:
    """How durable the server's own writes are; it is the same for every client."""
    return "etcd syncs every write" if settings.fsync else "etcd does not sync (--unsafe-no-fsync)"
