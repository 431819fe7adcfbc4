"""What a compiled policy answers for every portable built-in and operator is what OPA answers."""

from __future__ import annotations

import itertools
import json
from collections.abc import Set
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from controlplane.policy.bundle import load
from controlplane.policy.engine import PolicyEngine, Question, Unanswered
from controlplane.policy.engines.compiled import CompiledEngine
from controlplane.policy.engines.embedded import DEFAULT, EmbeddedEngine
from controlplane.policy.engines.opa import OpaEngine
from controlplane.policy.errors import PolicyLoadError
from controlplane.policy.portable import PORTABLE
from controlplane.policy.rego_check import ALL_GUARDS
from evidence.canonical import canonical
from tests.support import binaries
from tests.support.policies import ask, finds, rule

pytestmark = pytest.mark.requires("opa")

VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 3, 1000, 2**31, 2**53 - 1, -(2**32), "", "a", "abc", "é😀b", "1", " a ", "a,b", "\u2028\u0001",
    [], ["a"], ["b", "a"], [1, 2], [3, 1, 1], [10, 9, 100], [2**31, 7, -9, -10, 7], ["a", 1], [[1], [2]], {}, {"a": 1}, {"a": {"b": 2}},
    {"b": 1, "a": "x", "é": [{"z": None, "y": '"\n'}]},
)  # fmt: skip
DRAWN = 60  # pairs or triples of values for each

ARGUMENTS = {
    1: "abs array.reverse count object.keys product strings.reverse sum trim_space type_name",
    2: "array.concat concat contains endswith indexof numbers.range object.remove split startswith "
    "trim trim_left trim_prefix trim_right trim_suffix",
    3: "array.slice object.get replace substring",
}
A, B = "{x | some x in input.a}", "{x | some x in input.b}"
# A collection that is walked while it is walked.
WALKED_TWICE = (
    "[[x, y] | some x in input.a; some y in input.a]",
    f"[[x, y] | things := {A}; some x in things; some y in things]",
)
EXPRESSIONS: dict[str, int] = {
    **{
        f"{name}({', '.join(['input.a', 'input.b', 'input.c'][:count])})": count
        for count, names in ARGUMENTS.items()
        for name in names.split()
    },
    **{
        f"is_{kind}(input.a)": 1
        for kind in ["array", "boolean", "null", "number", "object", "string"]
    },
    **{
        f"input.a {sign} input.b": 2
        for sign in ["+", "-", "*", "&", "|", "==", "!=", "<", "<=", ">", ">=", "in"]
    },
    **{f"{A} {sign} {B}": 2 for sign in ["-", "&", "|", "==", "<"]},
    f"input.a in {B}": 2,
    'input.a in {input.b, "a", "é😀b", 1, null}': 2,
    **{f"{call}({A})": 1 for call in ["count", "sum", "product", "is_set", "type_name"]},
    **{f'regex.match("{p}", input.a)': 1 for p in ("^a", "[a-z]+", "^[a-z0-9]{1,3}$", "(a,)?b")},
    **{f'sprintf("{f}", [input.a])': 1 for f in ("%v", "<%v>", "%%%v")},
    'sprintf("%v-%v", [input.a, input.b])': 2,
    f'sprintf("%v", [{A}])': 1,
    f'concat("-", {A})': 1,
    "sort([x | some x in input.a])": 1,
    "[[k, v] | some k, v in input.a]": 1,
    "[[p, v] | walk(input.a, [p, v])]": 1,
    "{k: v | some k, v in input.a}": 1,
    **dict.fromkeys(WALKED_TWICE, 1),
    "union({{x} | some x in input.a})": 1,
    "intersection({{x, y} | some x in input.a; some y in input.a})": 1,
    "input.a[input.b]": 2,
    "[1 | not input.a]": 1,
}


# What the embedded evaluator does not load, and those that it answers with the same values in
# another order or spelling: nothing that a rule decides by (docs/policies.md).
NOT_LOADED = {"[[k, v] | some k, v in input.a]"}
OTHER_ORDER = {"[[p, v] | walk(input.a, [p, v])]", *WALKED_TWICE}


def _apart(values: tuple[Any, ...]) -> bool:
    """Whether two numbers are millions apart."""
    numbers = [each for each in values if isinstance(each, int)]
    return len(numbers) == 2 and abs(numbers[0] - numbers[1]) > 1_000_000


