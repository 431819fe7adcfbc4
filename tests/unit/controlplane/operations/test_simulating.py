"""Recorded input only, each difference once, and nothing that was not asked counted as a pass."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from controlplane.operations.asking_again import Answered, Missing, Panel
from controlplane.operations.history import of_report
from controlplane.operations.past import PastDecision, Skipped, tenant_of
from controlplane.operations.simulating import (
    Answer,
    Change,
    Simulation,
    Turn,
    compare,
    simulate,
    turn,
)
from controlplane.policy.envelope import Subject
from controlplane.policy.model import Cause, Finding, Indeterminate, PolicyBundle, Severity, Verdict
from evidence.errors import MalformedError
from tests.support.decisions import FACTS, TIME, Scripted, decide, policies, tenant
from tests.support.policies import finds, rule


def script(text: str, envelope: Mapping[str, Any]) -> list[Any]:
    """Stand for an evaluator: a rule finds a tenant bad that holds the word its text names."""
    word = text.rpartition("resource.")[2].split()[0]
    bad = word in envelope["subject"]["resource"]
    return [{"code": "bad", "path": [word], "params": {"name": "x"}}] if bad else []


def about(word: str, identity: str = "tenancy/first", **more: str) -> dict[str, str]:
    return rule(finds(f"input.subject.resource.{word}"), identity, **more)


def made(bundle: PolicyBundle, *subjects: Subject, **more: Any) -> PastDecision:
    return of_report(decide(Scripted(script), [bundle], subjects, **more), "here")


def again(candidate: PolicyBundle, *decisions: PastDecision | Skipped) -> Simulation:
    with Panel(Scripted(script), [candidate]) as panel:
        return simulate(decisions, panel, lambda *_: None)


def test_the_same_policies_say_the_same() -> None:
    bundle = policies(about("bad"))
    found = again(bundle, made(bundle, tenant("a", bad=1)), made(bundle, tenant("b", good=1)))
    assert (found.decisions, found.flipped, found.skipped) == (2, [], [])


def test_an_allow_becomes_a_deny_and_a_deny_an_allow() -> None:
    decision = made(policies(about("bad")), tenant("a", worse=1), tenant("b", good=1))
    other = made(policies(about("bad")), tenant("c", bad=1))
    found = again(policies(about("worse")), decision, other)
    assert [each.turn for each in found.flipped] == [Turn.DENIED, Turn.ALLOWED]
    assert found.turns == {Turn.DENIED: 1, Turn.ALLOWED: 1}
    assert found.changes == {Change.GAINED: 1, Change.LOST: 1}
    by_tenant = found.by(lambda _, flip: [flip.tenant])
    assert by_tenant == {
        "a": {Change.GAINED: 1, Turn.DENIED: 1},
        "c": {Change.LOST: 1, Turn.ALLOWED: 1},
    }


def test_a_finding_that_does_not_forbid_turns_nothing() -> None:
    decision = made(policies(about("bad")), tenant("a", odd=1))
    candidate = policies(about("bad") | about("odd", "tenancy/second", severity="warn"))
    found = again(candidate, decision)
    assert [each.turn for each in found.flipped] == [None]
    assert found.changes == {Change.GAINED: 1}


def test_a_severity_that_differs_is_one_difference_and_turns_the_decision() -> None:
    decision = made(policies(about("bad")), tenant("a", bad=1))
    (flipped,) = again(policies(about("bad", severity="warn")), decision).flipped
    (flip,) = flipped.flips
    assert (flip.change, flipped.turn) == (Change.CHANGED, Turn.ALLOWED)
    assert flip.before
    assert flip.after
    assert (flip.before.severity, flip.after.severity) == (Severity.DENY, Severity.WARN)


def test_a_rule_that_is_still_the_same_is_not_asked_and_its_answer_stands() -> None:
    old = policies(about("bad") | about("odd", "tenancy/second"))
    new = policies(about("worse") | about("odd", "tenancy/second"))
    decision = made(old, tenant("a", bad=1, odd=1))
    engine = Scripted(script)
    with Panel(engine, [new], believing=True) as panel:
        found = simulate([decision], panel, lambda *_: None)
    assert [rule.id for asked in engine.asked for rule in asked.rules] == ["tenancy/first"]
    assert found.flipped == again(new, decision).flipped
    assert found.turns == {}  # the finding that stands denies as it did
    assert found.changes == {Change.LOST: 1}


def test_nothing_is_asked_of_the_policies_that_decided() -> None:
    bundle = policies(about("bad"))
    engine = Scripted(script)
    with Panel(engine, [bundle], believing=True) as panel:
        found = simulate([made(bundle, tenant("a", bad=1))], panel, lambda *_: None)
    assert (found.decisions, found.flipped, engine.asked) == (1, [], [])


def test_what_stayed_open_is_asked_again_though_the_rule_is_the_same() -> None:
    bundle = policies(about("bad"))
    decision = made(bundle, tenant("a", bad=1))
    lost = Verdict((), (Indeterminate("tenancy/first", "Tenant/a", Cause.TIMEOUT),), ())
    with Panel(Scripted(script), [bundle], believing=True) as panel:
        found = simulate([replace(decision, engines=lost)], panel, lambda *_: None)
    assert found.changes == {Change.SETTLED: 1, Change.GAINED: 1}


def test_the_same_envelope_is_asked_once() -> None:
    bundle = policies(about("bad"))
    decisions = [made(bundle, tenant("a", bad=1), tenant(f"b{n % 3}")) for n in range(30)]
    found = again(bundle, *decisions)
    assert (found.decisions, found.inputs, found.asked) == (30, 60, 4)


def test_what_is_asked_are_the_recorded_bytes() -> None:
    decision = made(policies(about("bad")), tenant("a", bad=1))
    (digests,) = decision.judged().values()
    engine = Scripted(script)
    with Panel(engine, [policies(about("worse"))]) as panel:
        panel.answers([panel.plan(decision)])
    assert [q.envelope for q in engine.asked] == [decision.envelope(d) for d in digests]


def test_a_kind_that_nobody_looked_at_is_no_pass() -> None:
    decision = made(policies(about("bad")), tenant("a"))
    candidate = policies(about("bad") | about("bad", "fleet/second", subjects="Fleet"))
    (flipped,) = again(candidate, decision).flipped
    assert (flipped.before, flipped.after, flipped.turn) == (
        Answer.ALLOW,
        Answer.OPEN,
        Turn.OPENED,
    )
    (flip,) = flipped.flips
    assert (flip.change, flip.subject, flip.input) == (Change.OPENED, "Fleet", "")
    assert flip.detail == "no rule looked at a Fleet then"


def test_a_kind_that_was_looked_at_and_of_which_none_was_there_is_fine() -> None:
    both = about("bad") | about("bad", "fleet/second", subjects="Fleet")
    decision = made(policies(both), tenant("a"))
    more = policies(both | about("worse", "fleet/third", subjects="Fleet"))
    assert again(more, decision).flipped == []


@pytest.mark.parametrize(
    ("uses", "what"),
    [
        ("time", "the recorded input does not say the time"),
        ("facts", "the recorded input holds no facts"),
    ],
)
def test_what_the_recorded_input_does_not_say_is_no_pass(uses: str, what: str) -> None:
    decision = made(policies(about("bad")), tenant("a"))
    candidate = policies(about("bad") | about("worse", "tenancy/second", uses=uses))
    (flipped,) = again(candidate, decision).flipped
    assert [(f.rule, f.detail) for f in flipped.flips] == [("tenancy/second", what)]
    assert flipped.turn is Turn.OPENED


def test_a_fact_that_was_not_recorded_is_no_pass() -> None:
    before = policies(about("bad", uses="facts"))
    text = finds("input.facts.budget[_] == input.subject.resource.worse")
    candidate = policies(about("bad", uses="facts") | rule(text, "tenancy/second", uses="facts"))
    (flipped,) = again(candidate, made(before, tenant("a"))).flipped
    assert [f.detail for f in flipped.flips] == ["the fact `budget` was not recorded"]
    assert again(candidate, made(before, tenant("a"), facts={**FACTS, "budget": []})).flipped == []


def test_a_rule_that_did_without_a_fact_then_does_without_it_now() -> None:
    text = finds("input.facts.budget[_] == input.subject.resource.worse")
    bundle = policies(rule(text, uses="facts"))
    assert again(bundle, made(bundle, tenant("a"))).flipped == []


def test_an_envelope_is_put_together_of_what_was_recorded_about_the_subject() -> None:
    timed, plain = about("bad", uses="time"), about("bad", "tenancy/second", uses="facts")
    decision = made(policies(timed | plain), tenant("a", bad=1))
    engine = Scripted(script)
    bare, both = about("bad", "tenancy/third"), about("bad", "tenancy/fourth", uses="time, facts")
    with Panel(engine, [policies(bare | both)]) as panel:
        (answered,) = panel.answers([panel.plan(decision)])
    assert answered.missing == frozenset()
    values = [json.loads(question.envelope) for question in engine.asked]
    told = {question.rules[0].id: v for question, v in zip(engine.asked, values, strict=True)}
    assert "time" not in told["tenancy/third"]
    assert told["tenancy/third"]["facts"] == {}
    assert told["tenancy/fourth"]["time"] == TIME
    assert told["tenancy/fourth"]["facts"] == FACTS
    # The gate would have given these very bytes.
    fresh = made(policies(bare | both), tenant("a", bad=1))
    (digests,) = fresh.judged().values()
    assert {fresh.envelope(d) for d in digests} == {q.envelope for q in engine.asked}


def test_an_envelope_of_another_version_is_no_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("controlplane.policy.envelope.API_VERSION", "controlplane.dev/envelope/v0")
    decision = made(policies(about("bad")), tenant("a"))
    monkeypatch.undo()
    (flipped,) = again(policies(about("bad")), decision).flipped
    assert "version controlplane.dev/envelope/v0" in flipped.flips[0].detail


def test_a_decision_with_a_damaged_record_is_named_and_the_others_are_judged() -> None:
    bundle = policies(about("bad"))
    sound, other = made(bundle, tenant("a", bad=1)), made(bundle, tenant("b"))

    def gone(name: str) -> bytes:
        raise MalformedError("log x, entry 3: payload", f"{name} is missing")

    broken = PastDecision(**{**vars(other), "envelope": gone, "part": "log x, entry 3"})
    found = again(bundle, Skipped("log x, entry 4", "why not"), broken, sound)
    assert (found.decisions, found.flipped) == (1, [])
    assert [each.part for each in found.skipped] == ["log x, entry 4", "log x, entry 3"]
    assert "is missing" in found.skipped[1].reason


BAD = Finding("r/r", Severity.DENY, "Tenant/a", "bad", (), (("name", "x"),))


def answered(*findings: Finding, **more: Any) -> Answered:
    return Answered(frozenset(findings), more.pop("indeterminate", frozenset()), **more)


def test_a_rule_that_stayed_open_lost_no_finding() -> None:
    after = answered(missing=frozenset({Missing("r/r", "Tenant/a", "why")}))
    assert [f.change for f in compare(answered(BAD), after)] == [Change.OPENED]


def test_other_parameters_at_the_same_place_are_one_difference() -> None:
    other = Finding("r/r", Severity.DENY, "Tenant/a", "bad", (), (("name", "y"),))
    (flip,) = compare(answered(BAD), answered(other))
    assert (flip.change, flip.before, flip.after) == (Change.CHANGED, BAD, other)


def test_what_was_open_and_is_answered_now_is_a_difference() -> None:
    before = answered(indeterminate=frozenset({Indeterminate("r/r", "Tenant/a", Cause.TIMEOUT)}))
    (flip,) = compare(before, answered())
    assert (flip.change, flip.detail) == (Change.SETTLED, "timeout")
    assert compare(before, before) == ()


@pytest.mark.parametrize(
    ("before", "after", "turned"),
    [
        (Answer.ALLOW, Answer.ALLOW, None),
        (Answer.DENY, Answer.DENY, None),
        (Answer.OPEN, Answer.OPEN, None),
        (Answer.ALLOW, Answer.DENY, Turn.DENIED),
        (Answer.DENY, Answer.ALLOW, Turn.ALLOWED),
        (Answer.OPEN, Answer.ALLOW, Turn.ALLOWED),
        (Answer.OPEN, Answer.DENY, None),
        (Answer.ALLOW, Answer.OPEN, Turn.OPENED),
        (Answer.DENY, Answer.OPEN, Turn.OPENED),
    ],
)
def test_how_a_decision_turns(before: Answer, after: Answer, turned: Turn | None) -> None:
    assert turn(before, after) is turned


def test_whose_a_subject_is() -> None:
    assert tenant_of("Tenant/acme") == "acme"
    assert tenant_of("Placement/acme/prod@eu-1") == "acme"
    assert tenant_of("PackLock/acme") == "acme"
    assert tenant_of("PricePlan/core") == ""
