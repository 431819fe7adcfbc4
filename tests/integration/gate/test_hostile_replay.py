"""Evidence that lies: by somebody without a key it does not verify, by the signer it is not replayed.

Each bundle is about the commit that was denied, as an auditor is given it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from controlplane import wiring
from controlplane.cli.main import run
from controlplane.errors import Exit
from controlplane.operations.gate import GateReport, Step, gate
from controlplane.operations.recording import records, subjects_of
from controlplane.operations.replaying import Replayed, decisions, judged_again
from controlplane.policy.engines.embedded import EmbeddedEngine
from controlplane.repo.git import GitRepository
from controlplane.repo.snapshot import read
from evidence.bundle import export
from evidence.canonical import canonical
from evidence.errors import MalformedError
from evidence.records import Record
from evidence.verify import verify_bundle
from tests.support.decisions import trusting
from tests.support.evidence import signer, writer
from tests.support.gated import Gated

NOW = datetime(2030, 1, 1, tzinfo=UTC)
KEY, LOG = signer("decide"), signer("log")
NOBODY = f"sha256:{'0' * 64}"
ENGINE = EmbeddedEngine()


@dataclass
class Judged:
    """A change that was denied, one that was allowed, and what was said of each."""

    denied: GateReport
    allowed: GateReport

    @property
    def commit(self) -> str:
        assert self.denied.step.head.commit is not None
        return self.denied.step.head.commit.id


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Judged:
    gated = Gated(tmp_path_factory.mktemp("replay") / "repository")
    heads = (gated.deny(), gated.repair())
    git = GitRepository.open(gated.path)
    steps = [Step(read(git, gated.base), read(git, head)) for head in heads]
    return Judged(*(gate(step, ENGINE, wiring.charts(), NOW) for step in steps))


def bundle(
    judged: Judged, place: Path, change: Callable[[list[Record]], list[Record]], outcome: str
) -> bytes:
    """Return what a signer wrote about the denied commit, with its records as `change` has them."""
    said = list(records(judged.denied, "denied", gated=True))
    log = writer(place, sign=KEY, log=LOG)
    with log.begin(
        kind="gate", subjects=subjects_of(judged.denied.step), summary="denied"
    ) as open_:
        open_.record_many(change(said))
        open_.close(outcome=outcome, summary="denied")
    made = export([place], judged.commit)
    assert verify_bundle(made, trusting(KEY, LOG), NOW).verified
    return made


def replayed(made: bytes) -> list[Replayed]:
    return [r for each in decisions(made) for r in judged_again(each, lambda *_: ENGINE)]


def other(change: Callable[[Any], None]) -> Callable[[list[Record]], list[Record]]:
    """Return what changes the decision and nothing else."""

    def changed(given: list[Record]) -> list[Record]:
        payload = json.loads(canonical(given[0].payload))
        change(payload)
        return [Record("decision", "denied", payload), *given[1:]]

    return changed


def allowed(payload: Any) -> None:
    payload["allow"] = True


def emptied(payload: Any) -> None:
    payload["verdict"]["findings"] = []


def policies(payload: Any) -> None:
    payload["judgements"][0]["policies"] = NOBODY


def envelope(payload: Any) -> None:
    payload["judgements"][0]["judged"][0]["envelope"] = NOBODY


def tree(payload: Any) -> None:
    payload["to"]["tree"] = payload["from"]["tree"]


def commit(payload: Any) -> None:
    payload["to"]["commit"] = payload["from"]["commit"]


def without(kind: str) -> Callable[[list[Record]], list[Record]]:
    return lambda given: [each for each in given if each.kind != kind]


LIES: dict[str, tuple[Callable[[list[Record]], list[Record]], str, str]] = {
    "it allows what its verdict denies": (other(allowed), "allow", "otherwise than its verdict"),
    "its verdict has no findings": (other(emptied), "deny", "not the one that its digest names"),
    "it was denied and is said to be allowed": (list, "allow", "not that of its decision"),
    "other policies": (other(policies), "deny", "is not among the records"),
    "another envelope": (other(envelope), "deny", "is not among the records"),
    "the tree of another step": (other(tree), "deny", "about another step"),
    "the commit of another step": (other(commit), "deny", "about another step"),
    "no decision": (without("decision"), "deny", "holds 0 decisions"),
    "no policies": (without("policies"), "deny", "is not among the records"),
    "no envelopes": (without("envelope"), "deny", "is not among the records"),
    "two decisions": (lambda given: [given[0], *other(tree)(given)], "deny", "holds 2 decisions"),
}


@pytest.mark.parametrize("case", LIES)
def test_what_a_signer_made_up_is_not_replayed(case: str, judged: Judged, tmp_path: Path) -> None:
    change, outcome, said = LIES[case]
    made = bundle(judged, tmp_path, change, outcome)
    with pytest.raises(MalformedError, match=said):
        replayed(made)


def test_the_decision_of_another_step_is_not_replayed(judged: Judged, tmp_path: Path) -> None:
    """All of it is as it was recorded: of a change that was allowed."""
    said = list(records(judged.allowed, "allowed", gated=True))
    made = bundle(judged, tmp_path, lambda _: said, "allow")
    with pytest.raises(MalformedError, match="about another step"):
        replayed(made)


def test_a_verdict_under_another_engine_is_judged_again_by_one_that_is_there(
    judged: Judged, tmp_path: Path
) -> None:
    """Which engine it was is the signer's word; what it must have said is not."""

    def claimed(payload: Any) -> None:
        payload["judgements"][0]["engine"] = {"name": "oracle", "version": "oracle 1"}

    found = replayed(bundle(judged, tmp_path, other(claimed), "deny"))
    assert all(each.same for each in found)
    assert found[0].recorded_with == "oracle (oracle 1)"
    assert found[0].replayed_with.startswith("embedded")


