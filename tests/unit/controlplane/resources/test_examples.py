"""Every kind has a full example that is valid and shows every field of its spec."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from controlplane.resources import KINDS, parse
from controlplane.resources.schema import slug
from controlplane.resources.shape import fields

ROOT = Path(__file__).parents[4]

NOT_TOGETHER = {"BudgetCap": {"usage"}, "Pack": {"playbook"}}
"""Fields that exclude another one that the example shows."""


def example(kind: str) -> dict[str, Any]:
    text = (ROOT / "schemas" / "examples" / f"{slug(kind)}.yaml").read_text("utf-8")
    document: dict[str, Any] = YAML(typ="safe", pure=True).load(text)
    return document


@pytest.mark.parametrize("kind", KINDS)
class TestExample:
    def test_it_is_valid_and_comes_back_as_written(self, kind: str) -> None:
        resource = parse(example(kind))
        assert resource.for_yaml() == example(kind)
        assert parse(resource.for_yaml()) == resource

    def test_it_shows_every_field_of_the_spec(self, kind: str) -> None:
        model = fields(KINDS[kind])["spec"].shape.type
        assert set(fields(model)) - set(example(kind)["spec"]) == NOT_TOGETHER.get(kind, set())

    def test_what_rules_see_holds_no_fraction_and_no_large_integer(self, kind: str) -> None:
        def check(value: Any) -> None:
            assert not isinstance(value, float)
            if isinstance(value, int):
                assert abs(value) < 2**53
            for item in value.values() if isinstance(value, dict) else ():
                check(item)
            for item in value if isinstance(value, list) else ():
                check(item)

        check(parse(example(kind)).for_policy())
