"""The YAML that is written says exactly what it was given, to every reader."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
import ruamel.yaml
import yaml
from hypothesis import given
from hypothesis import strategies as st

from reconciler.manifests import to_yaml

TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=20) | st.sampled_from(
    ["no", "1e3", "012", "2026-01-01", "0x1f", "~", "", " a", "a: b", "a #b", "- a", "<<", "=",
     "1_000", "12:30:45", "a\nb\n", "a\n\n b", "a\n\n", "\na", "a\n", "a \nb", " a\nb", "---", "nginx:1.2",
     ".inf", "e3", "key:", "a\tb\nc", "\u2028", "\x85x", "a" * 1100]
)  # fmt: skip
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(TEXT, JSON, max_size=4))
def test_both_versions_of_yaml_read_back_what_was_written(body: dict[str, Any]) -> None:
    written = to_yaml(body).decode()
    assert yaml.safe_load(written) == body
    assert ruamel.yaml.YAML(typ="safe", pure=True).load(StringIO(written)) == body


@given(st.dictionaries(TEXT, JSON, max_size=4))
def test_the_order_of_keys_does_not_matter(body: dict[str, Any]) -> None:
    assert to_yaml(dict(reversed(body.items()))) == to_yaml(body)


def test_people_can_read_it() -> None:
    body = {
        "spec": {"containers": [{"image": "web:1.2@sha256:ab", "args": ["-v", "no"], "env": []}]},
        "metadata": {"name": "web", "labels": {}},
        "data": {"app.conf": "[a]\n  b = 1\n", "count": 3, "on": None},
        "kind": "Thing",
        "apiVersion": "v1",
    }
    assert to_yaml(body).decode() == (
        "apiVersion: v1\n"
        "kind: Thing\n"
        "metadata:\n"
        "  labels: {}\n"
        "  name: web\n"
        "data:\n"
        "  app.conf: |\n"
        "    [a]\n"
        "      b = 1\n"
        "  count: 3\n"
        '  "on": null\n'
        "spec:\n"
        "  containers:\n"
        "  - args:\n"
        '    - "-v"\n'
        '    - "no"\n'
        "    env: []\n"
        "    image: web:1.2@sha256:ab\n"
    )


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_json_cannot_say_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="cannot be written"):
        to_yaml({"a": value})
