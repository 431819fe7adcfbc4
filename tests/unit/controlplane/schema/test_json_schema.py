"""A pack's input schema: fit for use, complete with defaults, and all problems at once."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlplane.schema import bounded
from controlplane.schema import json_schema as schema
from controlplane.schema.json_schema import UnfitSchemaError
from controlplane.schema.patterns import pattern_flaw


def document(**properties: Any) -> dict[str, Any]:
    return {
        "$schema": schema.DIALECT,
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
    }


def load(content: Any) -> schema.InputSchema:
    return schema.load("catalog/p/input.schema.json", json.dumps(content))


def flaws(content: Any) -> list[str]:
    with pytest.raises(UnfitSchemaError) as caught:
        load(content)
    return [problem.message for problem in caught.value.problems]


def test_all_problems_come_at_once_with_their_fields() -> None:
    loaded = load(
        {
            **document(
                replicas={"type": "integer", "minimum": 1, "description": "How many."},
                mode={"enum": ["fast", "safe"]},
                nested={"type": "object", "properties": {"a": {"type": "string"}}},
            ),
            "required": ["region", "mode"],
        }
    )
    found = loaded.problems({"replicas": 0, "mode": "quick", "nested": {"a": 1}, "replcas": 2})
    assert [(p.path, p.code, p.remedy) for p in found] == [
        ((), "missing-input", "add `region:`"),
        (("mode",), "input-enum", 'use one of: "fast", "safe"'),
        (("nested", "a"), "input-type", "see `type` in the schema"),
        (("replcas",), "unknown-input", "did you mean `replicas`?"),
        (("replicas",), "input-minimum", "How many."),
    ]


def test_defaults_are_filled_in_at_every_depth() -> None:
    loaded = load(
        {
            **document(
                a={"default": 1},
                b={"$ref": "#/$defs/b", "default": {}},
                c={"type": "array", "items": {"$ref": "#/$defs/b"}},
            ),
            "$defs": {"b": {"type": "object", "properties": {"d": {"default": "x"}}}},
        }
    )
    assert loaded.with_defaults({"c": [{}, {"d": "y"}]}) == {
        "a": 1,
        "b": {"d": "x"},
        "c": [{"d": "x"}, {"d": "y"}],
    }
    assert loaded.with_defaults({"a": 0})["a"] == 0


@given(st.dictionaries(st.sampled_from(["a", "b", "z"]), st.none() | st.integers() | st.text()))
def test_defaults_never_change_what_was_given(value: dict[str, Any]) -> None:
    filled = load(document(a={"default": 1}, b={"default": "x"})).with_defaults(value)
    assert filled == {"a": 1, "b": "x", **value}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ([], "must be a JSON object"),
        ({**document(), "$schema": "http://json-schema.org/draft-07/schema#"}, "$schema"),
        ({**document(), "additionalProperties": True}, "additionalProperties"),
        (document(a={"type": "strnig"}), "properties.a.type"),
        (document(a={"$ref": "https://example.com/s.json"}), "must point into"),
        (document(a={"$ref": "other.json"}), "must point into"),
        (document(a={"$ref": "http://127.0.0.1:1/s.json#/$defs/a"}), "must point into"),
        (document(a={"$ref": "file:///etc/passwd"}), "must point into"),
        (document(a={"$ref": "#/$defs/a/const"}), "must point into"),  # where nothing is checked
        (document(a={"$ref": "#/$defs/%2e"}), "must point into"),
        (document(a={"$dynamicRef": "#x"}), "`$dynamicRef` is not supported"),
        (document(a={"$id": "https://example.com/"}), "`$id` is not supported"),
        (document(a={"pattern": "(a+)+$"}), "must not be repeated"),
        (document(a={"patternProperties": {"(x|y)*": {}}}), "must not be repeated"),
    ],
)
def test_a_schema_that_is_not_fit_is_refused(content: Any, words: str) -> None:
    assert any(words in message for message in flaws(content))


def test_a_schema_that_is_not_json_names_the_line() -> None:
    with pytest.raises(UnfitSchemaError) as caught:
        schema.load("s.json", "{\n  oops\n}")
    assert str(caught.value.problems[0].position) == "s.json:2:1"


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"a": 1.5}',
        '{"a": NaN}',
        '{"a": -Infinity}',
        '{"a": 9007199254740992}',
        '{"a": ' + "9" * 6000 + "}",
        '{"a": "\\ud800"}',
        json.dumps(document(a={}))[:-1] + ', "properties": {}}',
        "{" + " " * schema.SCHEMA_BYTES,
        json.dumps(document(a={}))[:-1] + ', "not": ' + '{"not": ' * 300 + "{}" + "}" * 301,
    ],
    ids=["deep", "fraction", "NaN", "infinity", "2^53", "digits", "half", "twice", "large", "not"],
)
def test_hostile_schema_text_is_refused(text: str) -> None:
    with pytest.raises(UnfitSchemaError):
        schema.load("s.json", text)


def test_a_reference_in_a_circle_ends() -> None:
    loaded = load({**document(a={"$ref": "#/$defs/a"}), "$defs": {"a": {"$ref": "#/$defs/a"}}})
    with pytest.raises(UnfitSchemaError):
        loaded.problems({"a": 1})


def test_a_reference_to_nothing_is_a_fault_of_the_schema() -> None:
    with pytest.raises(UnfitSchemaError) as caught:
        load(document(a={"$ref": "#/$defs/missing"})).problems({"a": 1})
    assert caught.value.problems[0].code == "input-schema"


def test_a_long_text_is_refused_before_any_pattern_is_tried() -> None:
    found = load(document(a={"pattern": "^a*a*a*$"})).problems({"a": "a" * 5000})
    assert [(p.path, p.code) for p in found] == [(("a",), "too-long")]


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+",
        "(a|a)*",
        "((a*)b)*",
        "(?:a{2,}){2,}",
        "([)*]a+)*",
        "(?=a)b",
        "(?P<x>a)",
        r"(a)\1",
        "a*a*a*a*",
        "a{0,9999}a*a*a*",
        "[",
        "a" * 300,
        "(?:aa?)+$",
        "a?" * 60 + "a" * 60,
        "(a|a)" * 39,
        "a{0,99}" * 25,
        "a*a*a*b",
    ],
)
def test_patterns_that_could_take_for_ever_are_refused(pattern: str) -> None:
    assert pattern_flaw(pattern) is not None


@pytest.mark.parametrize(
    "pattern",
    [
        "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
        "^[A-Z]{3}$",
        "^(red|green)$",
        r"^\(\*\+\)+$",
        "^[^*+()]+$",
        "^[0-9*/,-]{1,20}( [0-9*/,-]{1,20})?$",
        "^[^@ ]+@[^@ ]+[.][a-z]+$",
    ],
)
def test_honest_patterns_are_taken(pattern: str) -> None:
    assert pattern_flaw(pattern) is None


def test_a_pattern_is_tried_only_on_texts_that_it_is_done_with_in_time() -> None:
    schema = load(document(a={"pattern": "^a*a*a*$"}))
    assert schema.problems({"a": "a" * 100}) == ()
    assert [p.code for p in schema.problems({"a": "a" * 1000 + "b"})] == ["input-pattern"]


def test_a_name_is_as_bounded_as_a_text() -> None:
    schema = load(document(a={"patternProperties": {"^a*a$": {}}}))
    assert [p.code for p in schema.problems({"a": {"a" * 5000: 1}})] == ["too-long"]
    with pytest.raises(UnfitSchemaError, match="too many ways"):
        load(document(a={"patternProperties": {"^a*a*a*$": {}}}))


def test_references_that_double_at_every_step_are_refused() -> None:
    steps = {
        f"s{n}": {"allOf": [{"$ref": f"#/$defs/s{n + 1}"}, {"$ref": f"#/$defs/s{n + 1}"}]}
        for n in range(40)
    }
    text = document(a={"$ref": "#/$defs/s0"})
    text["$defs"] = {**steps, "s40": {}}
    with pytest.raises(UnfitSchemaError, match="references"):
        load(text).problems({"a": 1})


def numbers(count: int) -> list[dict[str, int]]:
    return [{"b": number} for number in range(count)]


WIDE = {"anyOf": [{"const": number} for number in range(2_000)]}
BOMBS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "alternatives of every item": (document(a={"items": WIDE}), {"a": ["x"] * 1_000}),
    "an enumeration of every item": (
        document(a={"items": {"enum": list(range(5_000))}}), {"a": ["x"] * 1_000},
    ),
    "errors that repeat a large value": (
        {**document(a={}), "anyOf": [{"type": "string"}] * 500}, {"a": ["x" * 1_000] * 4_500},
    ),
    "items that are compared in pairs": (document(a={"uniqueItems": True}), {"a": numbers(2_400)}),
    "a pattern that backtracks on every item": (
        document(a={"items": {"pattern": "^a*a*a*$"}}), {"a": ["a" * 200 + "b"] * 1_000},
    ),
    "patterns for every name": (
        document(a={"patternProperties": {f"^a*{n}$": {} for n in range(500)}}),
        {"a": {f"{n}": 1 for n in range(1_000)}},
    ),
    "names that no pattern fits": (
        document(
            a={
                "additionalProperties": False,
                "patternProperties": {f"^a*{n}$": True for n in range(500)},
            }
        ),
        {"a": {f"b{n}": 1 for n in range(1_000)}},
    ),
}  # fmt: skip


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_schema_that_takes_too_long_is_refused_with_its_place(bomb: str) -> None:
    text, value = BOMBS[bomb]
    with pytest.raises(UnfitSchemaError, match="takes more than") as caught:
        load(text).problems(value)
    assert str(caught.value.problems[0].position).startswith("catalog/p/input.schema.json:1")
    assert caught.value.problems[0].remedy


def test_an_honest_schema_comes_nowhere_near_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    item = {
        "type": "object",
        "properties": {"name": {"type": "string", "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"}},
        "required": ["name"],
        "additionalProperties": False,
    }
    loaded = load(document(a={"type": "array", "uniqueItems": True, "items": item}))
    monkeypatch.setattr(bounded, "STEPS", bounded.STEPS // 20)
    assert loaded.problems({"a": [{"name": f"n{number}"} for number in range(150)]}) == ()


def test_defaults_that_grow_at_every_step_are_refused() -> None:
    each = {name: {"$ref": "#/$defs/x"} for name in "abcdefgh"}
    again = {"type": "object", "default": {}, "properties": each}
    loaded = load({**document(a={"$ref": "#/$defs/x"}), "$defs": {"x": again}})
    with pytest.raises(UnfitSchemaError, match="defaults"):
        loaded.with_defaults({})


@pytest.mark.parametrize("whole", [True, False])
def test_a_reference_may_lead_to_yes_or_no(whole: bool) -> None:
    loaded = load({**document(a={"$ref": "#/$defs/x"}), "$defs": {"x": whole}})
    assert loaded.with_defaults({"a": 1}) == {"a": 1}
    assert (loaded.problems({"a": 1}) == ()) is whole


def test_of_very_many_problems_some_are_told_and_none_at_length() -> None:
    loaded = load(document(**{f"known{number}": {"enum": [*range(99)]} for number in range(99)}))
    found = loaded.problems({f"other{number}": 1 for number in range(4_000)})
    assert len(found) == schema.MOST
    found += loaded.problems({"known1": "x" * 1_000})
    assert max(len(p.message + p.remedy) for p in found) < 500


def test_an_input_of_too_many_values_is_refused() -> None:
    schema = load(document(a={"uniqueItems": True}))
    found = schema.problems({"a": [{"b": number} for number in range(5000)]})
    assert [p.code for p in found] == ["too-long"]
