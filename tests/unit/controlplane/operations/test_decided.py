"""Only what was allowed before the merge, by a key that counts, allows a step."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from controlplane.operations.decided import allowed_steps
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


def decided(directory: Path, payload: Any) -> list[tuple[str, str]]:
    """Record one decision that says it allows, and return the steps that count."""
    key = signer("decide")
    evidence = writer(directory, sign=key)
    with evidence.begin(kind="gate", subjects=about(), summary="allowed it") as run:
        run.record(Record("decision", "allowed it", payload))
        run.close(outcome="allow", summary="allowed it")
    trust = TrustSet.of([TrustedKey(key.name, "decide", key.public_key)])
    return [(s.from_tree, s.to_tree) for s in allowed_steps(directory, lambda _: trust, NOW)]


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
