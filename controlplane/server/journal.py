"""What the long-running reconciler writes to stderr: one line per event, for people or programs.

Text is `time level event key=value …`, JSON one object per line. Decides which events are worth a
line; secrets in URLs are left out, and a line never breaks in two.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from controlplane.operations.following import Told
from controlplane.repo.git.remote import redacted
from reconciler.events import Acted, Event, Finished, PassFinished, Planned
from reconciler.model import Placement, Result
from reconciler.status import Phase, PlacementStatus, stamp

FORMS: Final = ("text", "json")


class Journal:
    """Writes lines; callable from several threads."""

    def __init__(
        self, write: Callable[[str], None], now: Callable[[], datetime], form: str
    ) -> None:
        self._write, self._now, self._json = write, now, form == "json"
        self._phases: dict[Placement, Phase | None] = {}
        self._lock = threading.Lock()

    def say(self, level: str, event: str, words: Mapping[str, str]) -> None:
        """Write one line; empty values are left out."""
        at = stamp(self._now())
        clean = {key: redacted(value) for key, value in words.items() if value}
        with self._lock:
            self._write(
                _as_json(at, level, event, clean)
                if self._json
                else _as_text(at, level, event, clean)
            )

    def told(self, told: Told) -> None:
        """Write what following the branch has to tell."""
        self.say(told.level, told.event, told.words)

    def listen(self, event: Event) -> None:
        """Write what a pass has to tell: what was found changed, done, or not done."""
        match event:
            case Planned(plan):
                drifted = [action.id for action in plan.actions if action.is_drift]
                if drifted:
                    words = {"placement": str(plan.placement), "count": str(len(drifted))}
                    self.say("warning", "drift", {**words, "first": drifted[0]})
            case Acted(placement, outcome):
                level = "info" if outcome.result is Result.DONE else "warning"
                words = {"verb": outcome.verb.value, "result": outcome.result.value}
                place = {"placement": str(placement), "id": outcome.id}
                self.say(level, "action", {**place, **words, "detail": outcome.detail})
            case Finished(placement, status, _):
                self._stands(placement, status)
            case PassFinished(kind, clean, seconds, _) if not clean:
                self.say("warning", "pass", {"kind": kind, "seconds": f"{seconds:.3f}"})

    def _stands(self, placement: Placement, status: PlacementStatus | None) -> None:
        """Write how a placement stands when that changes, and the first reason where it is ill."""
        phase = status.phase if status else None
        with self._lock:
            before = self._phases.get(placement)
            self._phases[placement] = phase
        if phase is not before:
            well = phase in (Phase.CONVERGED, Phase.PROGRESSING)
            words = {"placement": str(placement), "phase": phase.value if phase else "unknown"}
            if status is not None and not well and status.troubles:
                first = status.troubles[0]
                words |= {"id": first.id, "detail": f"{first.what}: {first.detail}"}
            self.say("info" if well else "warning", "placement", words)


def _as_json(at: str, level: str, event: str, words: Mapping[str, str]) -> str:
    line = {"time": at, "level": level, "event": event, **words}
    return json.dumps(line, ensure_ascii=True)


def _as_text(at: str, level: str, event: str, words: Mapping[str, str]) -> str:
    pairs = [f"{key}={_quoted(value)}" for key, value in words.items()]
    return " ".join([at, level, event, *pairs])


def _quoted(value: str) -> str:
    """Return a value as it is where it is one plain word, else as a JSON string."""
    plain = value.isascii() and value.isprintable() and not set(value) & set(' "\\=')
    return value if plain else json.dumps(value)
