"""A change of one tenant of thousands through `cpctl serve gate`, against conftest on all of them.

Each question is about another tenant, on a connection of its own, after some that warm the server
up; what is answered about the first is compared with what `cpctl gate` decides by itself. What the
peer does, and how it is timed, is in `conftest_peer`.
"""

from __future__ import annotations

import json
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from benchmarks import conftest_peer, measure, tenants
from benchmarks.measure import UnmeasuredError, Usage
from benchmarks.report import Comparison, Report, Sample, median, percentile
from benchmarks.settings import Settings
from tests.support.serving import Serving, serving

AIM: Final = 1000.0
OURS, PEER = "cpctl serve gate", conftest_peer.NAME
PATH: Final = "/v1/changes"
WARM: Final = 5  # questions that are not counted
_REPLICAS = re.compile(r"replicas: \d+")


def run(settings: Settings) -> Report:
    """Serve one repository, ask about many changes, and time conftest on two smaller ones."""
    count, asked = settings.choose(10_000, 30), settings.choose(100, 3)
    small = (settings.choose(100, 20), settings.choose(400, 30))
    settings.say(f"  a repository of {count:,} tenants")
    repository = settings.scratch / "fleet"
    tenants.write(repository, count)
    heads = _heads(repository, count, WARM + asked)
    samples: list[Sample] = []
    for number in range(settings.runs):
        settings.say(f"  round {number + 1}: {OURS}")
        with serving(repository, settings.scratch / f"serve-{number}") as server:
            for head in heads[:WARM]:
                _ask(server, head)
            found = [_ask(server, head) for head in heads[WARM:]]
            if number == 0:
                _compare(repository, heads[WARM], found[0][1])
            spent = [seconds for seconds, _ in found]
            memory = _peak(server)
        details = {"p50": percentile(spent, 50), "p99": percentile(spent, 99), "asked": asked}
        samples.append(Sample(OURS, number, Usage(statistics.median(spent), 0.0, memory), details))
        settings.say(f"  round {number + 1}: {PEER}")
        peer = conftest_peer.scaled(settings, small, count)
        measured = {"measured": [each.wall for each in peer.measured]}
        samples.append(Sample(PEER, number, peer.usage, measured))
    ratio = median(samples, PEER) / median(samples, OURS)
    return Report(
        "changes",
        {"tenants": count, "changes": asked, PEER: f"of {small[0]} and {small[1]}, scaled"},
        samples,
        [Comparison("a change of one tenant through the served gate", ratio, AIM)],
        [_figure(samples)],
    )


def _heads(repository: Path, count: int, wanted: int) -> list[str]:
    """Commit a change of one tenant upon `main`, each time of another; return the commits."""
    made = [
        (path, text)
        for path, text in tenants.files(count)
        if path.endswith("/tenant.yaml") and _REPLICAS.search(text)
    ]
    every = max(len(made) // wanted, 1)
    heads = []
    for number in range(wanted):
        path, text = made[number * every % len(made)]
        data = _REPLICAS.sub("replicas: 5", text) + f"# change {number}\n"
        heads.append(_commit(repository, f"change-{number}", path, data))
    return heads


def _commit(repository: Path, branch: str, path: str, text: str) -> str:
    data = text.encode()
    stream = (
        f"commit refs/heads/{branch}\ncommitter Benchmark <benchmark@example.invalid> 1780000009 "
        f"+0000\ndata 7\nchange\n\nfrom refs/heads/main\nM 100644 inline {path}\ndata {len(data)}\n"
    )
    git = ["git", "-C", str(repository)]
    done = [*git, "fast-import", "--quiet"]
    subprocess.run(done, input=stream.encode() + data + b"\n", check=True)
    found = subprocess.run([*git, "rev-parse", branch], check=True, capture_output=True, text=True)
    return found.stdout.strip()


def _ask(server: Serving, head: str) -> tuple[float, Mapping[str, Any]]:
    """Return how long the answer took, and the decision."""
    begun = time.perf_counter()
    reply = server.post(PATH, {"head": head})
    spent = time.perf_counter() - begun
    said = reply.json()
    if reply.status != 200 or said["problems"]:
        raise UnmeasuredError(f"the step to {head} was not judged: {str(said)[:500]}")
    return spent, said["decision"]


def _compare(repository: Path, head: str, served: Mapping[str, Any]) -> None:
    """Raise UnmeasuredError where a process that kept nothing decides otherwise."""
    words = [sys.executable, "-m", "controlplane.cli.main", "gate", "--root", str(repository),
             "--base", "main", "--head", head, "--no-record", "-o", "json"]  # fmt: skip
    done = subprocess.run(words, check=False, capture_output=True, text=True)
    alone = json.loads(done.stdout)["decision"]
    kept = ("allow", "from", "to", "verdict", "classes", "weighed")
    if any(alone[name] != served[name] for name in kept):
        raise UnmeasuredError("the served gate and `cpctl gate` do not decide alike")


def _peak(server: Serving) -> float:
    """Return the most memory that a worker held, in MiB."""
    pid = server.process.pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return max(measure.peak_mib(int(child)) for child in children)


def _figure(samples: list[Sample]) -> str:
    mine = [s.details for s in samples if s.client == OURS]
    p50, p99 = (statistics.median(each[name] for each in mine) * 1000 for name in ("p50", "p99"))
    memory = max(s.usage.peak_mib for s in samples if s.client == OURS)
    return f"{OURS}: p50 {p50:.0f} ms, p99 {p99:.0f} ms, a worker holds {memory:,.0f} MiB at most"
