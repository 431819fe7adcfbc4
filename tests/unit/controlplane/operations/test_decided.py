"""Only what was allowed before the merge, by a key that counts, allows a step."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from controlplane.operations.decided import Decisions
from evidence.records import Record
from evidence.trust import TrustedKey, TrustSet
from tests.support.evidence import about, signer, writer

NOW = datetime(2030, 1, 1, tzinfo=UTC)
DECISION: dict[str, Any] = {
    "allow": True,
    "from": {"commit": "", "tree": "a" * 40},
    "gatedBeforeMerge": True,
    "to": {"commit": "", "tree": "b" * 40},
    "time": "2026-12-01T00:00:00Z",
    "verdict": {"validUntil": ""},
}


KEY, LOG = signer("decide"), signer("log")
TRUST = TrustSet.of([TrustedKey(KEY.name, "decide", KEY.public_key)])


def record(directory: Path, payload: Any) -> None:
    """Record one decision that says it allows."""
    evidence = writer(directory, sign=KEY, log=LOG)
    with evidence.begin(kind="gate", subjects=about(), summary="allowed it") as run:
        run.record(Record("decision", "allowed it", payload))
        run.close(outcome="allow", summary="allowed it")


def steps(decisions: Decisions, trust: TrustSet = TRUST) -> list[tuple[str, str]]:
    found = decisions.allowed_steps(lambda _: trust, NOW)
    return [(step.from_tree, step.to_tree) for step in found]


def decided(directory: Path, payload: Any) -> list[tuple[str, str]]:
    """Record one decision and return the steps that count."""
    record(directory, payload)
    return steps(Decisions(directory))


def test_a_decision_before_the_merge_allows_its_step(tmp_path: Path) -> None:
    assert decided(tmp_path, DECISION) == [("a" * 40, "b" * 40)]


def test_a_decision_made_when_it_was_to_be_applied_does_not_count_the_next_time(
    tmp_path: Path,
) -> None:
    assert decided(tmp_path, DECISION | {"gatedBeforeMerge": False}) == []


@pytest.mark.parametrize(
    "payload",
    [
        [],
        {"allow": True},
        DECISION | {"allow": 1},
        DECISION | {"from": "x"},
        DECISION | {"to": {"tree": 7}},
        {name: value for name, value in DECISION.items() if name != "gatedBeforeMerge"},
        {name: value for name, value in DECISION.items() if name != "verdict"},
        DECISION | {"verdict": {"validUntil": None}},
        DECISION | {"verdict": {"validUntil": "2031-01-01T00:00:00Z"}, "time": ""},
        DECISION | {"verdict": {"validUntil": "soon"}},
        DECISION | {"verdict": {"validUntil": "2031-01-01T00:00:00"}},
    ],
)
def test_what_is_no_decision_of_this_form_is_passed_over(tmp_path: Path, payload: Any) -> None:
    assert decided(tmp_path, payload) == []


def test_what_was_read_is_not_read_again_and_what_is_new_is_seen(tmp_path: Path) -> None:
    """A reconciler asks with every look at the branch, however long the log is."""
    decisions = Decisions(tmp_path)
    assert steps(decisions) == []
    record(tmp_path, DECISION)
    assert steps(decisions) == [("a" * 40, "b" * 40)]
    shutil.rmtree(tmp_path / "records")
    record(tmp_path, DECISION | {"from": {"commit": "", "tree": "c" * 40}})
    assert steps(decisions) == [("a" * 40, "b" * 40), ("c" * 40, "b" * 40)]
    assert steps(Decisions(tmp_path)) == []


def test_a_key_that_is_not_trusted_any_more_allows_nothing_that_was_read_before(
    tmp_path: Path,
) -> None:
    decisions = Decisions(tmp_path)
    record(tmp_path, DECISION)
    assert steps(decisions) == [("a" * 40, "b" * 40)]
    assert steps(decisions, TrustSet.of([])) == []
