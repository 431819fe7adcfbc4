"""From external drift to healed: ten kinds in equal shares, one at a time, under the long loop.

The loop is a process of its own that watches the API server. The clock runs from the moment the
intruder's request is answered to the moment the live object is seen as it should be, which is
looked at every `LOOK` seconds.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import Any

import urllib3

from benchmarks import keep, measure, ours, servers
from benchmarks.drifts import DRIFTS, INTRUDER, Drift
from benchmarks.measure import UnmeasuredError, Usage
from benchmarks.report import Report, Sample, percentile
from benchmarks.settings import Settings
from tests.support.cluster import ADMIN
from tests.support.kubernetes import ApiServer

Json = Any
TEAMS, APPS = 20, 50
LOOK = 0.005
PATIENCE = 60.0  # seconds after which a drift counts as never healed
LOOP = "the loop's process"


class NotHealedError(UnmeasuredError):
    """A drift was not healed in a minute."""


class Intruder:
    """Somebody else with rights on the cluster."""

    def __init__(self, server: ApiServer) -> None:
        self._pool = urllib3.connection_from_url(
            server.url, maxsize=1, ca_certs=str(server.certificate.authority)
        )
        self._headers = server.headers(ADMIN)

    def look(self, drift: Drift, namespace: str) -> Json:
        """The live object; None where it is not there."""
        answer = self._pool.request("GET", drift.path(namespace), headers=self._headers)
        return None if answer.status == 404 else answer.json()

    def change(self, drift: Drift, namespace: str) -> None:
        """Do what the drift says."""
        force = "&force=true" if drift.content_type.startswith("application/apply") else ""
        answer = self._pool.request(
            drift.method,
            f"{drift.path(namespace)}?fieldManager={INTRUDER}{force}",
            body=drift.data,
            headers={**self._headers, "Content-Type": drift.content_type},
        )
        if answer.status >= 300:
            raise UnmeasuredError(f"{drift.kind}: {answer.status} {answer.data.decode()}")

    def heal_time(self, drift: Drift, namespace: str) -> float:
        """Change the object and return how many seconds it stayed changed."""
        before = self.look(drift, namespace)
        if before is None:
            raise UnmeasuredError(f"{drift.kind}: {drift.path(namespace)} is not there")
        self.change(drift, namespace)
        begin = time.perf_counter()
        while time.perf_counter() < begin + PATIENCE:
            live = self.look(drift, namespace)
            if live is not None and drift.healed(live, before):
                return time.perf_counter() - begin
            time.sleep(LOOK)
        raise NotHealedError(f"{drift.kind} in {namespace}: {json.dumps(live)[:2000]}")


def run(settings: Settings) -> Report:
    """Start the loop, wait until everything is applied and watched, then drift after drift."""
    teams, apps = settings.choose(TEAMS, 1), settings.choose(APPS, len(DRIFTS))
    state = settings.scratch / "drift-state"
    ours.set_up(state)
    with servers.fresh(settings) as server:
        intruder = Intruder(server)
        words = (server.kubeconfig, state, str(teams + 1), str(apps))
        with measure.Service("benchmarks.keep", *words, log=settings.scratch / "keep.log") as loop:
            loop.wait_for("ready")
            settings.say("  applied; the first team's drifts are not counted")
            for drift in DRIFTS:
                intruder.heal_time(drift, keep.name_of(0))
            samples = _all(settings, intruder, range(1, teams + 1))
    samples.append(Sample(LOOP, 0, loop.usage))
    objects = sum(len(each.resources) for each in keep.desired(teams + 1, apps))
    return Report(
        "drift",
        {"placements": teams + 1, "objects": objects, "server": servers.fsync_policy(settings)},
        samples,
        figures=_figures([s for s in samples if s.client != LOOP]),
    )


def _all(settings: Settings, intruder: Intruder, teams: Sequence[int]) -> list[Sample]:
    samples: list[Sample] = []
    for number in teams:
        settings.say(f"  team {number}")
        for drift in DRIFTS:
            seconds = intruder.heal_time(drift, keep.name_of(number))
            samples.append(Sample(drift.kind, number, Usage(seconds, 0.0, 0.0)))
    return samples


def _figures(samples: Sequence[Sample]) -> list[str]:
    walls = [sample.usage.wall for sample in samples]
    shown = ", ".join(f"p{rank} {percentile(walls, rank) * 1000:.0f} ms" for rank in (50, 95, 99))
    return [f"drift to healed, {len(walls)} drifts: {shown}, longest {max(walls) * 1000:.0f} ms"]
