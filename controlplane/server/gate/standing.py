"""Which policies judge now, and how the process stands: the one place where they are switched.

A new revision is made ready beside the old one and put in its place between two requests. One that
cannot be made ready changes nothing but what readiness and metrics say.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from pathlib import Path

from controlplane.operations.following import Following, Taken, Told
from controlplane.operations.serving import InForce
from controlplane.server.gate.metrics import GateMetrics
from controlplane.server.journal import Journal
from reconciler.ledger import Grounds
from reconciler.model import Desired


def settle() -> None:
    """Take what is kept for long out of the collector's sight, and what is kept no longer away.

    A revision of ten thousand tenants is millions of objects; to walk through all of them takes
    half a second, in which no request is answered.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()


class Standing:
    """The policies in force in one process. `take` and `switch` are for the following thread."""

    def __init__(
        self,
        ready: Callable[[str], InForce],
        retire: Callable[[Callable[[], None]], None],
        metrics: GateMetrics,
        journal: Journal,
        note: Path,
    ) -> None:
        """`ready` makes a revision ready, `retire` runs something once no request needs the old.

        `note` is a file for the id of the revision in force: who takes this process's place
        begins with it, should the newest revision not be fit to be served.
        """
        self._ready, self._retire = ready, retire
        self._metrics, self._journal, self._note = metrics, journal, note
        self._current: InForce | None = None
        self._next: InForce | None = None
        self.following: Callable[[], Following] = Following

    def before(self) -> str:
        """Return what was in force in the process before, "" for nothing."""
        try:
            return self._note.read_text(encoding="ascii").strip()
        except OSError:
            return ""

    def in_force(self) -> InForce | None:
        """Return the policies that judge now."""
        return self._current

    def take(self, revision: str) -> Taken:
        """Make a revision ready, beside the one in force."""
        self._next = self._ready(revision)
        return Taken(())

    def switch(self, _desired: Sequence[Desired], _grounds: Grounds) -> None:
        """Put what was made ready in force; the requests that come next are judged by it."""
        old, self._current, self._next = self._current, self._next, None
        if old is not None:
            self._retire(old.close)
        settle()
        if self._current is not None:
            self._say_in_force(self._current)

    def _say_in_force(self, now: InForce) -> None:
        self._metrics.in_force(
            [(now.revision, s.bundle.digest, now.engine.name, s.prepared.artifact)
             for s in now.sets]
        )  # fmt: skip
        fresh = self._note.with_suffix(f".{id(self)}")
        fresh.write_text(now.revision, encoding="ascii")
        fresh.replace(self._note)

    def told(self, told: Told) -> None:
        """Count and write what following the branch has to tell."""
        if told.event == "revision-refused":
            self._metrics.reloaded("refused")
            self._metrics.degraded(now=True)
        elif told.event in ("revision-taken-up", "revision-resumed"):
            self._metrics.reloaded("taken-up")
            self._metrics.degraded(now=told.event == "revision-resumed")
        words = {key: value for key, value in told.words.items() if key != "placements"}
        self._journal.say(told.level, told.event, words)

    def ready(self) -> tuple[bool, str]:
        """Return whether decisions can be made, and sentences on what is and is not well."""
        now, following = self._current, self.following()
        words = []
        if now is None:
            words.append("no policies are in force yet")
        else:
            words.append(f"in force: {now.revision}, engine {now.engine.name} {now.engine_version}")
            words += [f"policies {each.name}: {each.bundle.digest}" for each in now.sets]
        if following.refused:
            words.append(f"degraded: {following.seen} is not in force: {following.refused}")
        if following.source:
            words.append(f"degraded: the branch cannot be followed: {following.source}")
        return now is not None, "\n".join(" ".join(each.split()) for each in words)

    def close(self) -> None:
        """Give back what the engine holds, once no request is judged any more."""
        if self._current is not None:
            self._current.close()
