"""A tenant from its YAML shape to what rules see and back; everything wrong with it at once."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from pydantic import ValidationError

from controlplane.resources import parse
from controlplane.resources.classes import change_class
from controlplane.resources.problems import FieldProblem, explain
from controlplane.resources.references import references

SMALL: dict[str, Any] = {
    "apiVersion": "controlplane.dev/v1alpha1",
    "kind": "Tenant",
    "metadata": {"name": "acme"},
    "spec": {
        "contacts": {"owner": {"name": "Ada Lovelace", "email": "ada@acme.example"}},
        "data": {"residency": ["eu"]},
        "costEnvelope": {"limit": "250.00 USD"},
        "placements": [{"environment": "dev", "target": "local"}],
        "packs": [
            {
                "name": "hello",
                "version": "~=1.0",
                "environments": {"prod": {"version": "==1.0.1", "config": {"a": None, "b": [1]}}},
            }
        ],
    },
}


def problems(**spec: Any) -> list[FieldProblem]:
    document = copy.deepcopy(SMALL)
    document["spec"] |= spec
    with pytest.raises(ValidationError) as caught:
        parse(document)
    return list(explain(caught.value, document))


def test_what_was_written_comes_back() -> None:
    tenant = parse(SMALL)
    assert tenant.for_yaml() == SMALL
    assert parse(tenant.for_yaml()) == tenant


def test_rules_see_defaults_and_integers_and_nothing_that_is_absent() -> None:
    spec = parse(SMALL).for_policy()["spec"]
    assert spec["costEnvelope"] == {
        "limit": {"text": "250.00 USD", "currency": "USD", "micros": 250_000_000},
        "period": "month",
    }
    assert spec["lifecycle"] == {"stage": "active"}
    assert "parent" not in spec
    assert spec["packs"][0]["environments"]["prod"]["config"] == {"a": None, "b": [1]}


def test_absent_zero_and_unlimited_are_three_values() -> None:
    def limits(quotas: dict[str, Any]) -> Any:
        document = copy.deepcopy(SMALL)
        document["spec"]["quotas"] = quotas
        return parse(document).for_policy()["spec"]["quotas"]

    assert limits({}) == {}
    assert limits({"pods": 0}) == {"pods": 0}
    assert limits({"pods": "unlimited"}) == {"pods": "unlimited"}
    assert limits({"cpu": "0"}) == {"cpu": {"text": "0", "milli": 0}}


def test_every_reference_is_found_with_its_place() -> None:
    found = {(r.path[1:], r.kinds, r.name, str(r.version_range)) for r in references(parse(SMALL))}
    assert found == {
        (("placements", 0, "environment"), ("Environment",), "dev", "None"),
        (("placements", 0, "target"), ("Cluster", "ComputeEngine"), "local", "None"),
        (("packs", 0, "name"), ("Pack",), "hello", "~=1.0"),
        (("packs", 0, "environments", "prod"), ("Environment",), "prod", "None"),
        (("packs", 0, "environments", "prod", "version"), ("Pack",), "hello", "==1.0.1"),
    }


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ((), "routine"),
        (("spec", "placements", 0, "target"), "routine"),
        (("spec", "plan"), "pricing"),  # the price plan of a bundle is what its tenants pay
        (("spec", "observability", "sink", "endpoint"), "security"),
        (("spec", "costEnvelope", "limit"), "budget"),
        (("spec", "data", "residency", 0), "security"),
        (("spec", "identity", "groups", 3, "role"), "access"),
    ],
)
def test_the_class_of_a_change_is_the_nearest_one_declared(path: Any, expected: str) -> None:
    assert change_class("Tenant", path) == expected


def test_everything_wrong_is_said_at_once() -> None:
    found = problems(
        placments=[],
        plan="grwth",
        costEnvelope={"limit": 250},
        lifecycle={"stage": "leaving"},
        quotas={"pods": -1},
    )
    assert {(".".join(map(str, p.path)), p.code) for p in found} == {
        ("spec.placments", "extra_forbidden"),
        ("spec.plan", "literal_error"),
        ("spec.costEnvelope.limit", "text_expected"),
        ("spec.lifecycle.reason", "missing"),
        ("spec.lifecycle.purgeAfter", "missing"),
        ("spec.quotas.pods", "greater_than_equal"),
    }
    assert next(p for p in found if p.path[-1] == "placments").remedy == (
        "did you mean `placements`?"
    )
    assert all(p.message and p.remedy for p in found)


@pytest.mark.parametrize(
    ("document", "remedy"),
    [
        ({"kind": "Tennant"}, "did you mean `Tenant`?"),
        ({}, "add one of Tenant"),
        ([], "begin with `apiVersion:`"),
        ({"kind": ["x"]}, "use one of Tenant"),
    ],
)
def test_a_document_of_no_kind_is_refused(document: Any, remedy: str) -> None:
    with pytest.raises(ValidationError) as caught:
        parse(document)
    (problem,) = explain(caught.value, document)
    assert problem.remedy.startswith(remedy)
