"""In which order texts come: sorted by their characters in every engine, however they are walked.

The embedded evaluator compares texts with their closing quotation mark, walks sets as they were
made, objects as they came, and of two loops either within the other. Each use says what OPA says with the guards, and without them
something else; the envelope's objects are sorted before the evaluator is given them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

from controlplane.policy.bundle import load
from controlplane.policy.decide import decide
from controlplane.policy.engine import PolicyEngine, Question
from controlplane.policy.engines.embedded import DEFAULT, EmbeddedEngine
from controlplane.policy.model import Verdict
from evidence.canonical import canonical
from tests.support.engines import NAMES, engine_named
from tests.support.policies import finds, rule

pytestmark = pytest.mark.requires("opa")

TEXTS = [
    "ab", "a b", "a", "a-b", "é", "z", "Z", "日", "a!", 'a"b', "a#", "\U0001f600", "\ufb00", "",
    "a\nb", "\x7f", "a\\", "b\\a", '"', "\u2028", "\x01", "\x00", "a\x00",
]  # fmt: skip
HERE = "input.subject.resource"
SET = f"{{each | some each in {HERE}.texts}}"
MADE = f"{{y: y | some y in {HERE}.texts}}"
USES = {
    "sort": f"sort([x | some x in {HERE}.texts])",
    "sort of numbers": (
        '[sprintf("%v", [y]) | some y in sort([x | some x in [10, 9, 2147483648, 100, 9, -9, -10]])]'
    ),
    "an array of a set": f"[x | some x in {SET}]",
    "a set that is written out": '[x | some x in {"b", "a", "a b", "ab", "a-b", "é", "z"}]',
    "an array of a rule": "[x | some x in things]",
    "a union": f'[x | some x in {SET} | {{"b"}}]',
    "an intersection": f"[x | some x in {SET} & {SET}]",
    "a difference": f'[x | some x in {SET} - {{"b"}}]',
    "an array within another": f"[y | some y in [x | some x in {SET}]]",
    "concat of a set": SET,
    "the values of an object that a rule makes": f"[x | some x in {MADE}]",
    "the values of an object by index": f"[x | made := {MADE}; x := made[_]]",
    "the keys of an object that a rule makes": f"[k | made := {MADE}; some k; made[k]]",
    "the members of a rule by index": "[x | x := things[_]]",
    "the members of a set by name": f"[k | made := {SET}; some k; made[k]]",
}
COMPARED = {
    sign: f"[x | some x in {HERE}.texts; some y in {HERE}.texts; x {sign} y]"
    for sign in ("<", "<=", ">", ">=")
}
WALKED = {
    "the keys of an object": f"object.keys({HERE}.object)",
    "the values of an object": f"[x | some x in {HERE}.object]",
    "the keys of an object by index": f"[k | some k; {HERE}.object[k]]",
}
LOOPS = {
    "two loops": f'[z | some x in ["b", "a"]; some y in {HERE}.texts; z := concat("-", [x, y])]',
    "a loop within one without a name": f"[x | some _ in [1, 2]; some x in {HERE}.texts]",
    "a loop within one by index": (
        f'[z | x := {HERE}.texts[_]; some y in things; z := concat("-", [x, y])]'
    ),
    "a loop by index within another": (
        f'[z | some x in {SET}; some i; y := {HERE}.object[i]; z := concat("-", [x, y])]'
    ),
    "three loops": (
        f'[z | some x in {HERE}.texts; y := things[_]; some w in ["b", "a"]; '
        'z := concat("-", [x, y, w])]'
    ),
}
EVERY = USES | COMPARED | WALKED | LOOPS


def _files(uses: dict[str, str]) -> dict[str, str]:
    files: dict[str, str] = {}
    for number, (name, use) in enumerate(uses.items()):
        count = f"count({use})" if name in COMPARED else "0"
        body = finds(f'text := concat("/", {use})\n\tnumber := {count}', '"x"')
        body = body.replace('"name": "x"', '"name": text, "number": number')
        more = f"\n\nthings contains x if some x in {HERE}.texts"
        files |= rule(body + more, f"tenancy/u{number}")
    return files


def _verdicts(engine: PolicyEngine, texts: list[str], uses: dict[str, str]) -> dict[str, Verdict]:
    loaded = load(_files(uses))
    assert not loaded.problems, loaded.problems
    with engine.prepare(loaded.bundle) as prepared:
        return {
            _ids(uses)[each.id]: decide(question, prepared.answer(question))
            for each in loaded.bundle.rules
            for question in (_question(texts, each),)
        }


def _ids(uses: dict[str, str]) -> dict[str, str]:
    return {f"tenancy/u{number}": name for number, name in enumerate(uses)}


def _question(texts: list[str], *rules: Any) -> Question:
    resource = {"texts": texts, "object": {text: text for text in texts}}
    document = {"subject": {"kind": "Tenant", "name": "acme", "resource": resource}}
    return Question("Tenant/acme", canonical(document), rules)


@pytest.fixture(scope="module")
def of_opa() -> dict[str, Verdict]:
    return _verdicts(engine_named("opa"), TEXTS, EVERY)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "opa"])
def test_every_engine_orders_texts_as_opa_does(name: str, of_opa: dict[str, Verdict]) -> None:
    assert all(verdict.findings for verdict in of_opa.values())
    assert _verdicts(engine_named(name), TEXTS, EVERY) == of_opa


def test_without_the_guards_each_use_has_an_order_of_its_own(of_opa: dict[str, Verdict]) -> None:
    engine = EmbeddedEngine(replace(DEFAULT, guarded=False))
    unguarded = _verdicts(engine, TEXTS, USES | COMPARED)
    assert [name for name, verdict in unguarded.items() if verdict == of_opa[name]] == []


def test_without_the_guards_some_loops_go_within_another(of_opa: dict[str, Verdict]) -> None:
    engine = EmbeddedEngine(replace(DEFAULT, guarded=False))
    unguarded = _verdicts(engine, TEXTS, LOOPS)
    assert [name for name, verdict in unguarded.items() if verdict != of_opa[name]]


@hypothesis.settings(max_examples=12, derandomize=True, database=None, deadline=None)
@hypothesis.given(
    st.lists(
        st.lists(st.text(st.characters(codec="utf-8"), max_size=4), max_size=8),
        min_size=3,
        max_size=5,
    )
)
def test_texts_that_nobody_wrote_are_ordered_alike(
    prepared: dict[str, Any], drawn: list[list[str]]
) -> None:
    for texts in drawn:
        if any("\U000f0000" <= character <= "\U000f007f" for text in texts for character in text):
            continue  # not judged by the embedded engine
        given = {
            name: decide(question, engine.answer(question))
            for name, (engine, rules) in prepared.items()
            for question in (_question(texts, *rules),)
        }
        assert given["embedded"] == given["opa"] == given["compiled"], texts


@pytest.fixture(scope="module")
def prepared() -> Iterator[dict[str, Any]]:
    bundle = load(_files(EVERY)).bundle
    started = {name: (engine_named(name).prepare(bundle), bundle.rules) for name in NAMES}
    yield started
    for engine, _ in started.values():
        engine.close()
