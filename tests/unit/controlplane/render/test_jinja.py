"""The template language: what it refuses, what it bounds, and how it names a place."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from controlplane.render import jinja
from controlplane.render.errors import Fault, RenderError


def fault(source: str, **values: Any) -> Fault:
    with pytest.raises(RenderError) as caught:
        jinja.render("t.j2", source, values)
    assert len(caught.value.faults) == 1
    return caught.value.faults[0]


def values(source: str, **given: Any) -> list[Any]:
    return [slot.value for slot in jinja.render("t.j2", source, given).slots]


@pytest.mark.parametrize(
    ("construct", "name"),
    [
        ("{% include 'x' %}", "include"),
        ("{% import 'x' as y %}", "import"),
        ("{% from 'x' import y %}", "fromimport"),
        ("{% extends 'x' %}", "extends"),
        ("{% block x %}{% endblock %}", "block"),
        ("{% macro x() %}{% endmacro %}", "macro"),
        ("{% call x() %}{% endcall %}", "callblock"),
        ("{% filter upper %}x{% endfilter %}", "filterblock"),
        ("{% set x %}y{% endset %}", "assignblock"),
        ("{% autoescape true %}{% endautoescape %}", "scope"),
        ("{{ 2 ** 9 }}", "pow"),
        ("{{ 1 / 2 }}", "div"),
        ("{{ 'abc'[0:1] }}", "slice"),
    ],
)
def test_a_construct_outside_the_language_is_refused_where_it_stands(
    construct: str, name: str
) -> None:
    found = fault("a: 1\n" + construct)
    assert (found.code, str(found.place)) == ("template-construct", "t.j2:2")
    assert f"`{name}`" in found.message


@pytest.mark.parametrize(
    "expression",
    [
        "''.__class__",
        "''['__class__']",
        "x.__class__.__mro__",
        "range.__globals__",
        "self",
        "self._TemplateReference__context",
        "cycler",
        "lipsum(5)",
        "x.pop('a')",
        "x.update({})",
        "'%s' % x",
        "'{0.__class__}'.format(x)",
        "'a'.ljust(9)",
        "loop",
        "x.get.__self__",
        "[].append(1)",
        "x | attr('__class__')",
        "x | random",
    ],
)
def test_nothing_but_plain_data_can_be_reached(expression: str) -> None:
    assert fault("{{ " + expression + " }}", x={"a": 1}).code in {
        "template-value",
        "template-syntax",
    }


@pytest.mark.parametrize(
    "source",
    [
        "{% for a in range(1000) %}{% for b in range(1000) %}{% endfor %}{% endfor %}",
        "{% for a in range(1000000000) %}{% endfor %}",
        "{% set a = 'xxxxxxxxxx' %}" + "{% set a = a ~ a %}" * 40,
        "{% set a = [1] %}" + "{% set a = [a, a] %}" * 60,
        "{% set a = [1] %}" + "{% set a = a + a %}" * 60,
        "{% set a = 10 %}" + "{% set a = a * a %}" * 60,
        "{% with a = [[0] + [0]] %}" + "{% set a = {'l': a, 'r': a} %}" * 60 + "{% endwith %}",
        "{% for i in range(1000) %}" + "x" * 4000 + "{% endfor %}",
        "{{ range(19000) | map('text') | join('xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx') }}",
    ],
)
def test_what_would_grow_without_end_is_stopped(source: str) -> None:
    assert fault(source).code == "template-limit"


@pytest.mark.parametrize(
    "source",
    ["{{ " + "(" * 900 + "1" + ")" * 900 + " }}", "{{ " + "[" * 900 + "]" * 900 + " }}"],
)
def test_deep_nesting_is_refused(source: str) -> None:
    assert fault(source).code == "template-depth"


def test_a_template_over_the_limit_is_refused() -> None:
    assert fault("#" * (jinja.TEMPLATE_BYTES + 1)).code == "template-size"


@pytest.mark.parametrize("character", [jinja.OPEN, jinja.CLOSE])
def test_a_template_cannot_write_a_token_itself(character: str) -> None:
    found = fault("a: 1\nb: " + character + "0")
    assert (found.code, str(found.place)) == ("template-character", "t.j2:2")


@pytest.mark.parametrize(
    "source",
    ["{{ missing }}", "{% if missing %}{% endif %}", "{{ [missing] }}", "{{ a ~ missing }}"],
)
def test_an_undefined_name_is_an_error_with_its_line(source: str) -> None:
    found = fault("a: 1\n\n" + source, a="x")
    assert str(found.place) == "t.j2:3"
    assert "`missing` is not defined" in found.message


def test_an_undefined_key_names_the_keys_there_are() -> None:
    found = fault("{{ tenant.nmae }}", tenant={"name": "acme", "plan": "core"})
    assert found.message == "`nmae` is not defined (there is: name, plan)"


def test_a_mistyped_name_is_met_with_the_close_one() -> None:
    assert fault("{{ namspace }}", namespace="n").remedy == "did you mean `namespace`?"
    assert "default" in fault("{{ other }}", namespace="n").remedy


def test_syntax_errors_have_a_line() -> None:
    found = fault("a: 1\n{% if %}")
    assert (found.code, str(found.place)) == ("template-syntax", "t.j2:2")


@pytest.mark.parametrize("value", [1.5, object(), b"x", {1: 2}, 2**60])
def test_a_value_that_is_no_plain_data_is_refused(value: Any) -> None:
    assert fault("{{ x }}", x=value).code in {"template-value", "template-limit"}


def test_a_fraction_in_a_template_is_refused() -> None:
    assert fault("{{ 1.5 }}").code == "template-float"


def test_a_key_wins_over_a_method_of_the_same_name() -> None:
    given = {"items": [1], "get": 2}
    assert values("{{ x.items }}{{ x.get }}{{ x['keys']() | list }}", x=given) == [
        [1],
        2,
        ["items", "get"],
    ]


def test_the_language_computes() -> None:
    source = (
        "{{ 7 // 2 * 3 - 1 }}{{ a ~ '-' ~ 1 }}{{ m | entries }}{{ m | merge({'b': 9}) }}"
        "{{ l | sort | unique }}{{ l | join('+') }}{{ m | to_json }}{{ x | default('d') }}"
        "{{ 'yes' if a.startswith('q') else 'no' }}{{ -3 % 2 }}{{ l | length }}{{ a | upper }}"
    )
    given: dict[str, Any] = {"a": "q", "m": {"b": 1, "a": 2}, "l": ["z", "y", "z"]}
    assert values(source, **given) == [
        8,
        "q-1",
        [["a", 2], ["b", 1]],
        {"b": 9, "a": 2},
        ["y", "z"],
        "z+y+z",
        '{"a":2,"b":1}',
        "d",
        "yes",
        1,
        3,
        "Q",
    ]


def test_a_loop_sees_where_it_is() -> None:
    assert values("{% for i in l %}{{ loop.index }}{{ loop.last }}{% endfor %}", l=["a", "b"]) == [
        1,
        False,
        2,
        True,
    ]


def test_each_value_knows_the_line_that_wrote_it() -> None:
    output = jinja.render(
        "t.j2", "a: {{ x }}\n{% if true %}\nb: {{ y }}\n{% endif %}\n", {"x": 1, "y": 2}
    )
    assert [(slot.value, slot.line) for slot in output.slots] == [(1, 1), (2, 3)]


@pytest.mark.parametrize("use", ["{{ x }}", "{% if x | sort | length == 3 %}a{% endif %}"])
def test_what_a_template_makes_in_all_is_bounded(use: str) -> None:
    source = "{% set x = range(19990) | list %}{% for i in range(20000) %}" + use + "{% endfor %}"
    with pytest.raises(RenderError, match="values in all"):
        jinja.render("a.j2", source, {})


ANY = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=80),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=12,
)


@drawn(ANY)
def test_json_for_people_is_written_as_the_standard_library_does(value: Any) -> None:
    wanted = json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False)
    assert values("{{ x | to_pretty_json }}", x=value) == [wanted]


@pytest.mark.parametrize(
    "text", [r"'\ud800'", r"'a' ~ '\udfff'", r"{'\ud83d': 1}", r"['\ud83d\ude00']"]
)
def test_half_a_character_is_refused_where_it_stands(text: str) -> None:
    found = fault("a: 1\nb: {{ " + text + " }}")
    assert (found.code, str(found.place)) == ("template-character", "t.j2:2")
    assert "half of a character" in found.message
