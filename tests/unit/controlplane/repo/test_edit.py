from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controlplane.repo import yaml
from controlplane.repo.edit import remove_field, set_field
from controlplane.repo.errors import EditError

TEXT = """\
# who they are
kind: Tenant  # a kind
metadata:
  name: 'acme'   # never rename
spec:
  # what they bought
  plan: "core"
  packs:
    - name: retrieval
      version: ">=1.2,<2"  # pinned below 2

    - name: other
      version: ~=1.0
  note: a very long line that goes on and on and on and on and on and on and on and on and on end
"""


def test_one_value_changes_and_its_quotes_and_comments_stay() -> None:
    assert set_field(TEXT, ("spec", "plan"), "growth") == TEXT.replace('"core"', '"growth"')
    edited = set_field(TEXT, ("spec", "packs", 0, "version"), ">=1.3,<2")
    assert edited == TEXT.replace(">=1.2", ">=1.3")


def test_a_field_is_added_with_what_leads_to_it() -> None:
    edited = set_field(TEXT, ("spec", "quotas", "cpu"), "16")
    assert edited == TEXT + '  quotas:\n    cpu: "16"\n'


def test_an_item_is_appended() -> None:
    edited = set_field(TEXT, ("spec", "packs", 2), {"name": "new", "version": "==1.0.0"})
    assert '    - name: new\n      version: "==1.0.0"\n' in edited


def test_a_field_is_removed() -> None:
    assert remove_field(TEXT, ("spec", "plan")).count("plan") == 0


def test_texts_that_readers_misread_are_quoted() -> None:
    for value in ("no", "1e3", "012", "2026-01-01", "~", "a: b", "", "- x", "#"):
        edited = set_field("a: x\n", ("b",), value)
        assert yaml.load(edited.encode(), "").documents[0].value == {"a": "x", "b": value}


def test_crlf_and_document_markers_stay() -> None:
    assert set_field("---\r\na: x\r\n", ("a",), "z") == "---\r\na: z\r\n"
    for text in ("a: x\n---\nb: v\n", "---\na: x\n---\nb: v\n", "# c\n---\na: x\n# d\n---\nb: v\n"):
        assert set_field(text, ("b",), "z", document=1) == text.replace("v", "z")


def test_lists_that_are_not_indented_stay_so() -> None:
    text = "a:\n- x\n- v\nb: z\n"
    assert set_field(text, ("b",), "w") == text.replace("z", "w")


@pytest.mark.parametrize("path", [("kind", "x"), ("spec", "packs", 7), ("spec", "packs", "x"), ()])
def test_a_path_that_does_not_fit_is_refused(path: tuple[str | int, ...]) -> None:
    with pytest.raises(EditError) as raised:
        set_field(TEXT, path, "x")
    assert raised.value.remedy


def test_a_text_that_is_not_valid_is_refused() -> None:
    with pytest.raises(EditError, match="not valid at 1:4"):
        set_field("a: no\n", ("b",), "x")
    with pytest.raises(EditError, match="no place"):
        remove_field(TEXT, ("spec", "nothing"))


json_values = st.recursive(
    st.one_of(
        st.text(st.characters(codec="utf-8", exclude_categories=["C", "Zl", "Zp"])), st.booleans()
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["a", "no", "1"]), inner)
    ),
    max_leaves=6,
)


@settings(max_examples=60, deadline=None)
@given(json_values)
def test_what_is_set_is_what_is_read(value: Any) -> None:
    edited = set_field(TEXT, ("spec", "extra"), value)
    read = yaml.load(edited.encode(), "")
    assert read.problems == ()
    assert read.documents[0].value["spec"]["extra"] == value