def test_a_run_that_was_interrupted_is_no_decision(judged: Judged, tmp_path: Path) -> None:
    assert replayed(bundle(judged, tmp_path, list, "interrupted")) == []


def honest(judged: Judged, place: Path) -> Any:
    return json.loads(bundle(judged, place, list, "deny"))


def decision_of(value: Any) -> Any:
    (payload,) = [p for p in value["payloads"].values() if "judgements" in p]
    return payload


def claims(value: Any) -> None:
    decision_of(value)["judgements"][0]["engine"]["name"] = "opa"


def forges(value: Any) -> None:
    payload = next(p for p in value["payloads"].values() if "subject" in p)
    payload["subject"]["name"] = "other"


def loosens(value: Any) -> None:
    payload = next(p for p in value["payloads"].values() if "modules" in p)
    path = next(iter(payload["modules"]))
    payload["modules"][path] += "# nothing\n"


def renames(value: Any) -> None:
    """Give forged content the name that it has then: no record names it any more."""
    name, payload = next((n, p) for n, p in value["payloads"].items() if "subject" in p)
    del value["payloads"][name]
    value["payloads"][NOBODY] = payload


@pytest.mark.parametrize(
    "change", [claims, forges, loosens, renames, lambda value: policies(decision_of(value))],
    ids=["engine", "envelope", "policies", "name", "digest"],
)  # fmt: skip
def test_what_somebody_else_altered_is_not_judged_again(
    change: Callable[[Any], None],
    judged: Judged,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    value = honest(judged, tmp_path / "evidence")
    change(value)
    place, trust = tmp_path / "bundle.json", tmp_path / "trust.json"
    place.write_bytes(canonical(value))
    trust.write_bytes(trusting(KEY, LOG).to_bytes())
    assert run(["policy", "replay", str(place), "--trust", str(trust)]) == Exit.NOT_VERIFIED
    said = capsys.readouterr()
    assert "nothing in it was judged again" in said.err
    assert said.out == ""
