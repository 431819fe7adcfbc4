"""What Prometheus is told of the gate over HTTP: the sums of all worker processes.

Each process counts in files of its own below the directory that PROMETHEUS_MULTIPROC_DIR names
when this module is imported; whoever is asked adds them up. A process that died keeps its counts.
"""

from __future__ import annotations

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
OUTCOMES: Final = ("allow", "deny", "indeterminate")


class GateMetrics:
    """The counters of one process. For the event loop's thread and the judge's."""

    def __init__(self) -> None:
        registry = CollectorRegistry()
        self._decisions = Counter(
            "controlplane_gate_decisions", "Decisions, by endpoint and outcome.",
            ["endpoint", "outcome"], registry=registry,
        )  # fmt: skip
        self._answers = Counter(
            "controlplane_gate_answers", "Answers, by endpoint and status.",
            ["endpoint", "status"], registry=registry,
        )  # fmt: skip
        self._seconds = Histogram(
            "controlplane_gate_answer_seconds", "From the request to its answer.", ["endpoint"],
            buckets=_SECONDS, registry=registry,
        )  # fmt: skip
        self._shed = Counter(
            "controlplane_gate_shed", "Requests that were one too many.", registry=registry
        )
        self._late = Counter(
            "controlplane_gate_deadline", "Requests not decided in time.", registry=registry
        )
        self._reloads = Counter(
            "controlplane_gate_reloads", "New revisions, by what became of them.",
            ["result"], registry=registry,
        )  # fmt: skip
        self._info = Gauge(
            "controlplane_gate_policies_info", "1 for the policies in force, by process.",
            ["revision", "policies", "engine", "artifact"], registry=registry,
            multiprocess_mode="livesum",
        )  # fmt: skip
        self._degraded = Gauge(
            "controlplane_gate_degraded", "Processes whose newest revision is not in force.",
            registry=registry, multiprocess_mode="livesum",
        )  # fmt: skip
        self._now: list[tuple[str, str, str, str]] = []
        self._children: dict[tuple[str, str], Counter] = {}
        self._timed: dict[str, Histogram] = {}

    def decided(self, endpoint: str, *, allow: bool, indeterminate: bool) -> None:
        """Count one decision."""
        outcome = "allow" if allow else "indeterminate" if indeterminate else "deny"
        self._child(self._decisions, endpoint, outcome).inc()

    def answered(self, endpoint: str, status: int, seconds: float) -> None:
        """Count one answer."""
        self._child(self._answers, endpoint, str(status)).inc()
        timed = self._timed.get(endpoint)
        if timed is None:
            timed = self._timed.setdefault(endpoint, self._seconds.labels(endpoint))
        timed.observe(seconds)
        if status == 429:
            self._shed.inc()
        elif status == 504:
            self._late.inc()

    def in_force(self, policies: list[tuple[str, str, str, str]]) -> None:
        """Say which policies judge from now on: (revision, policies, engine, artifact)."""
        for labels in self._now:
            self._info.labels(*labels).set(0)
        for labels in policies:
            self._info.labels(*labels).set(1)
        self._now = policies

    def reloaded(self, result: str) -> None:
        """Count a new revision: `taken-up` or `refused`."""
        self._reloads.labels(result).inc()

    def degraded(self, *, now: bool) -> None:
        """Say whether the newest revision is not in force."""
        self._degraded.set(float(now))

    def _child(self, counter: Counter, *labels: str) -> Counter:
        name = (labels[0], labels[1])
        found = self._children.get(name)
        if found is None:
            found = self._children.setdefault(name, counter.labels(*labels))
        return found


def text() -> bytes:
    """Return the sums over all processes in Prometheus' text format."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)


def ended(process: int) -> None:
    """Forget what a process that ended was doing at the moment; its counts stay."""
    mark_process_dead(process)  # type: ignore[no-untyped-call]
