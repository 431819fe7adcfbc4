"""Patterns that cost some matchers all the time or memory there is: no engine takes that for a no.

The rule denies what does not match, and the text does not: silence would be an allow.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from controlplane.policy.bundle import load
from controlplane.policy.decide import decide
from controlplane.policy.engine import PolicyEngine, Question
from controlplane.policy.engines.embedded import DEFAULT, EmbeddedEngine
from evidence.canonical import canonical
from tests.support.engines import EACH, engine_named
from tests.support.policies import finds, rule

PATTERNS = {
    "repetition of repetition": "^(a+)+$",
    "alternatives that are the same": "^(a|a)*$",
    "four levels of it": "^((((a*)*)*)*)*b$",
    "many in a row": "^a*a*a*a*a*a*a*a*a*a*b$",
    "counts that multiply": "^(((a{1,99}){1,99}){1,99}){1,99}$",
}
TEXTS = {"short": "a" * 40 + "!", "long": "a" * 50_000 + "!"}


@pytest.fixture(params=EACH, scope="module")
def engine(request: pytest.FixtureRequest) -> PolicyEngine:
    if request.param == "embedded":  # its matcher backtracks, until its process is ended
        return EmbeddedEngine(replace(DEFAULT, seconds=3))
    return engine_named(request.param)


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_does_not_keep_a_rule_from_denying(
    pattern: str, text: str, engine: PolicyEngine
) -> None:
    body = finds(f'regex.match("{PATTERNS[pattern]}", input.subject.name) == false')
    bundle = load(rule(body) | rule(finds("input.subject.name"), "tenancy/second")).bundle
    document = canonical({"subject": {"kind": "Tenant", "name": TEXTS[text]}})
    with engine.prepare(bundle) as prepared:
        for number, asked in enumerate(bundle.rules):
            question = Question("Tenant/acme", document, (asked,))
            verdict = decide(question, prepared.answer(question))
            assert not verdict.allow
            if number == 1:  # and the next question is answered
                assert [f.rule for f in verdict.findings] == ["tenancy/second"]
