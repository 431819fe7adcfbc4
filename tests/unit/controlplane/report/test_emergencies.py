"""Who reads a gate's answer learns of an emergency, and of every review that is still due."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from controlplane.cli.gate_output import as_table
from controlplane.operations.emergencies import Claim, Emergency, OpenReview
from controlplane.operations.gate import Agreement, GateReport
from controlplane.report import markdown
from tests.support.reports import finding, report

CLAIM = Claim("2026-02-01T00:00:00Z", "ada", "ada-approve", "platform")
EMERGENCY = Emergency((CLAIM,), "2026-02-02T00:00:00Z")
TIME = {"text": "2026-02-10T00:00:00Z"}
FORMS = {"table": as_table, "md": markdown.write}


def review(head: str, day: int) -> OpenReview:
    return OpenReview("f" * 40, ("ada",), datetime(2026, 2, day, tzinfo=UTC), "e" * 40, head * 40)


def plain(form: str, gate: GateReport, said: Agreement) -> str:
    """Return the report in a form, without what only marks or escapes."""
    text = FORMS[form](replace(gate, said=said, time=TIME))
    return text.replace("\\", "").replace("\x1b[33m", "").replace("\x1b[0m", "")


@pytest.mark.parametrize("form", FORMS)
def test_an_emergency_that_passes_says_whose_and_until_when(form: str) -> None:
    said = plain(form, report(), Agreement(emergency=EMERGENCY))
    assert "et through as an emergency, claimed by ada (approval by ada-approve as platform" in said
    assert "somebody else must review it by 2026-02-02T00:00:00Z" in said


@pytest.mark.parametrize("form", FORMS)
def test_one_that_is_denied_is_not_said_to_pass(form: str) -> None:
    said = plain(form, report([finding()]), Agreement(emergency=EMERGENCY))
    assert "laimed as an emergency by ada" in said
    assert "denied all the same" in said
    assert "let through" not in said.lower()


@pytest.mark.parametrize("form", FORMS)
def test_where_nobody_asks_for_a_review_it_says_so(form: str) -> None:
    said = plain(form, report(), Agreement(emergency=Emergency((CLAIM,))))
    assert "no contract asks for a review" in said


@pytest.mark.parametrize("form", FORMS)
def test_what_was_reviewed_since_is_not_asked_for_again(form: str) -> None:
    said = plain(form, report(), Agreement(emergency=replace(EMERGENCY, reviewed=True)))
    assert "somebody else reviewed it since" in said
    assert "must review" not in said


@pytest.mark.parametrize("form", FORMS)
def test_reviews_that_are_due_are_listed_the_first_to_be_due_first(form: str) -> None:
    said = plain(form, report(), Agreement(reviews=(review("1", 11), review("2", 10))))
    late = said.index(f"the emergency that became {'2' * 12}, claimed by ada, was to be reviewed")
    soon = said.index(f"the emergency that became {'1' * 12}, claimed by ada, is to be reviewed by")
    assert late < soon
    assert f"--base {'e' * 12} --head {'1' * 12}" in said


@pytest.mark.parametrize("form", FORMS)
def test_without_emergencies_nothing_is_said_of_them(form: str) -> None:
    assert "emergency" not in plain(form, report(), Agreement())
