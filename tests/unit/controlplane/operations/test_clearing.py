"""What merged without a decision is applied only where the revision in force permits that."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from controlplane.operations.clearing import Branch, Clearance, NotClearedError, branch, clear
from controlplane.operations.decided import Decisions
from controlplane.operations.gate import GateReport, Step
from controlplane.policy.model import Cause, Indeterminate, Verdict
from controlplane.repo.changes import changes
from controlplane.repo.git import GitRepository
from evidence.records import Record
from evidence.signers.base import Signer
from evidence.trust import TrustedKey, TrustSet
from tests.support import documents
from tests.support.evidence import about, signer, writer
from tests.support.gitrepo import TestRepository

NOW = datetime(2026, 12, 24, 12, tzinfo=UTC)
README = {"README.md": "Ours.\n"}


def settings(ungated: str) -> dict[str, str]:
    root = documents.document("Repository", "example", f"ungatedMerges: {ungated}\n")
    return documents.repository(root=root)


def allowed(step: Step) -> GateReport:
    return GateReport(step, Verdict((), (), ("tenancy/first",)), changes(step.base, step.head))


def cleared(path: Path, *commits: dict[str, str], applied: int | None = None) -> Clearance:
    made = TestRepository(path / "git")
    ids = [made.commit(files) for files in commits]
    git = GitRepository.open(path / "git")
    way = branch(git, "" if applied is None else ids[applied], ids[-1])
    return clear(way, Decisions(path / "evidence"), allowed, NOW)


@pytest.mark.parametrize("applied", [None, 0], ids=["nothing remembered", "first applied"])
def test_a_revision_cannot_excuse_itself(tmp_path: Path, applied: int | None) -> None:
    """A lost state store must not make the last commit its own judge."""
    with pytest.raises(NotClearedError, match="not gated before merge"):
        cleared(tmp_path, settings("refuse"), settings("gate-then-apply"), applied=applied)


@pytest.mark.parametrize("applied", [None, 0], ids=["nothing remembered", "first applied"])
def test_what_is_permitted_is_judged_late(tmp_path: Path, applied: int | None) -> None:
    permitted = settings("gate-then-apply")
    assert not cleared(tmp_path, permitted, permitted | README, applied=applied).gated


def test_a_history_may_begin_before_its_settings(tmp_path: Path) -> None:
    assert not cleared(tmp_path, README, settings("gate-then-apply")).gated
    with pytest.raises(NotClearedError):
        cleared(tmp_path / "other", README, settings("refuse"))


class Judged:
    """A branch of three commits; the step to the second was allowed for a while."""

    def __init__(self, path: Path) -> None:
        made = TestRepository(path / "git")
        root = settings("refuse")
        files = [root, root | README, root | README | {"more.md": "More.\n"}]
        self.ids = [made.commit(each) for each in files]
        self.git = GitRepository.open(path / "git")
        self.evidence = path / "evidence"
        self.decides, self.applies = signer("decide"), signer("apply")
        self.log = signer("log")
        keys = [(self.decides, "decide"), (self.applies, "apply")]
        self.trust = TrustSet.of([TrustedKey(k.name, p, k.public_key) for k, p in keys])
        self.late: list[Step] = []

    def way(self, applied: int | None, end: int) -> Branch:
        found = branch(self.git, "" if applied is None else self.ids[applied], self.ids[end])
        before = [found.from_tree, *found.trees]
        return replace(found, _trust=dict.fromkeys(before, self.trust))

    def decide(self, start: int | None, end: int, until: str) -> None:
        way = self.way(start, end)
        payload = {
            "allow": True,
            "from": {"tree": way.from_tree},
            "gatedBeforeMerge": True,
            "to": {"tree": way.end.tree_id},
            "time": "2026-12-01T00:00:00Z",
            "verdict": {"validUntil": until},
        }
        self.record("gate", self.decides, Record("decision", "allowed it", payload), "allow")

    def apply(self, end: int, key: Signer) -> None:
        commit = self.git.resolve(self.ids[end])
        (record,) = Clearance(commit, ()).grounds().records
        self.record("apply", key, record, "done")

    def record(self, kind: str, key: Signer, record: Record, outcome: str) -> None:
        origin = f"example.com/{key.public_key.keyid[:16]}"
        evidence = writer(self.evidence, sign=key, log=self.log, origin=origin)
        with evidence.begin(kind=kind, subjects=about(), summary="did it") as run:
            run.record(record)
            run.close(outcome=outcome, summary="did it")

    def clear(self, applied: int | None, end: int, now: datetime = NOW) -> Clearance:
        def judge(step: Step) -> GateReport:
            self.late.append(step)
            return allowed(step)

        return clear(self.way(applied, end), Decisions(self.evidence), judge, now)


BEFORE, AFTER = "2026-12-24T11:59:59Z", "2026-12-24T12:00:01Z"


@pytest.fixture
def judged(tmp_path: Path) -> Judged:
    return Judged(tmp_path)


@pytest.mark.parametrize("until", ["", AFTER])
def test_a_decision_that_holds_clears_its_step(judged: Judged, until: str) -> None:
    judged.decide(0, 1, until)
    assert judged.clear(0, 1).gated
    assert judged.late == []


@pytest.mark.parametrize("until", [BEFORE, "2026-12-24T12:00:00Z"])
def test_a_decision_that_holds_no_more_clears_nothing(judged: Judged, until: str) -> None:
    judged.decide(0, 1, until)
    with pytest.raises(NotClearedError, match=f"held until {until} only") as caught:
        judged.clear(0, 1)
    ids = [each[:12] for each in judged.ids]
    assert f"cpctl gate --base {ids[0]} --head {ids[1]}" in caught.value.remedy
    assert len(judged.late) == 1


def denied(step: Step) -> GateReport:
    nothing = Indeterminate("tenancy/first", "Change/change", Cause.UNDEFINED)
    return GateReport(step, Verdict((), (nothing,), ("tenancy/first",)), allowed(step).changes)


def test_steps_that_are_over_are_taken_once_more_where_they_are_no_single_one(
    judged: Judged,
) -> None:
    """A tenant was marked as leaving, its day came and it was removed, all while nobody looked."""
    judged.decide(0, 1, BEFORE)
    judged.decide(1, 2, "")
    way, recorded = judged.way(0, 2), Decisions(judged.evidence)
    with pytest.raises(NotClearedError, match=r"held until .* denied now") as caught:
        clear(way, recorded, denied, NOW)
    assert f"take them once more from {judged.ids[0][:12]}" in caught.value.remedy
    judged.decide(0, 2, AFTER)  # it was put back so that the first step holds again
    assert clear(way, recorded, denied, NOW).gated


def test_what_nobody_judged_is_not_taken_once_more(judged: Judged) -> None:
    with pytest.raises(NotClearedError) as caught:
        clear(judged.way(0, 2), Decisions(judged.evidence), denied, NOW)
    assert "once more" not in caught.value.remedy


def test_it_may_be_gated_again(judged: Judged) -> None:
    judged.decide(0, 1, BEFORE)
    judged.decide(0, 1, AFTER)
    assert judged.clear(0, 1).gated


def test_what_was_applied_last_needs_no_decision_any_more(judged: Judged) -> None:
    judged.decide(0, 1, BEFORE)
    assert judged.clear(1, 1) == Clearance(judged.git.resolve(judged.ids[1]), ())


@pytest.mark.parametrize("applied", [1, 2], ids=["itself", "what came after it"])
def test_what_was_cleared_once_stays_so_when_the_state_is_lost(
    judged: Judged, applied: int
) -> None:
    judged.decide(None, 0, "")
    judged.decide(0, 1, BEFORE)
    judged.decide(1, 2, "")
    judged.apply(applied, judged.applies)
    assert len(judged.clear(None, 2).decisions) == 3


def test_an_apply_of_an_earlier_revision_says_nothing(judged: Judged) -> None:
    judged.decide(0, 1, BEFORE)
    judged.apply(0, judged.applies)
    with pytest.raises(NotClearedError, match="held until"):
        judged.clear(0, 1)


def test_only_a_key_of_the_trust_root_says_what_was_cleared(judged: Judged) -> None:
    judged.decide(0, 1, BEFORE)
    judged.apply(1, signer("apply"))
    with pytest.raises(NotClearedError, match="held until"):
        judged.clear(0, 1)


def test_an_apply_is_no_decision(judged: Judged) -> None:
    judged.apply(1, judged.applies)
    with pytest.raises(NotClearedError, match="no decision in evidence"):
        judged.clear(0, 1)
