"""What a change of policy would let pass: seen on recorded input, else on what head holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pytest

from controlplane.operations import counterfactual as module
from controlplane.operations.counterfactual import Counterfactual, Now, counterfactual
from controlplane.operations.differing import differing, no_longer_deny
from controlplane.operations.history import of_report
from controlplane.operations.loosening import loosened
from controlplane.operations.past import PastDecision, Skipped
from controlplane.policy.envelope import Subject
from controlplane.policy.model import PolicyBundle
from tests.support.decisions import FACTS, TIME, Scripted, decide, policies, tenant
from tests.support.policies import finds, rule


def script(text: str, envelope: Mapping[str, Any]) -> list[Any]:
    word = text.rpartition("resource.")[2].split()[0]
    bad = word in envelope["subject"]["resource"]
    return [{"code": "bad", "path": [word], "params": {"name": "x"}}] if bad else []


def about(word: str, identity: str = "tenancy/first", **more: str) -> dict[str, str]:
    return rule(finds(f"input.subject.resource.{word}"), identity, **more)


OTHER = about("other", "tenancy/other")
BAD, WORSE = policies(about("bad") | OTHER), policies(about("worse") | OTHER)


def made(*subjects: Subject, bundle: PolicyBundle = BAD) -> PastDecision:
    return of_report(decide(Scripted(script), [bundle], subjects), "here")


def between(
    base: PolicyBundle,
    head: PolicyBundle,
    past: Iterable[PastDecision | Skipped],
    now: Sequence[Subject] = (),
) -> Counterfactual:
    given = Now(lambda: now, FACTS, TIME)
    found = counterfactual([base], [head], past, given, Scripted(script))
    assert found is not None
    return found


def fact(found: Counterfactual) -> list[Any]:
    files = {each.rule: each.module for each in found.rules} | dict(found.weakened)
    return loosened(found.passes, frozenset(), files, found.weakened)


def test_policies_that_are_the_same_have_no_counterfactual() -> None:
    def nothing() -> Sequence[Subject]:
        raise AssertionError("nothing was to be looked at")

    given = Now(nothing, FACTS, TIME)
    assert counterfactual([BAD], [BAD], [], given, Scripted(script)) is None


def test_each_input_counts_once_and_only_rules_that_differ_are_asked() -> None:
    past = [made(tenant("a", bad=1)), made(tenant("a", bad=1)), made(tenant("b", worse=1))]
    found = between(BAD, WORSE, past)
    assert (found.differing, found.decisions, found.resources) == (("tenancy/first",), 3, 0)
    (flips,) = found.rules
    assert (flips.loosened, flips.tightened, flips.opened) == (1, 1, 0)
    assert fact(found) == [
        {"rule": "tenancy/first", "flips": 1, "module": "policies/tenancy/first/rule.rego"}
    ]


def test_many_rules_that_differ_are_asked_with_the_rest_of_their_group_which_does_not_count() -> (
    None
):
    names = [f"tenancy/rule{number}" for number in range(5)]
    base, head = (
        policies({k: v for name in names for k, v in about(word, name).items()} | OTHER)
        for word in ("bad", "worse")
    )
    engine = Scripted(script)
    given = Now(lambda: (), FACTS, TIME)
    past = [made(tenant("a", bad=1, other=1))]
    found = counterfactual([base], [head], past, given, engine)
    assert found is not None
    assert [(each.rule, each.loosened) for each in found.rules] == [(name, 1) for name in names]
    every = {rule.id for rule in base.rules}
    assert [{rule.id for rule in each.rules} for each in engine.asked[:2]] == [every, every]


def test_without_a_recorded_input_head_itself_is_asked() -> None:
    found = between(BAD, WORSE, [], [tenant("a", bad=1), tenant("b", bad=1)])
    assert (found.decisions, found.resources) == (0, 2)
    assert [each["flips"] for each in fact(found)] == [2]


def test_a_decision_by_other_policies_is_an_input_like_any_other() -> None:
    """What it was decided by does not matter: both sides judge its input."""
    found = between(BAD, WORSE, [made(tenant("a", bad=1), bundle=policies(OTHER))])
    assert [each["flips"] for each in fact(found)] == [1]


@pytest.mark.parametrize(
    "head",
    [
        policies(OTHER),
        policies(about("bad", severity="warn") | OTHER),
        policies(about("bad", subjects="Pack") | OTHER),
    ],
)
def test_a_rule_that_is_gone_or_denies_less_is_loosened_although_nothing_shows_it(
    head: PolicyBundle,
) -> None:
    found = between(BAD, head, [made(tenant("a"))])
    assert [(each["rule"], each["flips"]) for each in fact(found)] == [("tenancy/first", 0)]
    shown = between(BAD, head, [made(tenant("a", bad=1))])
    assert [(each["rule"], each["flips"]) for each in fact(shown)] == [("tenancy/first", 1)]


def test_what_cannot_be_asked_is_neither_loosened_nor_a_pass() -> None:
    head = policies(about("bad", uses="time") | OTHER)
    found = between(BAD, head, [made(tenant("a", bad=1)), made(tenant("b"))])
    (flips,) = found.rules
    assert (flips.loosened, flips.opened) == (0, 1)
    assert fact(found) == []


def test_a_tightened_rule_loosens_nothing() -> None:
    head = policies(about("bad") | about("worse", "tenancy/more") | OTHER)
    found = between(BAD, head, [made(tenant("a", worse=1))])
    assert fact(found) == []
    assert [(each.rule, each.tightened) for each in found.rules] == [("tenancy/more", 1)]


def test_the_bound_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "DECISIONS", 2)
    found = between(BAD, WORSE, [made(tenant(name, bad=1)) for name in "abc"])
    assert found.decisions == 2
    assert [each.part for each in found.skipped] == ["older decisions"]


def test_what_was_skipped_is_said() -> None:
    gone = Skipped("log x, entry 1", "why")
    assert between(BAD, WORSE, [gone, made(tenant("a"))]).skipped == (gone,)


def test_a_library_or_a_parameter_makes_another_rule_of_it() -> None:
    def using(limit: int) -> PolicyBundle:
        library = f"package controlplane.lib.sizes\n\nlarge(size) if size > {limit}\n"
        text = "import data.controlplane.lib.sizes\n\n" + finds("sizes.large(input.subject.name)")
        return policies(rule(text) | OTHER | {"policies/lib/sizes/sizes.rego": library})

    assert differing([using(1)], [using(1)]) == frozenset()
    assert differing([using(1)], [using(2)]) == {"tenancy/first"}
    assert differing([BAD], [policies(OTHER)]) == {"tenancy/first"}
    assert no_longer_deny([using(1)], [using(2)]) == {}


def test_a_rule_that_reads_parameters_under_another_name_depends_on_all_of_the_set() -> None:
    text = 'object.get(data["parameters"], ["tenancy", "first", "most"], 2) == 2'
    schema = (
        '{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", '
        '"additionalProperties": false, "properties": {"most": {"type": "integer", "default": 2}}}'
    )
    reading = rule(finds(text), uses="parameters") | {
        "policies/tenancy/first/parameters.schema.json": schema
    }
    found = differing([policies(reading | OTHER)], [policies(reading | about("o", "tenancy/more"))])
    assert found == {"tenancy/first", "tenancy/other", "tenancy/more"}


@pytest.mark.parametrize(
    ("read", "differ"),
    [
        ('object.get(data.parameters, ["tenancy", "first", "most"], 2)', {"tenancy/more"}),
        ("object.get(data.parameters, input.path, 2)", {"tenancy/first", "tenancy/more"}),
    ],
)
def test_a_rule_that_names_its_parameters_does_not_depend_on_those_of_others(
    read: str, differ: set[str]
) -> None:
    schema = (
        '{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", '
        '"additionalProperties": false, "properties": {"most": {"type": "integer", "default": 2}}}'
    )
    files = rule(finds(f"{read} == 2"), uses="parameters")
    files |= rule(
        finds("data.parameters.tenancy.more.most == 2"), "tenancy/more", uses="parameters"
    )
    files |= {
        f"policies/tenancy/{each}/parameters.schema.json": schema for each in ("first", "more")
    }
    given = {"tenancy/more": {"most": 3}}
    assert differing([policies(files)], [policies(files, given)]) == differ


@pytest.mark.parametrize("mild", ['effective_on: "2099-01-01"', "style: true"])
def test_a_rule_that_says_of_itself_to_deny_later_or_less_is_weaker(mild: str) -> None:
    plain = about("bad")
    (path,) = [each for each in plain if each.endswith("rule.rego")]
    text = plain[path].replace("#   severity: deny\n", f"#   severity: deny\n#   {mild}\n")
    assert text != plain[path]
    before, after = policies(plain), policies({**plain, path: text})
    assert set(no_longer_deny([before], [after])) == {"tenancy/first"}
    assert not no_longer_deny([after], [before])
    assert not no_longer_deny([after], [after])
