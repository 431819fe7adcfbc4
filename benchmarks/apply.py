"""1,000 apps applied to a fresh API server: ours, `kubectl apply`, and the bare loop below both.

Decides the order and what is compared. Each client gets an API server of its own and is timed
from the start of its process to its end. For the bare loop and for ours the work itself is timed
as well, without starting Python: the loop, and the pass from its first look to the signed
statement. Which number of connections suits the bare loop is found out first, once; our own client
uses the number that a user gets without asking.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import apps, measure, ours, proof, servers, workload
from benchmarks.measure import Usage
from benchmarks.report import Comparison, Report, Sample, median
from benchmarks.settings import Settings
from tests.support import binaries
from tests.support.kubernetes import ApiServer

Json = Any
APPS = 1_000
KUBECTL, FLOOR, OURS = "kubectl apply --server-side", "bare loop", "ours"
LOOP, PASS = "bare loop without its start", "ours without its start"
CONNECTIONS = (1, 2, 4, 8, 16)
AIM_KUBECTL, AIM_FLOOR = 2.5, 0.9


@dataclass(frozen=True)
class Files:
    """What the clients are given, and where their output goes."""

    manifests: Path
    requests: Path
    output: Path
    home: Path


@dataclass(frozen=True)
class Ours:
    """Our client with a state of its own: database, evidence and keys in a folder."""

    settings: Settings
    files: Files

    def __post_init__(self) -> None:
        if self.state.exists():
            shutil.rmtree(self.state)
        ours.set_up(self.state)

    @property
    def state(self) -> Path:
        """Where it keeps what it remembers."""
        return self.settings.scratch / "state"

    def run(self, server: ApiServer, *, passes: int) -> tuple[Usage, dict[str, Json]]:
        """Do so many passes in a process of their own."""
        words = (server.kubeconfig, self.files.manifests, self.state, str(passes))
        return measure.worker("benchmarks.ours", *words, output=self.files.output)

    def apply(self, server: ApiServer) -> tuple[Usage, dict[str, Json]]:
        """Apply, then verify (untimed) that the evidence accounts for every object."""
        usage, said = self.run(server, passes=1)
        return usage, {**said, "evidence": proof.check(self.state, self.files.manifests)}


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
        FLOOR: lambda server: _floor(files, server, best),
        OURS: lambda server: Ours(settings, files).apply(server),
    }
    samples = [
        sample
        for number in range(settings.runs)
        for client in turned(list(clients), number)
        for sample in _with_work(measured(settings, client, number, clients[client]))
    ]
    return Report(
        "apply",
        {
            "apps": count,
            "objects": 4 * count,
            "server": servers.fsync_policy(settings),
            "ours": ours.DURABILITY,
        },
        [*tried.values(), *samples],
        [
            Comparison(f"{OURS}, times as fast as {KUBECTL}", ratio(samples, KUBECTL), AIM_KUBECTL),
            Comparison(f"{PASS}, times as fast as {LOOP}", ratio(samples, LOOP, PASS), AIM_FLOOR),
            Comparison(f"{OURS}, times as fast as {FLOOR}", ratio(samples, FLOOR), AIM_FLOOR),
        ],
        [
            f"{FLOOR}: best with {best} connections; "
            f"{ratio(samples, KUBECTL, FLOOR):.2f} times as fast as kubectl",
            *(_server_time(client, samples) for client in clients),
            *_proven(samples),
        ],
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


def ratio(samples: Sequence[Sample], other: str, one: str = OURS) -> float:
    """How many times as fast `one` is as `other`."""
    return median(samples, other) / median(samples, one)


def _tuned(settings: Settings, files: Files, connections: int) -> Sample:
    name = f"{FLOOR}, {connections} connections, tried once"
    return measured(settings, name, 0, lambda server: _floor(files, server, connections))


def _with_work(sample: Sample) -> list[Sample]:
    """The sample of a process, and that of the work alone where the process said it."""
    work = {FLOOR: (LOOP, sample.details), OURS: (PASS, sample.details.get("passes", [{}])[0])}
    if sample.client not in work:
        return [sample]
    name, said = work[sample.client]
    usage = Usage(said["wall"], said["cpu"], sample.usage.peak_mib)
    return [sample, Sample(name, sample.run, usage)]


def _kubectl(files: Files, server: ApiServer) -> Usage:
    return kubectl(files, server, "apply", "--server-side", "-f", files.manifests, expect=(0,))


def _floor(files: Files, server: ApiServer, connections: int) -> tuple[Usage, dict[str, Json]]:
    words = (server.kubeconfig, files.requests, str(connections))
    return measure.worker("benchmarks.floor", *words, output=files.output)


def _server_time(client: str, samples: Sequence[Sample]) -> str:
    spent = sorted(s.details["serverCpu"] for s in samples if s.client == client)
    return f"processor time of the servers under {client}: {spent[len(spent) // 2]:.1f} s"


def _proven(samples: Sequence[Sample]) -> list[str]:
    return [
        f"round {sample.run + 1}: {sample.details['evidence']['words']}"
        for sample in samples
        if sample.client == OURS
    ]
