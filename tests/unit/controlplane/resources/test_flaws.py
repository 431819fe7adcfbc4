"""Rules between the fields of one document: each example is valid until one thing changes."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from pydantic import ValidationError

from controlplane.operations.examples import example
from controlplane.resources import KINDS, parse
from controlplane.resources.names import GRAMMARS
from controlplane.resources.problems import explain
from controlplane.resources.shape import Shape, fields

GONE = object()


def put(document: Any, path: tuple[str | int, ...], value: Any) -> Any:
    document = copy.deepcopy(document)
    holder = document
    for step in path[:-1]:
        holder = holder[step]
    if value is GONE:
        del holder[path[-1]]
    else:
        holder[path[-1]] = value
    return document


CASES: list[tuple[str, str, Any, str, str]] = [
    # kind, field below spec, new value, where the problem is, its code
    ("Tenant", "lifecycle.stage", "trial", "lifecycle.trialEnds", "missing"),
    ("Tenant", "lifecycle.stage", "suspended", "lifecycle.reason", "missing"),
    (
        "Tenant",
        "lifecycle.purgeAfter",
        "2027-01-01T00:00:00Z",
        "lifecycle.purgeAfter",
        "contradiction",
    ),
    (
        "Tenant",
        "data.legalHolds.0.until",
        "2026-01-01T00:00:00Z",
        "data.legalHolds.0.until",
        "order",
    ),
    ("Tenant", "data.ingress.0.classes.0", "health", "data.ingress.0.classes.0", "undeclared"),
    ("Tenant", "data.classes.1.name", "personal", "data.classes.1.name", "duplicate"),
    ("Tenant", "data.residency", [], "data.residency", "too_short"),
    ("Tenant", "packs.0.config", {"a": {"b": [0.5]}}, "packs.0.config.a.b.0", "fraction"),
    ("Tenant", "packs.0.config", {"a": 2**60}, "packs.0.config.a", "too_large"),
    (
        "Tenant",
        "placements.1",
        {"environment": "dev", "target": "eu-shared"},
        "placements.1.target",
        "duplicate",
    ),
    ("Tenant", "identity.groups.1.group", "nb-platform", "", ""),
    (
        "Tenant",
        "identity.groups.1",
        {"group": "nb-platform", "role": "viewer"},
        "identity.groups.1.group",
        "duplicate",
    ),
    ("Tenant", "costEnvelope.limit", 12000, "costEnvelope.limit", "text_expected"),
    ("Tenant", "contacts.owner.name", "Ada\u202e", "contacts.owner.name", "hidden"),
    ("Tenant", "rateLimits.concurrentRuns", "many", "rateLimits.concurrentRuns", "int_type"),
    ("Environment", "freezeWindows.0.ends", GONE, "freezeWindows.0", "incomplete"),
    (
        "Environment",
        "freezeWindows.1.starts",
        "2027-01-01T00:00:00Z",
        "freezeWindows.1.weekly",
        "contradiction",
    ),
    ("Environment", "freezeWindows.1.weekly.days", [], "freezeWindows.1.weekly.days", "empty"),
    ("Environment", "freezeWindows.1.weekly.lasts", "8d", "freezeWindows.1.weekly.lasts", "range"),
    ("Environment", "freezeWindows.1.name", "Year end", "freezeWindows.1.name", "duplicate"),
    (
        "Environment",
        "freezeWindows.1.timeZone",
        "localtime",
        "freezeWindows.1.timeZone",
        "time_zone",
    ),
    ("Cluster", "lifecycle.drainBy", GONE, "lifecycle.drainBy", "missing"),
    ("Cluster", "lifecycle.stage", "active", "lifecycle.drainBy", "contradiction"),
    ("Cluster", "unitCosts.0.cost", "1.00 USD", "unitCosts", "currency"),
    ("Cluster", "connection.kind", "slurm", "connection.kind", "literal_error"),
    ("ComputeEngine", "engine", "ray", "connection.kind", "contradiction"),
    ("Pack", "type", "playbook", "playbook", "missing"),
    ("Pack", "type", "task", "connector", "contradiction"),
    ("Pack", "connector", GONE, "connector", "missing"),
    ("Pack", "lifecycle.ends", GONE, "lifecycle.ends", "missing"),
    ("Pack", "lifecycle", {"stage": "withdrawn"}, "lifecycle.reason", "missing"),
    (
        "Pack",
        "capabilities.network.egress.0.cidr",
        "10.0.0.0/8",
        "capabilities.network.egress.0",
        "choice",
    ),
    (
        "Pack",
        "telemetry.metrics.0.labels",
        ["email"],
        "telemetry.metrics.0.labels.0",
        "contradiction",
    ),
    ("Pack", "health.0.path", GONE, "health.0.path", "missing"),
    ("PricePlan", "meters.0.tiers.0.upTo", "unlimited", "meters.0.tiers.0.upTo", "order"),
    (
        "PricePlan",
        "meters.0.tiers",
        [{"upTo": 9, "price": "1 EUR"}, {"upTo": 9, "price": "1 EUR"}],
        "meters.0.tiers.1.upTo",
        "order",
    ),
    ("PricePlan", "meters.0.maximum", "0.00 EUR", "", ""),
    ("PricePlan", "meters.0.minimum", "99999.00 EUR", "meters.0.maximum", "order"),
    ("PricePlan", "meters.1.overage", GONE, "meters.1", "missing"),
    ("PricePlan", "discounts.0.amount", "1.00 EUR", "discounts.0", "choice"),
    ("PricePlan", "discounts.0.percent", "101%", "discounts.0.percent", "range"),
    ("PricePlan", "meters.0.tiers.0.price", "2.40 USD", "meters.0.tiers.0.price", "currency"),
    ("PricePlan", "effectiveUntil", "2026-01-01T00:00:00Z", "effectiveUntil", "order"),
    ("BudgetCap", "limit", GONE, "", "choice"),
    ("BudgetCap", "usage", {"meter": "tokens", "quantity": 1}, "", "choice"),
    ("BudgetCap", "ladder.1.at", "80%", "ladder.1.at", "order"),
    ("BudgetCap", "ladder.1.throttle", GONE, "ladder.1.throttle", "missing"),
    ("BudgetCap", "ladder.0.suspend", "pack", "ladder.0.suspend", "contradiction"),
    ("BudgetCap", "ladder", [], "ladder", "empty"),
    ("BudgetCap", "increases.upTo", "1.00 EUR", "increases.upTo", "order"),
    ("BudgetCap", "increases.upTo", "99999.00 USD", "increases.upTo", "currency"),
    ("BudgetCap", "whenUnknown", "allow", "whenUnknown", "literal_error"),
    ("BudgetCap", "period.carryOver", "101%", "period.carryOver", "range"),
    ("BudgetCap", "period", {"unit": "week", "anchor": 8}, "period.anchor", "range"),
    ("CanaryRule", "strategy.steps.1.weight", "5%", "strategy.steps.1.weight", "order"),
    ("CanaryRule", "strategy.steps.2.weight", "101%", "strategy.steps.2.weight", "range"),
    ("CanaryRule", "strategy.lasts", "1d", "strategy.lasts", "contradiction"),
    (
        "CanaryRule",
        "strategy",
        {"type": "ab", "lasts": "1d", "cohorts": [{"name": "a", "weight": "60%"}]},
        "strategy.cohorts",
        "range",
    ),
    ("CanaryRule", "metrics.0.confidence", "100%", "metrics.0.confidence", "range"),
    ("CanaryRule", "metrics.0.missing", "pass", "metrics.0.missing", "literal_error"),
    ("Waiver", "expires", "2026-11-20T09:00:00Z", "expires", "order"),
    ("Waiver", "rule", "network-policy", "rule", "string_pattern_mismatch"),
    (
        "EvidenceContract",
        "requirements.2.reviewWithin",
        GONE,
        "requirements.2.reviewWithin",
        "missing",
    ),
    ("EvidenceContract", "requirements.1.keep", "1d", "requirements.1.keep", "order"),
    ("Repository", "layout.tenants", "..", "layout.tenants", "string_pattern_mismatch"),
    ("Repository", "layout.tenants", "../etc", "layout.tenants", "string_pattern_mismatch"),
    ("Repository", "layout.tenants", "tenants/../..", "layout.tenants", "string_pattern_mismatch"),
    ("Repository", "layout.tenants", "./tenants", "layout.tenants", "string_pattern_mismatch"),
    ("Repository", "layout.tenants", "tenants/", "layout.tenants", "string_pattern_mismatch"),
    ("Repository", "policySets", [], "policySets", "empty"),
    ("Repository", "policySets.0.path", "rules", "policySets.0.path", "elsewhere"),
    ("Repository", "policySets.0.path", "policies-2", "policySets.0.path", "elsewhere"),
    ("Repository", "codeOwners.0.path", "/", "codeOwners.0.path", "fits-nothing"),
    ("Repository", "codeOwners.0.path", "./policies/", "codeOwners.0.path", "fits-nothing"),
    ("Repository", "codeOwners.0.path", "policies//lib", "codeOwners.0.path", "fits-nothing"),
    ("Repository", "codeOwners.0.owners", [], "codeOwners.0.owners", "too_short"),
    ("TrustRoot", "threshold", 2, "threshold", "range"),
    ("TrustRoot", "keys.0.publicKey", "no key", "keys.0.publicKey", "string_pattern_mismatch"),
    ("TrustRoot", "keys.0.validity.ends", "2025-01-01T00:00:00Z", "keys.0.validity.ends", "order"),
    (
        "PackLock",
        "environments.dev.packs.0.version",
        "2.0.0",
        "environments.dev.packs.0.version",
        "range",
    ),
    ("PackLock", "tenant", "somebody", "metadata.name", "contradiction"),
]


def steps(text: str) -> tuple[str | int, ...]:
    return tuple(int(s) if s.isdigit() else s for s in text.split(".") if s)


@pytest.mark.parametrize(
    ("kind", "field", "value", "where", "code"), CASES, ids=[f"{c[0]}.{c[1]}" for c in CASES]
)
def test_one_change_and_what_is_said_of_it(
    kind: str, field: str, value: Any, where: str, code: str
) -> None:
    document = put(example(kind), ("spec", *steps(field)), value)
    if not code:
        parse(document)
        return
    with pytest.raises(ValidationError) as caught:
        parse(document)
    found = explain(caught.value, document)
    place = steps(where) if where.startswith("metadata") else ("spec", *steps(where))
    assert (place, code) in {(problem.path, problem.code) for problem in found}
    assert all(problem.message and problem.remedy for problem in found)


def test_one_key_has_one_purpose() -> None:
    document = example("TrustRoot")
    key = {**document["spec"]["keys"][0], "name": "second", "purpose": "apply"}
    with pytest.raises(ValidationError) as caught:
        parse(put(document, ("spec", "keys"), [document["spec"]["keys"][0], key]))
    (problem,) = explain(caught.value, document)
    assert problem.path == ("spec", "keys", 1, "publicKey")
    assert "one purpose" in problem.remedy


@pytest.mark.parametrize("kind", KINDS)
def test_every_wrong_type_at_every_field_is_put_into_words(kind: str) -> None:
    """Walk the example and set each value to something of another type."""

    def places(value: Any, path: tuple[str | int, ...]) -> list[tuple[str | int, ...]]:
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        found = []
        for step, item in pairs:
            found.append((*path, step))
            if isinstance(item, dict | list):
                found += places(item, (*path, step))
        return found

    whole = example(kind)
    for path in places(whole, ()):
        if "config" in path or "defaults" in path or "parameters" in path:
            continue
        for wrong in (None, True, 1.5, {"x": 1}, ["x"]):
            document = put(whole, path, wrong)
            try:
                parse(document)
            except ValidationError as error:
                found = explain(error, document)
                assert found
                for problem in found:
                    assert "Input should" not in problem.message, (path, wrong, problem)
                    assert problem.remedy


def test_every_grammar_has_words() -> None:
    def check(shape: Shape) -> None:
        for mark in shape.markers:
            pattern = getattr(mark, "pattern", None)
            assert pattern is None or pattern in GRAMMARS, pattern
        for inner in (shape.item, shape.key):
            if inner:
                check(inner)
        if shape.model:
            for field in fields(shape.model).values():
                check(field.shape)

    for model in KINDS.values():
        check(Shape("model", model))


@pytest.mark.parametrize("path", ["kunden", ".cpctl/tenants", "a../...b", "x/..."])
def test_a_step_of_a_path_may_begin_and_end_with_dots(path: str) -> None:
    assert parse(put(example("Repository"), ("spec", "layout", "trust"), path))
