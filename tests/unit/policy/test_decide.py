"""An engine's answer becomes a verdict, and nothing outside of the contract passes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlplane.policy.decide import Decider, _time, decide, unanswered_details
from controlplane.policy.engine import Question, Silent, Unanswered
from controlplane.policy.model import Cause, Finding, Rule, Severity, Verdict, merge
from controlplane.values import FieldPath
from evidence.canonical import canonical

FINDING = {"code": "bad", "path": ["spec", "list", 0], "params": {"name": "a", "count": 2}}


def rule(name: str = "tenancy/first", uses: str = "", *, expires: bool = False) -> Rule:
    return Rule(
        id=name,
        package="controlplane.tenancy.first",
        title="First",
        description="A rule.",
        severity=Severity.DENY,
        subjects=frozenset({"Tenant"}),
        uses=frozenset(uses.split()),
        messages={"bad": "{name} is bad"},
        remedy="Mend it.",
        controls=(),
        module="policies/tenancy/first/rule.rego",
        expires=expires,
    )


def ask(answer: Any, *rules: Rule, seconds: Any = None) -> Any:
    envelope = {"time": {"epochSeconds": seconds}} if seconds is not None else {}
    question = Question("Tenant/acme", canonical(envelope), rules or (rule(),))
    return decide(question, answer)


def test_a_finding_is_read_in_full() -> None:
    (finding,) = ask({"tenancy/first": {"findings": [FINDING]}}).findings
    assert (finding.rule, finding.subject, finding.code) == ("tenancy/first", "Tenant/acme", "bad")
    assert finding.path == ("spec", "list", 0)
    assert finding.params == (("count", 2), ("name", "a"))
    assert finding.severity is Severity.DENY


def test_no_finding_allows() -> None:
    verdict = ask({"tenancy/first": {"findings": []}})
    assert verdict.allow
    assert verdict.rules == ("tenancy/first",)


def test_order_and_repetition_do_not_matter() -> None:
    other = {**FINDING, "path": []}
    once = ask({"tenancy/first": {"findings": [FINDING, other]}})
    again = ask({"tenancy/first": {"findings": [other, FINDING, other]}})
    assert once.digest() == again.digest()


def test_a_rule_that_is_not_in_the_answer_is_undefined() -> None:
    verdict = ask({})
    assert [i.cause for i in verdict.indeterminate] == [Cause.UNDEFINED]
    assert not verdict.allow


@pytest.mark.parametrize("cause", list(Cause))
def test_whatever_an_engine_could_not_say_denies(cause: Cause) -> None:
    verdict = ask({"tenancy/first": Unanswered(cause)})
    assert [i.cause for i in verdict.indeterminate] == [cause]
    assert not verdict.allow


@pytest.mark.parametrize(
    "given",
    [
        [],
        "",
        0,
        {},
        {"findings": None},
        {"findings": {}},
        {"findings": [], "more": 1},
        {"findings": [], "valid_until": []},
        {"findings": [None]},
        {"findings": [{**FINDING, "more": 1}]},
        {"findings": [{"code": "bad", "path": []}]},
        {"findings": [{**FINDING, "code": "other"}]},
        {"findings": [{**FINDING, "code": 1}]},
        {"findings": [{**FINDING, "path": "spec"}]},
        {"findings": [{**FINDING, "path": [1.0]}]},
        {"findings": [{**FINDING, "path": [True]}]},
        {"findings": [{**FINDING, "path": [-1]}]},
        {"findings": [{**FINDING, "path": [None]}]},
        {"findings": [{**FINDING, "params": []}]},
        {"findings": [{**FINDING, "params": {}}]},
        {"findings": [{**FINDING, "params": {"name": 1.5}}]},
        {"findings": [{**FINDING, "params": {"name": True}}]},
        {"findings": [{**FINDING, "params": {"name": None}}]},
        {"findings": [{**FINDING, "params": {"name": ["a"]}}]},
        {"findings": [{**FINDING, "params": {"name": 2**53}}]},
        {"findings": [{**FINDING, "params": {"name": "\ud800"}}]},
        {"findings": [{**FINDING, "params": {"name": "a", 1: "b"}}]},
    ],
    ids=repr,
)
def test_what_is_outside_of_the_contract_denies(given: Any) -> None:
    verdict = ask({"tenancy/first": given})
    assert [i.cause for i in verdict.indeterminate] == [Cause.MALFORMED]
    assert verdict.findings == ()
    assert not verdict.allow


def test_one_malformed_rule_leaves_the_others_alone() -> None:
    answer = {"tenancy/first": {"findings": [FINDING]}, "tenancy/second": 5}
    verdict = ask(answer, rule(), rule("tenancy/second"))
    assert [f.rule for f in verdict.findings] == ["tenancy/first"]
    assert [i.rule for i in verdict.indeterminate] == ["tenancy/second"]


def test_people_are_told_why_in_the_words_of_the_engine() -> None:
    question = Question("Tenant/acme", b"{}", (rule(), rule("tenancy/second")))
    answer = {"tenancy/first": Unanswered(Cause.ERROR, "division"), "tenancy/second": 5}
    first, second = unanswered_details(question, answer)
    assert first == "Tenant/acme tenancy/first: error: division"
    assert second.startswith("Tenant/acme tenancy/second: malformed: ")


def test_a_rule_about_time_that_was_not_told_it_denies() -> None:
    verdict = ask({"tenancy/first": {"findings": []}}, rule(uses="time"))
    assert [i.cause for i in verdict.indeterminate] == [Cause.SKIPPED]


def test_a_rule_about_time_that_names_no_end_holds_for_a_day() -> None:
    verdict = ask({"tenancy/first": {"findings": []}}, rule(uses="time"), seconds=60)
    assert verdict.valid_until == "1970-01-02T00:01:00Z"


def test_the_earliest_moment_ahead_is_the_end() -> None:
    answer = {"tenancy/first": {"findings": [], "valid_until": [30, 90, 61]}}
    verdict = ask(answer, rule(uses="time", expires=True), seconds=60)
    assert verdict.valid_until == "1970-01-01T00:01:01Z"


def test_without_a_moment_ahead_the_answer_holds_for_ever() -> None:
    answer = {"tenancy/first": {"findings": [], "valid_until": [30]}}
    assert ask(answer, rule(uses="time", expires=True), seconds=60).valid_until == ""


@pytest.mark.parametrize("until", [None, "", [1.5], ["a"], [True], [-1], [10**12]])
def test_an_end_that_is_no_time_denies(until: Any) -> None:
    answer = {"tenancy/first": {"findings": [], "valid_until": until}}
    verdict = ask(answer, rule(uses="time", expires=True), seconds=60)
    assert [i.cause for i in verdict.indeterminate] == [Cause.MALFORMED]


def test_a_question_without_rules_allows_nothing() -> None:
    assert not decide(Question("Tenant/acme", b"{}", ()), {}).allow


def test_findings_that_differ_in_anything_have_one_order() -> None:
    """A digest of the verdict must not depend on how a set happens to be iterated over."""
    paths: list[FieldPath] = [("a", "b"), ("a/b",), (1,), ("1",)]
    found = [
        Finding("tenancy/first", severity, "Tenant/acme", "bad", path)
        for path in paths
        for severity in (Severity.DENY, Severity.INFO, Severity.WARN)
    ]
    merged = merge([Verdict((one,), (), ()) for one in found])
    assert [(f.path, f.severity) for f in merged.findings] == sorted(
        ((f.path, f.severity) for f in found), key=lambda pair: (repr(pair[0]), pair[1].value)
    )


def silent(until: Any) -> Silent:
    return Silent({"tenancy/first": {"findings": [], "valid_until": until}})


@pytest.mark.parametrize("until", [[], [5, 20], [True], "never"])
def test_an_answer_that_comes_again_is_decided_as_it_was(until: Any) -> None:
    decider, answer, rules = Decider(), silent(until), (rule(uses="time", expires=True),)
    for seconds in (10, 10, 15, 30, None, 10):
        envelope = {"a": seconds, "time": {"epochSeconds": seconds}} if seconds else {"a": 1}
        question = Question(f"Tenant/{seconds}", canonical(envelope), rules)
        assert decider.decide(question, answer) == decide(question, answer)


TEXTS = st.text() | st.sampled_from(['a,"time":{"epochSeconds":5}}', "}}", "{", ',"time":{', "\\"])
VALUES = st.recursive(
    TEXTS | st.integers(-9, 9),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(TEXTS | st.just("time"), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(st.dictionaries(st.sampled_from(["a", "time", "z", ',"time":{']), VALUES, max_size=4))
def test_the_time_is_read_from_the_end_as_from_the_whole(envelope: dict[str, Any]) -> None:
    assert _time(canonical(envelope)) == envelope.get("time")
