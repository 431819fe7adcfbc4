"""`POST /v1/decisions`: envelopes that somebody else made, judged by the policies in force."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from controlplane.operations.served_records import of_envelope
from controlplane.operations.serving import Answered, InForce
from controlplane.server.gate import answers, reading
from controlplane.server.gate.court import Decided
from controlplane.server.gate.messages import Response, answer
from controlplane.server.gate.metrics import GateMetrics
from evidence.canonical import Json
from evidence.writer import FinishedRun

Place = tuple[str, int]
PATH = "/v1/decisions"


class DecisionsEndpoint:
    """Judges one envelope or several."""

    def __init__(self, count: GateMetrics, now: Callable[[], datetime], *, recorded: bool) -> None:
        """`now` says when findings are weighed: by the clock, whatever an envelope claims."""
        self._count, self._now, self._recorded = count, now, recorded

    def __call__(self, policies: InForce, body: bytes, rest: str) -> Decided:
        """Judge; raises RefusedError for a body that is no envelope."""
        asked, several = reading.envelopes(body)
        now = self._now()
        found = [policies.judge(each.value, now, each.parts) for each in asked]
        for each in found:
            self._count.decided(
                PATH, allow=each.verdict.allow, indeterminate=bool(each.verdict.indeterminate)
            )
        runs: tuple[FinishedRun, ...] = ()
        if self._recorded:
            at = f"{now:%Y-%m-%dT%H:%M:%SZ}"
            runs = tuple(
                of_envelope(e.value, f, policies, at) for e, f in zip(asked, found, strict=True)
            )
        return Decided(partial(_answer, found, policies, several=several), runs)


def _answer(
    found: Sequence[Answered], policies: InForce, places: Sequence[Place], *, several: bool
) -> Response:
    entries: Sequence[Place | None] = places or [None] * len(found)
    made: list[Json] = [
        answers.decision(each, policies, place) for each, place in zip(found, entries, strict=True)
    ]
    if not several:
        return answer(made[0])
    return answer({"allow": all(each["allow"] for each in made), "decisions": made})
