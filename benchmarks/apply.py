"""1,000 apps applied to a fresh API server: ours, `kubectl apply`, and the bare loop below both.

Decides the order and what is compared. Each client gets an API server of its own; all are timed
from the start of their process to its end. Which number of connections suits the bare loop is
found out first, once; our own client uses the number that a user gets without asking.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import apps, measure, servers, workload
from benchmarks.measure import Usage
from benchmarks.report import Comparison, Report, Sample, median
from benchmarks.settings import Settings
from tests.support import binaries
from tests.support.kubernetes import ApiServer

Json = Any
APPS = 1_000
KUBECTL, FLOOR = "kubectl apply --server-side", "bare loop"
CONNECTIONS = (1, 2, 4, 8, 16)


@dataclass(frozen=True)
class Files:
    """What the clients are given, and where their output goes."""

    manifests: Path
    requests: Path
    output: Path
    home: Path


Client = Callable[[ApiServer], tuple[Usage, dict[str, Json]]]


def prepare(settings: Settings, count: int) -> Files:
    """Write the workload in every client's form."""
    objects = apps.objects(count)
    home = settings.scratch / "home"
    home.mkdir(exist_ok=True)
    return Files(
        workload.write_manifests(settings.scratch / "manifests.json", objects),
        workload.write_requests(settings.scratch / "requests.tsv", objects),
        settings.scratch / "client.out",
        home,
    )


def kubectl(files: Files, server: ApiServer, *words: str | Path, expect: Sequence[int]) -> Usage:
    """Run kubectl as the administrator, with a cache of its own."""
    return measure.command(
        [binaries.need("kubectl"), "--kubeconfig", server.kubeconfig, *words],
        environment={**os.environ, "HOME": str(files.home)},
        output=files.output,
        expect=expect,
    )


def run(settings: Settings) -> Report:
    """Find the bare loop's best number of connections, then measure the clients in turn."""
    count = settings.choose(APPS, 5)
    files = prepare(settings, count)
    tried = {n: _tuned(settings, files, n) for n in settings.connections(CONNECTIONS)}
    best = min(tried, key=lambda n: tried[n].usage.wall)
    clients: dict[str, Client] = {
        KUBECTL: lambda server: (_kubectl(files, server), {}),
        FLOOR: lambda server: (_floor(files, server, best), {"connections": best}),
    }
    samples = [
        measured(settings, client, number, clients[client])
        for number in range(settings.runs)
        for client in turned(list(clients), number)
    ]
    return Report(
        "apply",
        {"apps": count, "objects": 4 * count, "server": servers.fsync_policy(settings)},
        [*tried.values(), *samples],
        [Comparison(f"{FLOOR} against {KUBECTL}", ratio(samples, KUBECTL, FLOOR), 1.0)],
        [_server_time(client, samples) for client in clients],
    )


def measured(settings: Settings, name: str, number: int, client: Client) -> Sample:
    """Measure one client on a server of its own; the server's processor time is noted too."""
    settings.say(f"  round {number + 1}: {name}")
    with servers.fresh(settings) as server:
        before = measure.processor_seconds(server.groups)
        usage, details = client(server)
        spent = measure.processor_seconds(server.groups) - before
    return Sample(name, number, usage, {**details, "serverCpu": spent})


def turned(clients: list[str], number: int) -> list[str]:
    """The clients, beginning with another one each round."""
    turn = number % len(clients)
    return clients[turn:] + clients[:turn]


def ratio(samples: Sequence[Sample], other: str, ours: str) -> float:
    """How many times as fast `ours` is as `other`."""
    return median(samples, other) / median(samples, ours)


def _tuned(settings: Settings, files: Files, connections: int) -> Sample:
    name = f"{FLOOR}, {connections} connections (tried once)"
    return measured(settings, name, 0, lambda server: (_floor(files, server, connections), {}))


def _kubectl(files: Files, server: ApiServer) -> Usage:
    return kubectl(files, server, "apply", "--server-side", "-f", files.manifests, expect=(0,))


def _floor(files: Files, server: ApiServer, connections: int) -> Usage:
    words = (str(server.kubeconfig), files.requests, str(connections))
    return measure.worker("benchmarks.floor", *words, output=files.output)[0]


def _server_time(client: str, samples: Sequence[Sample]) -> str:
    spent = sorted(s.details["serverCpu"] for s in samples if s.client == client)
    return f"processor time of the servers under {client}: {spent[len(spent) // 2]:.1f} s"
