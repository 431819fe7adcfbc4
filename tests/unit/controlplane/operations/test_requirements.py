"""Which approvals a change needs: by class, by whom its parts reach, and in an emergency."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from controlplane.operations.requirements import needed
from controlplane.repo.changes import Changes
from controlplane.repo.reach import Reach
from controlplane.resources import parse

ACME_DEV = Reach(frozenset({"acme"}), frozenset({"dev"}))
BANK_PROD = Reach(frozenset({"bank"}), frozenset({"prod"}))


def document(kind: str, name: str, spec: dict[str, Any]) -> Any:
    return parse(
        {
            "apiVersion": "controlplane.dev/v1alpha1",
            "kind": kind,
            "metadata": {"name": name},
            "spec": spec,
        }
    )


def base(*found: Any) -> Any:
    def of_kind(kind: str) -> dict[str, Any]:
        return {each.identity: each for each in found if each.kind == kind}

    return SimpleNamespace(of_kind=of_kind, get=lambda kind, name: of_kind(kind).get(name))


def change(**reached: Reach) -> Changes:
    whole = Reach()
    for each in reached.values():
        whole |= each
    # Classes come from subjects; only whom they reach is looked at here.
    return Changes((), (), ("x",), whole, reached)


def contract(*requirements: dict[str, Any], tenants: tuple[str, ...] = ()) -> Any:
    spec = {"requirements": list(requirements), "tenants": list(tenants)}
    return document("EvidenceContract", "standard", spec)


def requirement(name: str, *classes: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "classes": list(classes), "approvals": {"count": 1}, **more}


def titles(found: Any, changes: Changes, *, emergency: bool = False) -> list[tuple[str, ...]]:
    return [(n.title, *n.classes) for n in needed(found, changes, emergency=emergency)]


def test_without_contracts_and_entries_nobody_needs_to_agree() -> None:
    quiet = document("Environment", "prod", {})
    assert titles(base(quiet), change(policy=BANK_PROD, routine=ACME_DEV)) == []


def test_a_requirement_is_about_its_classes() -> None:
    rules = base(contract(requirement("money", "pricing", "budget"), requirement("rest", "policy")))
    assert titles(rules, change(budget=ACME_DEV, routine=ACME_DEV)) == [("money", "budget")]


def test_a_class_counts_where_its_own_parts_reach() -> None:
    prod = requirement("prod", "routine", "policy", environments=["prod"])
    mixed = change(routine=ACME_DEV, policy=BANK_PROD)
    assert titles(base(contract(prod)), mixed) == [("prod", "policy")]
    bank = contract(requirement("bank", "routine", "policy"), tenants=("bank",))
    assert titles(base(bank), mixed) == [("bank", "policy")]
    assert titles(base(bank), change(routine=ACME_DEV)) == []


def test_a_class_that_reaches_nobody_counts_where_no_place_is_named() -> None:
    rules = base(contract(requirement("all", "policy")))
    assert titles(rules, change(policy=Reach())) == [("all", "policy")]


def test_a_requirement_without_approvals_asks_for_none() -> None:
    silent = {"name": "tests", "classes": ["routine"], "tests": ["smoke"]}
    assert titles(base(contract(silent)), change(routine=ACME_DEV)) == []


ENTRY = document(
    "Environment",
    "prod",
    {"entry": {"approvals": [{"count": 1}, {"count": 2, "classes": ["security"]}]}},
)


def test_an_environment_asks_for_what_reaches_it() -> None:
    assert titles(base(ENTRY), change(routine=ACME_DEV)) == []
    both = change(routine=BANK_PROD, security=ACME_DEV)
    assert titles(base(ENTRY), both) == [("entry to prod", "routine")]
    assert titles(base(ENTRY), change(security=BANK_PROD)) == [
        ("entry to prod", "security"),
        ("entry to prod", "security"),
    ]


EMERGENCY = requirement("urgent", "emergency", reviewWithin="1d")


def test_an_emergency_takes_the_place_of_what_is_demanded_otherwise() -> None:
    rules = base(contract(requirement("four", "routine"), EMERGENCY), ENTRY)
    found = change(routine=BANK_PROD)
    assert titles(rules, found) == [("four", "routine"), ("entry to prod", "routine")]
    assert titles(rules, found, emergency=True) == [("urgent", "emergency")]
    assert needed(rules, found, emergency=True)[0].review_within == 86_400


def test_an_emergency_nobody_provided_for_changes_nothing() -> None:
    rules = base(contract(requirement("four", "routine")), ENTRY)
    found = change(routine=BANK_PROD)
    assert titles(rules, found, emergency=True) == titles(rules, found)


def test_one_provided_for_elsewhere_does_not_cover_what_else_is_reached() -> None:
    dev = {**EMERGENCY, "environments": ["dev"]}
    rules = base(contract(requirement("four", "routine"), dev))
    assert titles(rules, change(routine=BANK_PROD), emergency=True) == [("four", "routine")]
    assert titles(rules, change(routine=ACME_DEV), emergency=True) == [("urgent", "emergency")]


def test_one_that_asks_nobody_provides_for_nothing() -> None:
    nobody = {"name": "urgent", "classes": ["emergency"], "reviewWithin": "1d"}
    rules = base(contract(requirement("four", "routine"), nobody))
    assert titles(rules, change(routine=ACME_DEV), emergency=True) == [("four", "routine")]


def test_a_contract_for_some_tenants_frees_no_environment() -> None:
    bank = contract(requirement("four", "routine"), EMERGENCY, tenants=("bank",))
    assert titles(base(bank, ENTRY), change(routine=BANK_PROD), emergency=True) == [
        ("urgent", "emergency"),
        ("entry to prod", "routine"),
    ]
