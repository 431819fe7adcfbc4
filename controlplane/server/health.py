"""How the long-running reconciler fares: what readiness says, and the gauges it adds to metrics.

Ready means that changes can be made: the state store takes writes and some revision is in force.
A target or a Git server that is away, and a revision that is not cleared, are said but do not
make it unready: everything else goes on.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from controlplane.operations.following import Following
from reconciler.errors import ReconcilerError
from reconciler.loop import TargetState
from reconciler.metrics import Metrics

_FRESH: Final = 1.0  # seconds for which one answer of the state store is good enough
_PATIENCE: Final = 12.0  # seconds to wait for it; connecting alone may take ten


@dataclass(frozen=True)
class Sources:
    """Where to ask. `check` raises ReconcilerError while the state store cannot be written to."""

    check: Callable[[], None]
    following: Callable[[], Following]
    targets: Callable[[], Mapping[str, TargetState]]
    seconds: Callable[[], float]


class Health:
    """Answers readiness and metrics; callable from several threads."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._lock = threading.Lock()
        self._asked = float("-inf")
        self._store = ""
        self._asking: _Asking | None = None

    def ready(self) -> tuple[bool, str]:
        """Return whether changes can be made, and sentences on what is and is not well."""
        following = self._sources.following()
        stopped = list(self._stopped(following))
        words = [*stopped, *self._limited(following)]
        if following.in_force:
            words.append(f"in force: {following.in_force}")
        return not stopped, "\n".join(" ".join(each.split()) for each in words)

    def _stopped(self, following: Following) -> Iterator[str]:
        """Yield what keeps every change from being made."""
        away = self.store_problem()
        if away:
            yield f"observing only: {away}"
        else:
            for name, state in sorted(self._sources.targets().items()):
                if state.observing_only:
                    yield f"observing only {name}: {state.problem}"
        if not following.in_force:
            yield "no revision is in force yet"

    def _limited(self, following: Following) -> Iterator[str]:
        if following.refused:
            yield f"not applied: {following.seen}: {following.refused}"
        if following.source:
            yield f"the branch cannot be followed: {following.source}"
        if following.unrendered:
            yield f"{following.unrendered} problems keep tenants from being rendered"
        for name, state in sorted(self._sources.targets().items()):
            if not state.reachable:
                yield f"target {name} does not answer: {state.problem}"

    def store_problem(self) -> str:
        """Return why the state store takes no writes, "" where it does; asks once a second.

        One that accepts the question and says nothing is waited for once, not by every caller.
        """
        with self._lock:
            if self._sources.seconds() - self._asked < _FRESH:
                return self._store
            asking, patience = self._asking, 0.0
            if asking is None:
                asking, patience = _Asking(self._sources.check), _PATIENCE
                asking.start()
            asking.join(patience)
            self._asking = asking if asking.is_alive() else None
            if self._asking is None:
                self._store, self._asked = asking.problem, self._sources.seconds()
                return self._store
            return "the state store does not answer"

    def add_to(self, metrics: Metrics) -> None:
        """Add the gauges of following and of health."""
        ask = self._sources
        gauges: tuple[tuple[str, str, Callable[[], float]], ...] = (
            ("state_store_up", "1 if the state store takes writes.",
             lambda: float(not self.store_problem())),
            ("source_up", "1 if the branch could be looked at.",
             lambda: float(not ask.following().source)),
            ("revision_refused", "1 if the newest revision is not cleared.",
             lambda: float(bool(ask.following().refused))),
            ("revision_taken_up_timestamp_seconds", "When the revision in force was taken up.",
             lambda: ask.following().since),
            ("rendering_problems", "Problems that keep tenants from being rendered.",
             lambda: float(ask.following().unrendered)),
            ("targets_unreachable", "Targets that do not answer.",
             lambda: float(sum(not s.reachable for s in ask.targets().values()))),
            ("targets_observed_only", "Targets that are only observed.",
             lambda: float(sum(s.observing_only for s in ask.targets().values()))),
        )  # fmt: skip
        for name, words, read in gauges:
            metrics.gauge(f"controlplane_{name}", words, read)


class _Asking(threading.Thread):
    """One question to the state store. `problem` is the answer once the thread has ended."""

    def __init__(self, check: Callable[[], None]) -> None:
        super().__init__(daemon=True)
        self._check = check
        self.problem = "the state store could not be asked"

    def run(self) -> None:
        self.problem = _problem(self._check)


def _problem(check: Callable[[], None]) -> str:
    try:
        check()
    except ReconcilerError as error:
        return str(error)
    return ""
