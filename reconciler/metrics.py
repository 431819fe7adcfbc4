"""What Prometheus is told: counts of what was done, how long it took, how placements stand.

A listener like any other: nothing is decided here.
"""

from __future__ import annotations

import threading
from collections import Counter as Counts
from collections.abc import Callable
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)

from reconciler.events import Acted, Event, Finished, PassFinished, Planned
from reconciler.model import Outcome, Placement, Plan, Result
from reconciler.status import Phase

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS: Final = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)


class Metrics:
    """A registry of its own, so that two reconcilers in one process do not share counts."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._lock = threading.Lock()
        self._phases: dict[Placement, Phase] = {}
        self._drifted: dict[Placement, frozenset[str]] = {}
        registry = self.registry
        self._passes = Counter(
            "controlplane_passes", "Passes, by kind and end.", ["kind", "end"], registry=registry
        )
        self._actions = Counter(
            "controlplane_actions",
            "Actions on targets, by verb and result.",
            ["target", "verb", "result"],
            registry=registry,
        )
        self._drift = Counter(
            "controlplane_drift_detected",
            "Resources that were found changed by others.",
            ["target"],
            registry=registry,
        )
        self._healed = Counter(
            "controlplane_drift_healed",
            "Resources that were put back.",
            ["target"],
            registry=registry,
        )
        self._pass_seconds = Histogram(
            "controlplane_pass_seconds",
            "How long a pass took.",
            ["kind"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._placement_seconds = Histogram(
            "controlplane_placement_seconds",
            "How long a placement's turn took.",
            ["target"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._placements = Gauge(
            "controlplane_placements",
            "Placements, by target and phase.",
            ["target", "phase"],
            registry=registry,
        )
        self._last = Gauge(
            "controlplane_last_clean_pass_timestamp_seconds",
            "When a pass last ended with everything as desired.",
            registry=registry,
        )

    def listen(self, event: Event) -> None:
        """Count one event. Callable from several threads."""
        match event:
            case Planned(plan):
                self._planned(plan)
            case Acted(placement, outcome):
                self._acted(placement, outcome)
            case Finished(placement, status, seconds):
                self._placement_seconds.labels(placement.target).observe(seconds)
                if status is not None:
                    self._stand(placement, status.phase)
            case PassFinished(kind, clean, seconds, finished):
                self._passes.labels(kind, "clean" if clean else "partial").inc()
                self._pass_seconds.labels(kind).observe(seconds)
                if clean:
                    self._last.set(finished)

    def _planned(self, plan: Plan) -> None:
        """Count drift when it is first seen, not with every look at it."""
        drifted = frozenset(action.id for action in plan.actions if action.is_drift)
        with self._lock:
            new = drifted - self._drifted.get(plan.placement, frozenset())
            self._drifted[plan.placement] = drifted
        self._drift.labels(plan.placement.target).inc(len(new))

    def _acted(self, placement: Placement, outcome: Outcome) -> None:
        labels = (placement.target, outcome.verb.value, outcome.result.value)
        self._actions.labels(*labels).inc()
        if outcome.result is not Result.DONE:
            return
        with self._lock:
            drifted = self._drifted.get(placement, frozenset())
            self._drifted[placement] = drifted - {outcome.id}
        if outcome.id in drifted:
            self._healed.labels(placement.target).inc()

    def forget(self, placement: Placement) -> None:
        """A placement is no longer there."""
        with self._lock:
            self._phases.pop(placement, None)
            self._drifted.pop(placement, None)
            self._show(placement.target)

    def gauge(self, name: str, words: str, read: Callable[[], float]) -> None:
        """Add a value that is read whenever somebody asks; `read` must not raise."""
        Gauge(name, words, registry=self.registry).set_function(read)

    def text(self) -> bytes:
        """Return everything in Prometheus' text format."""
        return generate_latest(self.registry)

    def _stand(self, placement: Placement, phase: Phase) -> None:
        with self._lock:
            self._phases[placement] = phase
            self._show(placement.target)

    def _show(self, target: str) -> None:
        counts = Counts(p for where, p in self._phases.items() if where.target == target)
        for phase in Phase:
            self._placements.labels(target, phase.value).set(counts[phase])