def _questions(
    left_out: Set[str] = frozenset(),
) -> tuple[Any, list[tuple[str, Any, Question]]]:
    files: dict[str, str] = {}
    for number, expression in enumerate(EXPRESSIONS):
        if expression in left_out:
            continue
        body = f"findings contains value if {{\n\tvalue := {expression}\n}}"
        files |= rule(body, f"tenancy/r{number}")
    guards = replace(ALL_GUARDS, portable=False, escapes=False, names=False, negations=False)
    bundle = load(files, guards=guards).bundle
    rules = {each.id: each for each in bundle.rules}
    random, asked = Random(7), []
    for number, (expression, count) in enumerate(EXPRESSIONS.items()):
        if expression in left_out:
            continue
        every = list(itertools.product(VALUES, repeat=min(count, 2)))
        for values in every if count == 1 else random.sample(every, DRAWN):
            if expression.startswith("replace(") and values[1] == "":
                continue  # without end in compiled policies, so `rego/replace` refuses it
            if expression.startswith("numbers.range(") and _apart(values):
                continue  # nobody asks for so many numbers; each ends it by a bound of its own
            given = (*values, random.choice(VALUES)) if count == 3 else values
            document = dict(zip("abc", given, strict=False))
            question = Question("x", canonical(document), (rules[f"tenancy/r{number}"],))
            asked.append((expression, document, question))
    return bundle, asked


def _answers(
    engine: PolicyEngine, bundle: Any, asked: list[tuple[str, Any, Question]]
) -> list[str]:
    with engine.prepare(bundle) as prepared:
        given = [prepared.answer(question)[question.rules[0].id] for _, _, question in asked]
    return [
        str(each.cause) if isinstance(each, Unanswered) else json.dumps(each, sort_keys=True)
        for each in given
    ]


def test_every_portable_built_in_is_compared() -> None:
    text = " ".join(EXPRESSIONS)
    assert [name for name in PORTABLE if f"{name}(" not in text] == []


def test_compiled_policies_answer_as_opa_does() -> None:
    bundle, asked = _questions()
    opa = binaries.need("opa")
    ours = _answers(CompiledEngine(binary=opa), bundle, asked)
    theirs = _answers(OpaEngine(binary=opa), bundle, asked)
    assert {"error"} < set(theirs)
    different = [
        (expression, document, one, other)
        for (expression, document, _), one, other in zip(asked, ours, theirs, strict=True)
        if one != other
    ]
    assert different == []


def _spelled(expression: str, document: Any) -> bool:
    """Whether a composite value is written out: regopy escapes texts inside it otherwise."""
    return expression.startswith("sprintf") and any(
        isinstance(value, list | dict) for value in document.values()
    )


def test_the_embedded_evaluator_answers_as_opa_does_or_fails() -> None:
    """Of any type whatever: it finds what OPA finds, or denies; it is never silent by itself."""
    bundle, asked = _questions(NOT_LOADED)
    theirs = _answers(OpaEngine(binary=binaries.need("opa")), bundle, asked)
    ours = _answers(EmbeddedEngine(), bundle, asked)
    different = [
        (expression, document, one, other)
        for (expression, document, _), one, other in zip(asked, ours, theirs, strict=True)
        if one not in (other, "error")
        and expression not in OTHER_ORDER
        and not _spelled(expression, document)
    ]
    assert different == []
    failed = sum(one == "error" != other for one, other in zip(ours, theirs, strict=True))
    assert failed < len(asked) // 20  # it answers, too


def test_what_the_embedded_evaluator_does_not_load_is_refused_at_its_place() -> None:
    (expression,) = NOT_LOADED
    bundle, _ = _questions(set(EXPRESSIONS) - NOT_LOADED)
    assert expression in bundle.modules[0].text
    with pytest.raises(PolicyLoadError) as refused:
        EmbeddedEngine().prepare(bundle)
    assert refused.value.problems[0].position.line > 11


HAZARDS = [
    ("input.a > 3", {"a": "5"}),
    ('"5" > input.a', {"a": 3}),
    ("input.a >= 3\n\tinput.a > null", {"a": 7}),
    ('input.a < "a b"', {"a": "a"}),
    ("sum([x | some x in input.a]) >= 0", {"a": ["a"]}),
    ("product(input.a) >= 0", {"a": ["a"]}),
    ("array.slice(input.a, 0, 9) == [1]", {"a": "abc"}),
    ('trim_space(input.a) == ""', {"a": "\u2028"}),
    ('concat("", {x | some x in input.a}) == "ab"', {"a": ["b", "a"]}),
    ("sort([x | some x in input.a])[0] == 1", {"a": ["a", 1]}),
    ("count([x | some x in input.a; x > 1]) == 1", {"a": ["a"]}),
    ("every x in input.a { x > 1 }", {"a": ["a", "b"]}),
    ("count({x | some x in input.a; x >= 2}) == 1", {"a": ["z"]}),
]


@pytest.mark.parametrize(("condition", "document"), HAZARDS, ids=lambda value: str(value)[:40])
def test_a_deny_of_opa_is_lost_without_the_guard_and_kept_with_it(
    condition: str, document: Any
) -> None:
    files, subject = rule(finds(condition)), {"subject": {"kind": "Tenant", "name": "x"}}
    given = document | subject
    theirs = ask(OpaEngine(binary=binaries.need("opa")), files, given)
    assert not theirs.allow
    lost = ask(EmbeddedEngine(replace(DEFAULT, guarded=False)), files, given)
    assert lost.allow
    assert not ask(EmbeddedEngine(), files, given).allow
