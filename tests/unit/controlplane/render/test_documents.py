"""Values enter as data: no string, whatever it holds, changes the structure of what is produced."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlplane.render import jinja
from controlplane.render.documents import documents
from controlplane.render.errors import RenderError

TEMPLATE = """\
plain: {{ x }}
quoted: "{{ x }}"
single: '{{ x }}'
amid: before-{{ x }}-after
amid_quoted: "{{ x }}: {{ x }} # {{ x }}"
flow: [{{ x }}, {a: {{ x }}}]
block: |
  first {{ x }}
  second
folded: >-
  {{ x }}
  more
list:
- {{ x }}
- name: {{ x }}
made: {{ x ~ x }}
map: {{ {"k": x} }}
{% for item in [x, x] %}
item{{ loop.index }}: {{ item }}
{% endfor %}
---
second: {{ x }}
"""

HOSTILE = [
    "",
    " ",
    "\n",
    "\n---\nkind: ClusterRole\n",
    '"',
    "'",
    "'\"",
    "{{ x }}",
    "{% raw %}",
    "a: b",
    "# comment",
    "- item",
    "*alias",
    "&anchor",
    "!!python/object",
    "null",
    "true",
    "1e3",
    "012",
    "\t",
    "\x00",
    "\x85",
    "\u2028",
    "}",
    "]",
    "\\",
    "\\u0000",
    "$(reboot)",
    jinja.OPEN + "0" + jinja.CLOSE,
    jinja.OPEN + "s0" + jinja.CLOSE,
]


def parsed(text: str) -> list[Any]:
    return [document.body for document in documents(jinja.render("t.j2", TEMPLATE, {"x": text}))]


def expected(x: str) -> list[Any]:
    return [
        {
            "plain": x,
            "quoted": x,
            "single": x,
            "amid": f"before-{x}-after",
            "amid_quoted": f"{x}: {x} # {x}",
            "flow": [x, {"a": x}],
            "block": f"first {x}\nsecond\n",
            "folded": f"{x} more",
            "list": [x, {"name": x}],
            "made": x + x,
            "map": {"k": x},
            "item1": x,
            "item2": x,
        },
        {"second": x},
    ]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_value_stays_a_value(text: str) -> None:
    assert parsed(text) == expected(text)


@given(st.text())
def test_no_value_changes_the_structure(text: str) -> None:
    assert parsed(text) == expected(text)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=8,
    )
)
def test_a_value_of_any_type_arrives_as_it_is(value: Any) -> None:
    found = documents(jinja.render("t.j2", "a: {{ x }}\nb: [{{ x }}]\n", {"x": value}))
    assert found[0].body == {"a": value, "b": [value]}


@given(st.text(), st.text())
def test_a_key_is_data_as_well(key: str, value: str) -> None:
    found = documents(jinja.render("t.j2", "a:\n  {{ k }}: {{ v }}\n", {"k": key, "v": value}))
    assert found[0].body == {"a": {key: value}}


def fault(source: str, **given_values: Any) -> str:
    with pytest.raises(RenderError) as caught:
        documents(jinja.render("t.j2", source, given_values))
    return str(caught.value.faults[0])


def test_a_list_amid_text_is_refused_on_its_line() -> None:
    assert fault("a: 1\nb: x-{{ l }}\n", l=[1]) == (
        "t.j2:2: a list has no text of its own; use to_json"
    )


def test_two_values_for_one_key_are_refused() -> None:
    assert "'a' stands twice" in fault("a: 1\n{{ k }}: 2\n", k="a")


def test_a_document_must_be_a_mapping() -> None:
    assert "must be a mapping" in fault("- a\n")


def test_a_quoted_number_is_text_and_a_bare_one_is_not() -> None:
    found = documents(jinja.render("t.j2", 'a: {{ n }}\nb: "{{ n }}"\n', {"n": 3}))
    assert found[0].body == {"a": 3, "b": "3"}


def test_empty_documents_are_left_out() -> None:
    source = "{% if false %}\na: 1\n{% endif %}\n---\nb: 2\n---\n"
    found: Sequence[Any] = documents(jinja.render("t.j2", source, {}))
    assert [document.body for document in found] == [{"b": 2}]


def test_a_document_knows_the_first_line_that_gave_it_a_value() -> None:
    found = documents(jinja.render("t.j2", "a: {{ x }}\n---\nb: 1\nc: {{ x }}\n", {"x": 1}))
    assert [document.line for document in found] == [1, 4]


def test_an_escape_that_gives_a_token_is_refused() -> None:
    with pytest.raises(RenderError, match="reserved"):
        documents(jinja.render("a.j2", 'a: "\\ue0005\\ue001"\n', {}))
