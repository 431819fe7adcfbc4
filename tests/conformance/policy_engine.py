"""What every policy engine must do, ours and anybody else's.

A subclass gives the fixture `engine`. The answers to these questions are the same in all of them.
"""

from __future__ import annotations

from typing import Any

import pytest

from controlplane.policy.bundle import load
from controlplane.policy.decide import decide
from controlplane.policy.engine import PolicyEngine, Question
from controlplane.policy.model import Cause, PolicyBundle, Verdict
from evidence.canonical import canonical
from tests.support.policies import ask, finds, rule

LABEL = finds("input.subject.name == input.subject.resource.bad", "input.subject.name")


def _envelope(name: str, bad: Any = "acme") -> Any:
    return {"subject": {"kind": "Tenant", "name": name, "resource": {"bad": bad}}}


class PolicyEngineConformance:
    """Subclass it and give `engine`."""

    @pytest.fixture
    def engine(self) -> PolicyEngine:
        raise NotImplementedError

    @pytest.fixture
    def bundle(self) -> PolicyBundle:
        second = rule(finds("not input.subject.resource.owner"), "tenancy/second")
        return load(rule(LABEL) | second).bundle

    def _ask(self, engine: PolicyEngine, bundle: PolicyBundle, *documents: Any) -> list[Verdict]:
        questions = [Question("Tenant/acme", canonical(d), bundle.rules) for d in documents]
        with engine.prepare(bundle) as prepared:
            answers = list(prepared.answers(questions))
        return [decide(q, a) for q, a in zip(questions, answers, strict=True)]

    def test_it_has_a_name_and_a_version(self, engine: PolicyEngine) -> None:
        assert engine.name
        assert any(character.isdigit() for character in engine.version())

    def test_a_rule_fires(self, engine: PolicyEngine) -> None:
        verdict = ask(engine, rule(LABEL), _envelope("acme"))
        assert [(f.rule, f.code, f.params) for f in verdict.findings] == [
            ("tenancy/first", "bad", (("name", "acme"),))
        ]
        assert not verdict.allow

    def test_a_rule_is_silent(self, engine: PolicyEngine) -> None:
        verdict = ask(engine, rule(LABEL), _envelope("other"))
        assert verdict.findings == verdict.indeterminate == ()
        assert verdict.allow

    def test_each_rule_of_a_question_is_answered(
        self, engine: PolicyEngine, bundle: PolicyBundle
    ) -> None:
        (verdict,) = self._ask(engine, bundle, _envelope("acme"))
        assert [f.rule for f in verdict.findings] == ["tenancy/first", "tenancy/second"]
        assert verdict.rules == ("tenancy/first", "tenancy/second")

    def test_one_rule_alone_can_be_asked(self, engine: PolicyEngine, bundle: PolicyBundle) -> None:
        question = Question("Tenant/acme", canonical(_envelope("acme")), bundle.rules[1:])
        with engine.prepare(bundle) as prepared:
            verdict = decide(question, prepared.answer(question))
        assert [f.rule for f in verdict.findings] == ["tenancy/second"]

    def test_many_questions_are_answered_in_order(
        self, engine: PolicyEngine, bundle: PolicyBundle
    ) -> None:
        names = [f"tenant-{number}" for number in range(20)]
        verdicts = self._ask(engine, bundle, *(_envelope(name, name) for name in names))
        found = [dict(verdict.findings[0].params)["name"] for verdict in verdicts]
        assert found == names

    @pytest.mark.parametrize(
        "text",
        [
            "é",
            "日本",
            "😀",
            "a\nb",
            'a"b',
            "a\\b",
            "\\u0041",
            "a\tb",
            "\u0001",
            "<&>",
            "\u2028",
            "",
        ],
        ids=ascii,
    )
    def test_text_arrives_and_returns_as_it_is(self, engine: PolicyEngine, text: str) -> None:
        verdict = ask(engine, rule(LABEL), _envelope(text, text))
        assert [f.params for f in verdict.findings] == [(("name", text),)]

    @pytest.mark.parametrize(
        ("text", "length"), [("a\nb", 3), ('"', 1), ("\\n", 2), ("é😀", 2)], ids=ascii
    )
    def test_text_is_as_long_as_it_is(self, engine: PolicyEngine, text: str, length: int) -> None:
        body = finds(f"count(input.subject.name) == {length}")
        assert ask(engine, rule(body), _envelope(text)).findings

    @pytest.mark.parametrize("number", [0, 1, -1, 2**53 - 1, -(2**53) + 1])
    def test_integers_are_exact(self, engine: PolicyEngine, number: int) -> None:
        body = finds("true", "input.subject.resource.bad")
        (finding,) = ask(engine, rule(body), _envelope("acme", number)).findings
        assert finding.params == (("name", number),)

    def test_an_empty_envelope_is_an_envelope(self, engine: PolicyEngine) -> None:
        verdict = ask(engine, rule(finds("not input.subject")), {})
        assert len(verdict.findings) == 1

    def test_parameters_are_data(self, engine: PolicyEngine) -> None:
        schema = (
            '{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", '
            '"additionalProperties": false, "properties": {"limit": {"default": 3}}}'
        )
        files = rule(
            finds("input.subject.name == data.parameters.tenancy.first.limit"), uses="parameters"
        ) | {"policies/tenancy/first/parameters.schema.json": schema}
        assert ask(engine, files, _envelope(3)).findings  # type: ignore[arg-type]
        assert not ask(engine, files, _envelope(4)).findings  # type: ignore[arg-type]

    def test_functions_of_one_name_in_two_modules_are_two(self, engine: PolicyEngine) -> None:
        first = 'about(name, code) := {"code": code, "path": [], "params": {"name": name}}\n'
        second = (
            'about(code, name, path) := {"code": code, "path": path, "params": {"name": name}}\n'
        )
        files = rule('findings contains about("one", "bad") if input.subject\n\n' + first) | rule(
            'findings contains about("bad", "two", ["a"]) if input.subject\n\n' + second,
            "tenancy/second",
        )
        found = ask(engine, files, _envelope("acme")).findings
        assert [(dict(f.params)["name"], f.path) for f in found] == [("one", ()), ("two", ("a",))]

    def test_a_built_in_that_fails_is_an_error_of_that_rule_alone(
        self, engine: PolicyEngine
    ) -> None:
        failing = rule(finds('concat(",", input.subject.resource.bad) == "x"'))
        verdict = ask(engine, failing | rule(finds("true"), "tenancy/second"), _envelope("a", [1]))
        assert [(i.rule, i.cause) for i in verdict.indeterminate] == [
            ("tenancy/first", Cause.ERROR)
        ]
        assert [f.rule for f in verdict.findings] == ["tenancy/second"]

    def test_conflicting_values_are_an_error(self, engine: PolicyEngine) -> None:
        body = (
            finds("value == 1") + "\n\nvalue := 1 if input.subject\n\nvalue := 2 if input.subject"
        )
        verdict = ask(engine, rule(body), _envelope("acme"))
        assert [i.cause for i in verdict.indeterminate] == [Cause.ERROR]

    def test_an_answer_outside_of_the_contract_denies(self, engine: PolicyEngine) -> None:
        verdict = ask(engine, rule("findings contains 1 if input.subject"), _envelope("acme"))
        assert [i.cause for i in verdict.indeterminate] == [Cause.MALFORMED]

    def test_a_rule_may_say_until_when_it_holds(self, engine: PolicyEngine) -> None:
        body = finds("false") + "\n\nvalid_until contains 90 if input.time.epochSeconds < 90"
        document = {**_envelope("acme"), "time": {"epochSeconds": 60}}
        verdict = ask(engine, rule(body, uses="time"), document)
        assert verdict.valid_until == "1970-01-01T00:01:30Z"
