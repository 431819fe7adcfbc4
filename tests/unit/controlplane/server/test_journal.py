"""Lines of the long-running reconciler: one per event, whole, without secrets."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as some

from controlplane.operations.following import Told
from controlplane.server.journal import Journal
from reconciler.events import Acted, Finished, PassFinished, Planned
from reconciler.model import Action, Outcome, Placement, Plan, Result, Standing, Verb
from reconciler.status import Phase, PlacementStatus, Trouble

PLACE = Placement("acme/prod", "eu")
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


def journal(form: str = "text") -> tuple[Journal, list[str]]:
    lines: list[str] = []
    return Journal(lines.append, lambda: NOON, form), lines


def test_a_line_of_text() -> None:
    made, lines = journal()
    made.say("info", "started", {"branch": "main", "empty": "", "words": 'two "of"'})
    assert lines == [r'2026-01-31T12:00:00.000000Z info started branch=main words="two \"of\""']


def test_a_line_of_json() -> None:
    made, lines = journal("json")
    made.told(Told("revision-refused", "warning", {"revision": "aaa"}))
    assert json.loads(lines[0]) == {
        "time": "2026-01-31T12:00:00.000000Z",
        "level": "warning",
        "event": "revision-refused",
        "revision": "aaa",
    }


def test_credentials_in_urls_are_left_out() -> None:
    made, lines = journal()
    made.say("warning", "source-away", {"error": "https://ada:hunter2@git.example.com/x"})
    assert "hunter2" not in lines[0]


@given(some.text(), some.sampled_from(["text", "json"]))
def test_an_event_is_one_line_whatever_it_says(value: str, form: str) -> None:
    made, lines = journal(form)
    made.say("info", "event", {"key": value})
    assert len(lines) == 1
    assert lines[0].isprintable()


def test_passes_tell_of_drift_actions_and_changes_of_phase_only() -> None:
    made, lines = journal()
    drift = Action("a", Verb.HEAL, Standing.DRIFTED)
    made.listen(Planned(Plan(PLACE, "aaa", ())))
    made.listen(Planned(Plan(PLACE, "aaa", (drift,))))
    gone = Action("c", Verb.CREATE, Standing.ABSENT, deleted=True)
    made.listen(Planned(Plan(PLACE, "aaa", (gone, Action("d", Verb.CREATE, Standing.ABSENT)))))
    made.listen(Acted(PLACE, Outcome("a", Verb.HEAL, Result.DONE)))
    made.listen(Acted(PLACE, Outcome("b", Verb.UPDATE, Result.FAILED, "refused")))
    made.listen(Finished(PLACE, None, 0.1))
    made.listen(PassFinished("heal", clean=True, seconds=0.1, finished=0))
    made.listen(PassFinished("heal", clean=False, seconds=0.1, finished=0))
    assert [line.split(" ", 1)[1] for line in lines] == [
        "warning drift placement=acme/prod@eu count=1 first=a",
        "warning drift placement=acme/prod@eu count=1 first=c",
        "info action placement=acme/prod@eu id=a verb=heal result=done",
        "warning action placement=acme/prod@eu id=b verb=update result=failed detail=refused",
        "warning pass kind=heal seconds=0.100",
    ]


def test_a_placement_that_fails_says_why() -> None:
    made, lines = journal()
    away = Trouble("", "unavailable", "connection refused", "start it")
    status = PlacementStatus(PLACE, Phase.FAILED, "aaa", "", "", "run", "now", {}, troubles=(away,))
    made.listen(Finished(PLACE, status, 0.1))
    assert lines[0].endswith('phase=failed detail="unavailable: connection refused"')
