"""Simulating on real evaluators: what is true of any rule and any input, and the reasons given."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from controlplane.operations.asking_again import Panel
from controlplane.operations.first_difference import Reasons
from controlplane.operations.history import of_report
from controlplane.operations.past import Skipped
from controlplane.operations.remembering import past_decisions
from controlplane.operations.simulating import Simulation, Turn, simulate
from controlplane.policy.engine import PolicyEngine
from controlplane.policy.engines.embedded import EmbeddedEngine
from controlplane.policy.envelope import Subject
from controlplane.policy.errors import EngineError
from controlplane.policy.model import PolicyBundle
from tests.support.decisions import decide, keep, policies, tenant, trusting
from tests.support.engines import EACH, engine_named
from tests.support.evidence import signer, writer
from tests.support.policies import finds, rule

TOLD = ("", "time", "facts", "time, facts")
NOW = datetime(2030, 1, 1, tzinfo=UTC)
KEY, LOG = signer("decide"), signer("log")


def candidate(size: int, color: str, severity: str, uses: str) -> PolicyBundle:
    above = finds(f"input.subject.resource.size > {size}", "input.subject.name")
    named = finds(f'input.subject.resource.color == "{color}"', "input.subject.name")
    files = rule(above, severity=severity)
    return policies(files | rule(named, "tenancy/second", uses=uses))


BUNDLES = st.builds(
    candidate,
    st.integers(0, 3),
    st.sampled_from(["red", "blue"]),
    st.sampled_from(["deny", "warn"]),
    st.sampled_from(["", "time", "facts", "time, facts"]),
)
SUBJECTS = st.lists(
    st.builds(
        tenant,
        st.sampled_from(["a", "b", "ü"]),
        size=st.integers(0, 4),
        color=st.sampled_from(["red", "blue", "green"]),
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda each: each.name,
)


@pytest.fixture(params=EACH, scope="module")
def engine(request: pytest.FixtureRequest) -> PolicyEngine:
    return engine_named(request.param)


def again(engine: PolicyEngine, bundle: PolicyBundle, decisions: Iterator[Any]) -> Simulation:
    """Return what `cpctl simulate` says; asking every rule again must come to the same."""
    made = list(decisions)
    with Panel(engine, [bundle], believing=True) as panel:
        found = simulate(made, panel, lambda *_: None)
    with Panel(engine, [bundle]) as panel:
        assert found.flipped == simulate(made, panel, lambda *_: None).flipped
    return found


@settings(max_examples=15, suppress_health_check=list(HealthCheck))
@given(bundle=BUNDLES, made=st.lists(SUBJECTS, min_size=1, max_size=4))
def test_the_policies_that_decided_change_nothing(
    bundle: PolicyBundle, made: list[list[Subject]]
) -> None:
    embedded = EmbeddedEngine()
    with tempfile.TemporaryDirectory() as place:
        reports = [decide(embedded, [bundle], subjects) for subjects in made]
        keep(writer(Path(place), sign=KEY, log=LOG), *reports)
        found = again(embedded, bundle, past_decisions(Path(place), trusting(KEY), NOW))
    assert (found.decisions, found.flipped, found.skipped) == (len(made), [], [])


@settings(max_examples=15, suppress_health_check=list(HealthCheck))
@given(old=BUNDLES, new=BUNDLES, subjects=SUBJECTS)
def test_what_is_said_is_what_the_gate_would_say(
    old: PolicyBundle, new: PolicyBundle, subjects: list[Subject]
) -> None:
    """Where the input suffices the answer is the gate's own; where it does not, it is no allow."""
    embedded = EmbeddedEngine()
    before, after = (decide(embedded, [bundle], subjects) for bundle in (old, new))
    found = again(embedded, new, iter([of_report(before, "here")]))
    flips = [flip for each in found.flipped for flip in each.flips]
    opened = {(f.rule, f.subject) for f in flips if f.detail}
    turns = [each.turn for each in found.flipped if each.turn]
    if opened:
        assert Turn.ALLOWED not in turns
        assert all(rule == "tenancy/second" for rule, _ in opened)
        return
    kept = set(before.verdict.findings) - {flip.before for flip in flips}
    assert kept | {flip.after for flip in flips if flip.after} == set(after.verdict.findings)
    expected = {(True, False): [Turn.DENIED], (False, True): [Turn.ALLOWED]}
    assert turns == expected.get((before.allow, after.allow), [])


def why(
    engine: PolicyEngine, old: PolicyBundle, new: PolicyBundle, *subjects: Subject
) -> list[str]:
    """Return the reason of every flip."""
    decision = of_report(decide(engine, [old], subjects), "here")
    with Panel(engine, [new]) as panel:
        reasons = Reasons(panel.bundles)
        found = simulate([decision], panel, reasons.look)
    given = reasons.explain(engine)
    return [str(given[flip]) for each in found.flipped for flip in each.flips]


def one(condition: str, **more: Any) -> PolicyBundle:
    return policies(rule(finds(condition), **more))


