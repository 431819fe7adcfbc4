"""Decisions read back from evidence: those that count, and by name everything that does not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from controlplane.operations.asking_again import Panel
from controlplane.operations.past import PastDecision, Skipped
from controlplane.operations.recording import decision_json
from controlplane.operations.remembering import past_decisions
from controlplane.operations.simulating import Simulation, simulate
from controlplane.policy.weigh import weigh
from controlplane.policy.weights import Weights
from evidence.records import Record
from evidence.signers.base import Signer
from evidence.trust import TrustedKey, TrustSet
from tests.support.decisions import Scripted, decide, keep, packed, policies, tenant, trusting
from tests.support.evidence import about, signer, writer
from tests.support.policies import finds, rule

NOW = datetime(2030, 1, 1, tzinfo=UTC)
KEY, LOG, MALLORY = signer("decide"), signer("log"), signer("decide")
TRUST = trusting(KEY)
BUNDLE = policies(rule(finds("input.subject.resource.bad")))
LARGE = "x" * 20_000  # of a payload that lies beside the records


def script(_: str, envelope: Mapping[str, Any]) -> list[Any]:
    bad = "bad" in envelope["subject"]["resource"]
    return [{"code": "bad", "path": [], "params": {"name": "x"}}] if bad else []


def recorded(place: Path, *resources: Mapping[str, Any], key: Signer = KEY) -> Path:
    """Record one decision for each tenant."""
    reports = [
        decide(Scripted(script), [BUNDLE], [tenant(f"t{n}", **each)])
        for n, each in enumerate(resources)
    ]
    keep(writer(place, sign=key, log=LOG, origin=f"example.com/{key.keyid[:8]}"), *reports)
    return place


def read(place: Path, trust: TrustSet = TRUST) -> tuple[list[PastDecision], list[Skipped]]:
    found = list(past_decisions(place, trust, NOW))
    decisions = [each for each in found if isinstance(each, PastDecision)]
    return decisions, [each for each in found if isinstance(each, Skipped)]


def again(place: Path) -> Simulation:
    with Panel(Scripted(script), [BUNDLE]) as panel:
        return simulate(past_decisions(place, TRUST, NOW), panel, lambda *_: None)


def test_what_was_recorded_is_read_the_latest_first(tmp_path: Path) -> None:
    decisions, skipped = read(recorded(tmp_path, {"good": 1}, {"bad": 1}, {"big": LARGE}))
    assert skipped == []
    assert [list(each.judged()) for each in decisions] == [
        ["Tenant/t2"],
        ["Tenant/t1"],
        ["Tenant/t0"],
    ]
    assert [each.allow for each in decisions] == [True, False, True]
    assert [f.rule for f in decisions[1].verdict.findings] == ["tenancy/first"]
    for each in decisions:
        assert each.kinds() == {"Tenant"}
        assert each.bundle(BUNDLE.digest) == BUNDLE


def test_judged_again_by_what_decided_nothing_differs(tmp_path: Path) -> None:
    found = again(recorded(tmp_path, {"good": 1}, {"bad": 1}, {"big": LARGE}))
    assert (found.decisions, found.flipped, found.skipped) == (3, [], [])


def test_no_evidence_is_no_decision(tmp_path: Path) -> None:
    assert read(tmp_path) == ([], [])


@pytest.mark.parametrize(
    "trust",
    [
        TrustSet({}),
        trusting(MALLORY),
        TrustSet.of([TrustedKey("decide", "apply", KEY.public_key)]),
        TrustSet.of(
            [TrustedKey("decide", "decide", KEY.public_key, revoked_from="2020-01-01T00:00:00Z")]
        ),
    ],
)
def test_a_signature_that_does_not_count_is_named(tmp_path: Path, trust: TrustSet) -> None:
    decisions, skipped = read(recorded(tmp_path, {"good": 1}, {"bad": 1}), trust)
    assert decisions == []
    assert [each.part.rpartition(" ")[2] for each in skipped] == ["1", "0"]


def test_somebody_elses_log_does_not_keep_ours_from_counting(tmp_path: Path) -> None:
    recorded(tmp_path, {"good": 1}, key=MALLORY)
    decisions, skipped = read(recorded(tmp_path, {"bad": 1}))
    assert [each.allow for each in decisions] == [False]
    assert "is no key that counts" in skipped[0].reason


def only(place: Path, pattern: str) -> Path:
    (found,) = [path for path in place.glob(pattern) if path.is_file()]
    return found


def replaced(old: bytes, new: bytes) -> Callable[[Path], None]:
    def change(place: Path) -> None:
        path = only(place, "records/*/*")
        data = path.read_bytes()
        assert old in data
        path.write_bytes(data.replace(old, new))

    return change


def dropped_line(place: Path) -> None:
    path = only(place, "records/*/*")
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))


def cut_line(place: Path) -> None:
    path = only(place, "records/*/*")
    path.write_bytes(path.read_bytes()[:-10])


def no_records(place: Path) -> None:
    only(place, "records/*/*").unlink()


def other_object(place: Path) -> None:
    path = max((p for p in place.glob("objects/*/*")), key=lambda p: p.stat().st_size)
    path.write_bytes(path.read_bytes().replace(b"xxxx", b"yyyy", 1))


def no_objects(place: Path) -> None:
    for path in place.glob("objects/*/*"):
        path.unlink()


def no_entries(place: Path) -> None:
    for path in place.glob("logs/*/tile/entries/**/*"):
        if path.is_file():
            path.unlink()


def cut_entries(place: Path) -> None:
    for path in place.glob("logs/*/tile/entries/**/*"):
        if path.is_file():
            path.write_bytes(path.read_bytes()[:-7])


def no_checkpoint(place: Path) -> None:
    only(place, "logs/*/checkpoint").unlink()


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (replaced(b'"good":1', b'"good":2'), "not what the record names"),
        (replaced(b'"allow":true', b'"allow":null'), "not what the record names"),
        (replaced(b'"kind":"decision"', b'"kind":"decisior"'), "not those that were signed"),
        (replaced(b'{"payload":', b'{"qayload":'), "no line of records"),
        (dropped_line, "not those that were signed"),
        (cut_line, "in the middle of a record"),
        (no_records, "are missing"),
        (other_object, "other content than its name says"),
        (no_objects, "is missing"),
        (no_entries, "is missing"),
        (cut_entries, "entries"),
        (no_checkpoint, "checkpoint"),
    ],
)
def test_damage_is_named_and_passes_for_nothing(
    tmp_path: Path, damage: Callable[[Path], None], said: str
) -> None:
    damage(recorded(tmp_path, {"good": 1, "big": LARGE} if damage is other_object else {"good": 1}))
    found = again(tmp_path)
    assert found.decisions == 0
    (skipped,) = found.skipped
    assert said in f"{skipped.part}: {skipped.reason}"


def test_entries_that_are_gone_from_the_end_are_seen(tmp_path: Path) -> None:
    """A log that was put back to an older checkpoint still holds the later one."""
    place = recorded(tmp_path, {"good": 1})
    before = only(place, "logs/*/checkpoint").read_bytes()
    recorded(place, {"bad": 1})
    only(place, "logs/*/checkpoint").write_bytes(before)
    found = again(place)
    assert found.decisions == 1
    assert found.skipped[0].reason == "1 entries are gone that a checkpoint covers"


def ran(place: Path, outcome: str, *records: Record) -> list[Skipped]:
    """Sign a run of kind `gate` with these records, and say why it does not count."""
    evidence = writer(place, sign=KEY, log=LOG)
    with evidence.begin(kind="gate", subjects=about(), summary="it") as run:
        run.record_many(records)
        run.close(outcome=outcome, summary="it")
    decisions, skipped = read(place)
    assert decisions == []
    return skipped


@pytest.mark.parametrize(
    ("outcome", "records", "said"),
    [
        ("allow", [], "holds 0 decisions"),
        ("interrupted", [], "interrupted"),
        ("allow", [Record("decision", "d", {"apiVersion": "v0"})], "version v0"),
        ("allow", [Record("decision", "d", [])], "is no decision"),
        ("allow", [Record("decision", "d", {}), Record("decision", "e", {})], "holds 2 decisions"),
    ],
)
def test_what_is_signed_and_no_decision_is_named(
    tmp_path: Path, outcome: str, records: list[Record], said: str
) -> None:
    (skipped,) = ran(tmp_path, outcome, *records)
    assert said in skipped.reason


def test_an_outcome_that_is_not_the_decisions_is_named(tmp_path: Path) -> None:
    recorded(tmp_path / "sound", {"bad": 1})
    ((decision,), _) = read(tmp_path / "sound")
    assert decision.allow is False
    payload = decision_json(decide(Scripted(script), [BUNDLE], [tenant("a", bad=1)]))
    (skipped,) = ran(tmp_path / "other", "allow", Record("decision", "d", payload))
    assert "not that of its decision" in skipped.reason


def test_a_verdict_that_its_digest_does_not_name_is_named(tmp_path: Path) -> None:
    payload = decision_json(decide(Scripted(script), [BUNDLE], [tenant("a", bad=1)]))
    payload["verdict"]["findings"] = []
    (skipped,) = ran(tmp_path, "deny", Record("decision", "d", payload))
    assert "its verdict" in skipped.reason


def test_policies_that_are_not_those_of_the_digest_are_named(tmp_path: Path) -> None:
    payload = decision_json(decide(Scripted(script), [BUNDLE], [tenant("a", bad=1)]))
    texts = {m.path: m.text + "# other\n" for m in BUNDLE.modules}
    other = {"digest": BUNDLE.digest, "modules": texts, "data": BUNDLE.data}
    evidence = writer(tmp_path, sign=KEY, log=LOG)
    with evidence.begin(kind="gate", subjects=about(), summary="it") as run:
        run.record_many([Record("decision", "d", payload), Record("policies", "p", other)])
        run.close(outcome="deny", summary="it")
    found = again(tmp_path)
    assert found.decisions == 0
    assert len(found.skipped) == 1


def test_what_lies_in_a_pack_is_judged_again_like_everything_else(tmp_path: Path) -> None:
    log = writer(tmp_path, sign=KEY, log=LOG)
    report = decide(Scripted(script), [BUNDLE], [tenant("a", bad=1), tenant("b", big=LARGE)])
    keep(log, packed(report, log))
    ((decision,), skipped) = read(tmp_path)
    assert skipped == []
    names = decision.judged()["Tenant/a"]
    assert b'"bad":1' in decision.envelope(names[0])
    found = again(tmp_path)
    assert (found.decisions, found.inputs, found.flipped, found.skipped) == (1, 2, [], [])
    only(tmp_path, "records/*/*.pack").write_bytes(b"")
    assert "is cut off" in again(tmp_path).skipped[0].reason


def test_what_was_weighed_is_compared_as_the_rules_said_it(tmp_path: Path) -> None:
    """Where an environment turns a rule off, the decision still holds what the rule said."""
    said = decide(Scripted(script), [BUNDLE], [tenant("a", bad=1)])
    by = Weights(0, {"prod": "standard"}, {"prod": {"tenancy/first": "off"}})
    final = weigh(said.verdict, by).verdict
    report = replace(said, verdict=final, engines_verdict=said.verdict, weights=by)
    keep(writer(tmp_path, sign=KEY, log=LOG), report)
    ((decision,), _) = read(tmp_path)
    assert (decision.allow, decision.verdict.findings) == (True, ())
    assert decision.engines == said.verdict
    assert again(tmp_path).flipped == []
