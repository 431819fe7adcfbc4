"""Telling the shape of an envelope from its bytes is the same as reading all of it."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from controlplane.operations.inputs import Shape, shape_of
from evidence.canonical import canonical

NAMES = st.sampled_from(["time", "facts", "references", "a", '","time":', ',"time":{}}'])
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.integers(0, 9) | NAMES,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=2),
    max_leaves=6,
)
OBJECTS = st.dictionaries(NAMES, VALUES, max_size=3)
ENVELOPES = st.fixed_dictionaries(
    {"subject": OBJECTS},
    optional={
        "apiVersion": st.just("v1"),
        "change": OBJECTS,
        "facts": OBJECTS,
        "references": OBJECTS,
        "time": OBJECTS,
        "zone": OBJECTS,
    },
)


@given(ENVELOPES)
def test_the_shape_is_that_of_the_whole(envelope: dict[str, Any]) -> None:
    text = canonical(envelope)
    whole = json.loads(text)
    facts = frozenset(whole.get("facts", ()))
    assert shape_of(text) == Shape(str(whole.get("apiVersion")), "time" in whole, facts)