A = tenant("a", size=3, color="red")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "input.subject.resource.size > 2",
            'input.subject.resource.size > 2\n\tinput.subject.resource.color != "red"',
            'now `input.subject.resource.color != "red"` does not hold '
            "(policies/tenancy/first/rule.rego:17:2)",
        ),
        (
            "input.subject.resource.size > 5",
            "input.subject.resource.size > 2",
            "then `input.subject.resource.size > 5` does not hold "
            "(policies/tenancy/first/rule.rego:16:2)",
        ),
        (
            "some word in input.subject.resource.words\n\tword == 1",
            "input.subject.resource.size > 2",
            "then `some word in input.subject.resource.words` does not hold "
            "(policies/tenancy/first/rule.rego:16:2)",
        ),
    ],
)
def test_the_first_condition_that_differs(
    engine: PolicyEngine, old: str, new: str, said: str
) -> None:
    assert why(engine, one(old), one(new), A) == [said]


def test_a_library_that_differs_is_said(engine: PolicyEngine) -> None:
    def using(limit: int) -> PolicyBundle:
        library = f"package controlplane.lib.sizes\n\nlarge(size) if size > {limit}\n"
        files = rule(
            "import data.controlplane.lib.sizes\n\n"
            + finds("sizes.large(input.subject.resource.size)")
        )
        return policies(files | {"policies/lib/sizes/sizes.rego": library})

    (said,) = why(engine, using(2), using(5), A)
    assert said.startswith("now `sizes.large(input.subject.resource.size)` does not hold; it reads")
    assert "a library differs" in said


def test_a_rule_that_is_new_or_gone_is_said(engine: PolicyEngine) -> None:
    first, other = (
        one("input.subject.resource.size > 2"),
        one("input.none", identity="tenancy/other"),
    )
    assert why(engine, first, other, A) == ["the rule is gone"]
    assert why(engine, other, first, A) == ["the rule is new"]


def test_every_flip_names_its_input_even_of_a_rule_that_is_gone(engine: PolicyEngine) -> None:
    """What the evidence of the decision holds under that digest is what the rule was asked."""
    first, other = (
        one("input.subject.resource.size > 2"),
        one("input.none", identity="tenancy/other"),
    )
    for old, new in ((first, other), (other, first)):
        decision = of_report(decide(engine, [old], [A]), "here")
        (flipped,) = again(engine, new, iter([decision])).flipped
        (flip,) = flipped.flips
        assert decision.judged()[flip.subject] == (flip.input,)


@pytest.mark.parametrize("uses", TOLD)
def test_a_rule_that_is_gone_names_which_of_several_inputs_it_was_given(
    engine: PolicyEngine, uses: str
) -> None:
    size = finds("input.subject.resource.size > 2")
    told = {each: f"tenancy/told-{number}" for number, each in enumerate(TOLD)}
    every = {
        path: text
        for each, name in told.items()
        for path, text in rule(size, name, uses=each).items()
    }
    fewer = {
        path: text
        for path, text in every.items()
        if f"/{told[uses].partition('/')[2]}/" not in path
    }
    decision = of_report(decide(engine, [policies(every)], [A]), "here")
    (names,) = decision.judged().values()
    assert len(names) == len(TOLD)
    (flipped,) = again(engine, policies(fewer), iter([decision])).flipped
    (flip,) = flipped.flips
    held = json.loads(decision.envelope(flip.input))
    assert ("time" in held, bool(held["facts"])) == ("time" in uses, "facts" in uses)


def test_a_severity_that_differs_is_said(engine: PolicyEngine) -> None:
    condition = "input.subject.resource.size > 2"
    said = why(engine, one(condition), one(condition, severity="warn"), A)
    assert said == ["it reports severity deny → warn"]


def test_a_parameter_that_differs_is_said(engine: PolicyEngine) -> None:
    schema = (
        '{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "additionalProperties": false, "properties": {"most": '
        '{"type": "integer", "default": 2}}}'
    )
    files = rule(
        finds("input.subject.resource.size > data.parameters.tenancy.first.most"), uses="parameters"
    ) | {"policies/tenancy/first/parameters.schema.json": schema}
    said = why(engine, policies(files), policies(files, {"tenancy/first": {"most": 9}}), A)
    assert len(said) == 1
    assert "parameters differ: most 2 → 9" in said[0]


def test_conditions_that_cannot_be_asked_alone_are_not_guessed_at() -> None:
    """An evaluator that refuses the probe leaves the difference of the texts."""

    class Refusing(EmbeddedEngine):
        def prepare(self, bundle: PolicyBundle) -> Any:
            if '"held"' in bundle.modules[0].text:
                raise EngineError("no", remedy="none")
            return super().prepare(bundle)

    (said,) = why(
        Refusing(),
        one("input.subject.resource.size > 2"),
        one("input.subject.resource.size > 5"),
        A,
    )
    assert said == "the conditions could not be asked one after the other; the rule's text differs"


def test_damaged_and_skipped_do_not_hide_in_a_total(engine: PolicyEngine) -> None:
    found = again(engine, one("input.none"), iter([Skipped("log x, entry 1", "why")]))
    assert (found.decisions, len(found.skipped)) == (0, 1)
