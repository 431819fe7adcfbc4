"""Rules that nobody wrote are judged alike by every engine; `make fuzz-rego` tries many more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from controlplane.policy.engines.compiled import CompiledEngine
from controlplane.policy.engines.embedded import DEFAULT, EmbeddedEngine
from controlplane.policy.engines.opa import OpaEngine
from tests.support import binaries, rego_fuzz
from tests.support.engines import NAMES
from tests.support.rego_fuzz import compare, judged
from tests.support.rego_grammar import module

pytestmark = pytest.mark.requires("opa")


@pytest.mark.parametrize("seed", [1, 2])
def test_generated_rules_are_judged_alike(
    seed: int, record_property: Callable[[str, object], None]
) -> None:
    total = compare(45, seed)
    assert total.differences == []
    assert total.verdicts > 200
    assert total.found > 20  # it is about rules that find something…
    assert total.denied < total.verdicts / 4  # …and is not all errors
    record_property("counted: verdicts on generated rules, three engines", total.verdicts)


def test_a_rule_follows_from_its_seed_and_its_order() -> None:
    assert module("1/2") == module("1/2") != module("1/3")
    assert module("1/2", order=5) == module("1/2", order=5)
    assert len({module("1/2", order=each) for each in range(1, 9)}) > 1


def test_a_difference_is_found_and_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without the guards of the embedded engine; it is not only that nobody looks."""
    opa = binaries.need("opa")
    engines = {
        "compiled": CompiledEngine(binary=opa),
        "embedded": EmbeddedEngine(replace(DEFAULT, guarded=False)),
        "opa": OpaEngine(binary=opa),
    }
    monkeypatch.setattr(rego_fuzz, "engine_named", engines.get)
    assert rego_fuzz.main(["--rules", "40", "--seed", "5"]) == 1
    said = capsys.readouterr().out
    assert "\nembedded {'allow'" in said
    assert "\nopa      {'allow'" in said


HERE = "input.subject.resource"
FOUND = """\
findings contains {{"code": "bad", "path": [], "params": {{"name": {value}}}}} if {{
	{condition}
}}"""
# What generated rules have shown; each was judged differently once.
SHOWN = {
    "indexof of an empty text": ("1", f"indexof({HERE}.text, {HERE}.empty) == 0"),
    "texts of functions in one format": (
        f'sprintf("%v-%v%%", [concat("", [{HERE}.text]), trim({HERE}.text, "a")])',
        "true",
    ),
    "a compared format": ('"x"', f'sprintf("%v-%v", [concat("", [{HERE}.text]), 1]) == "abc-1"'),
    "an object": (f'sprintf("%v", [{HERE}.object])', "true"),
    "a set of everything": (f'sprintf("%v", [{{x | some x in {HERE}.mixed}}])', "true"),
    "an array of a set of everything": (
        f'sprintf("%v", [[x | some x in {{x | some x in {HERE}.mixed}}]])',
        "true",
    ),
    "an object by everything": (
        f'sprintf("%v", [{{x: 1 | some x in {HERE}.mixed}}])',
        "true",
    ),
    "sorted": (f'sprintf("%v", [sort([x | some x in {HERE}.mixed])])', "true"),
    "no set": (f'sprintf("%v", [{{x | some x in {HERE}.none}}])', "true"),
    **{
        f"everything {sign} everything": (
            f'sprintf("%v", [[[x, y] | some x in {HERE}.few; some y in {HERE}.few; x {sign} y]])',
            "true",
        )
        for sign in ("<", "<=", ">", ">=")
    },
}
MIXED = [
    [2], [1, 5], [1], ["b"], {"a": 1}, {"a": 0, "b": 2}, {"b": 0}, [], {}, 3, "x", None, False, True,
    -3, -20, 2**53 - 1, -(2**53 - 1), [-1], [[]], [None], [{"é": ["日", 'q"\\']}], "a", "a b",
    ["a"], ["a b"], ["ab"], {"a": {}}, {"a b": 1},
]  # fmt: skip
RESOURCE = {
    "text": "abc", "empty": "", "object": {"b": [1], "a b": 'x"y', "a": {"日": None}}, "mixed": MIXED,
    "few": MIXED[:12], "none": [],
}  # fmt: skip


def test_what_was_judged_differently_once() -> None:
    texts = {
        f"g{number}": FOUND.format(value=value, condition=condition)
        for number, (value, condition) in enumerate(SHOWN.values())
    }
    document = {"subject": {"kind": "Tenant", "name": "acme", "resource": RESOURCE}}
    given = judged(texts, [document])
    assert all(given["opa"][name, 0].findings for name in list(texts)[1:])
    assert given["opa"]["g0", 0].indeterminate
    for engine in NAMES:
        assert given[engine] == given["opa"], engine


@pytest.mark.parametrize(
    "value",
    [["a\nb"], ["\u2028"], ["\x00"], ["\x7f"], [[[[[[[[1]]]]]]]]],
)
def test_what_the_embedded_engine_cannot_write_denies(value: object) -> None:
    text = FOUND.format(value=f'sprintf("%v", [{HERE}])', condition="true")
    document = {"subject": {"kind": "Tenant", "name": "acme", "resource": value}}
    given = judged({"g0": text}, [document])
    assert given["opa"] == given["compiled"]
    assert given["opa"]["g0", 0].findings
    assert [str(e.cause) for e in given["embedded"]["g0", 0].indeterminate] == ["error"]
