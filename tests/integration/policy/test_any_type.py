"""Comparisons, sums and look-ups on values of every type: each engine answers as OPA does."""

from __future__ import annotations

from typing import Any

import pytest

from controlplane.policy.bundle import load
from controlplane.policy.decide import decide
from controlplane.policy.engine import PolicyEngine, Question
from controlplane.policy.engines.compiled import CompiledEngine
from controlplane.policy.engines.embedded import EmbeddedEngine
from controlplane.policy.engines.opa import OpaEngine
from evidence.canonical import canonical
from tests.support import binaries
from tests.support.policies import finds, rule

pytestmark = pytest.mark.requires("opa")

A, B = "input.subject.resource.a", "input.subject.resource.b"
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 10, "", "a", "a0", "é", "日", "10", [], {}, {"a": 1}, ["a"], [1],
)  # fmt: skip
ODD = ("a b", "a!", "\\", "\u0001", "a\nb")
OF_TWO = {
    "less": f"{A} < {B}",
    "most": f"{A} <= {B}",
    "more": f"{A} > {B}",
    "least": f"{A} >= {B}",
    "within": f"{A} in {B}",
    "given": f"object.get({A}, {B}, 0) == 0",
    "begins": f"startswith({A}, {B})",
}
OF_ONE = {
    "sum": f"sum({A}) > 0",
    "product": f"product({A}) > 0",
    "count": f"count({A}) > 0",
    "slice": f"array.slice({A}, 0, 1) != [7]",
    "some": f"some x in {A}\n\tx != 7",
    "every": f"every x in {A} {{\n\t\tx != 7\n\t}}",
    "walk": f"some p, v\n\twalk({A}, [p, v])\n\tp != [7]",
    "plus": f"{A} + 1 > 2",
    "keys": f"object.keys({A}) != {{7}}",
    "split": f'split({A}, ".") != []',
    "written": f'sprintf("%v", [{A}]) != "x"',
    "sort": f"sort([x | some x in {A}]) == {A}",
    "trim": f'trim({A}, "a") != "x"',
    "pattern": f'regex.match("^a", {A})',
    "negated": f"not {A}",
}


def _asked() -> dict[str, list[tuple[Any, Any]]]:
    two = {name: [(a, b) for a in VALUES for b in VALUES] for name in OF_TWO}
    return two | {name: [(a, 1) for a in (*VALUES, *ODD)] for name in OF_ONE}


def _outcomes(
    engine: PolicyEngine, asked: dict[str, list[tuple[Any, Any]]]
) -> list[tuple[str, Any, Any, str]]:
    texts = OF_ONE | OF_TWO
    files: dict[str, str] = {}
    for name in asked:
        files |= rule(finds(texts[name]), f"tenancy/q-{name}")
    loaded = load(files)
    assert not loaded.problems, loaded.problems
    found = []
    with engine.prepare(loaded.bundle) as prepared:
        for each in loaded.bundle.rules:
            name = each.id.removeprefix("tenancy/q-")
            pairs = asked[name]
            questions = [
                Question("Tenant/x", canonical(_document(a, b)), (each,)) for a, b in pairs
            ]
            for question, pair in zip(questions, pairs, strict=True):
                verdict = decide(question, prepared.answer(question))
                outcome = "unknown" if verdict.indeterminate else str(bool(verdict.findings))
                found.append((name, *pair, outcome))
    return found


def _document(a: Any, b: Any) -> Any:
    return {"subject": {"kind": "Tenant", "name": "acme", "resource": {"a": a, "b": b}}}


@pytest.fixture(scope="module")
def of_opa() -> list[tuple[str, Any, Any, str]]:
    return _outcomes(OpaEngine(binary=binaries.need("opa")), _asked())


def _different(one: list[Any], other: list[Any]) -> list[Any]:
    return [(a, b) for a, b in zip(one, other, strict=True) if a != b]


def test_the_compiled_engine(of_opa: list[Any]) -> None:
    engine = CompiledEngine(binary=binaries.need("opa"))
    assert _different(of_opa, _outcomes(engine, _asked())) == []


def test_the_embedded_engine(of_opa: list[Any]) -> None:
    assert _different(of_opa, _outcomes(EmbeddedEngine(), _asked())) == []
