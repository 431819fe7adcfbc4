"""One value has one byte sequence."""

from __future__ import annotations

import json

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from evidence.canonical import NotCanonicalError, canonical, digest

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(JSON)
def test_reading_back_gives_the_same_value_and_the_same_bytes(value: object) -> None:
    assert canonical(json.loads(canonical(value))) == canonical(value)


@given(
    st.recursive(
        JSON
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(alphabet='\x00\x1f\x7f\u2028"\\/é\U0001f600'),
        lambda inner: (
            st.lists(inner) | st.dictionaries(st.text(alphabet='aé\uffff\U00010000\x00"'), inner)
        ),
        max_leaves=20,
    )
)
def test_the_fast_way_writes_what_the_library_writes(value: object) -> None:
    assert canonical(value) == rfc8785.dumps(value)  # type: ignore[arg-type]


def test_key_order_does_not_matter() -> None:
    assert digest({"b": 1, "a": 2}) == digest({"a": 2, "b": 1})


@pytest.mark.parametrize("value", [2**53, float("nan"), {1: 2}, "\ud800"])
def test_a_value_without_a_canonical_form_is_refused(value: object) -> None:
    with pytest.raises(NotCanonicalError) as error:
        canonical(value)
    assert error.value.remedy
