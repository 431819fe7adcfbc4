"""A verdict in words: nothing in it is evaluated, and the gravest comes first."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlplane.operations.findings import Places, explain, undecided, worded
from controlplane.policy.envelope import Subject
from controlplane.policy.model import Cause, Finding, Indeterminate, Rule, Severity, Verdict
from controlplane.values import FieldPath, Position


class Files:
    """Stands for a snapshot: resources are where their name says."""

    def locate(self, kind: str, identity: str, path: FieldPath) -> Position:
        if identity == "gone":
            raise KeyError(identity)
        return Position(f"tenants/{identity}.yaml", len(path) + 1)


def rule(identity: str, severity: Severity) -> Rule:
    return Rule(
        id=identity,
        package="controlplane.a.b",
        title="t",
        description="d",
        severity=severity,
        subjects=frozenset({"Tenant"}),
        uses=frozenset(),
        messages={"bad": "{tenant} is {what}"},
        remedy="mend it",
        controls=(),
        module="policies/a/b/rule.rego",
    )


def finding(rule_id: str, severity: Severity, tenant: str, path: FieldPath = ()) -> Finding:
    params = (("tenant", tenant), ("what", "bad"))
    return Finding(rule_id, severity, f"Tenant/{tenant}", "bad", path, params)


RULES = {"a/deny": rule("a/deny", Severity.DENY), "a/warn": rule("a/warn", Severity.WARN)}
FILES: Any = Files()


def test_denials_come_first_then_by_place() -> None:
    verdict = Verdict(
        findings=(
            finding("a/warn", Severity.WARN, "acme"),
            finding("a/deny", Severity.DENY, "zebra"),
            finding("a/deny", Severity.DENY, "acme", ("spec", "plan")),
        ),
        indeterminate=(),
        rules=("a/deny", "a/warn"),
    )
    found = explain(verdict, RULES, Places(FILES, {}))
    assert [(f.severity, str(f.position), f.field) for f in found] == [
        (Severity.DENY, "tenants/acme.yaml:3:1", "spec.plan"),
        (Severity.DENY, "tenants/zebra.yaml:1:1", ""),
        (Severity.WARN, "tenants/acme.yaml:1:1", ""),
    ]
    assert found[0].message == "acme is bad"


FLEET: Any = {
    "targets": {
        "items": [
            {
                "at": {"kind": "Cluster", "name": "here", "path": ["spec", "limits"]},
                "dedicated": [{"at": {"kind": "Tenant", "name": "acme", "path": ["spec"]}}],
            }
        ]
    }
}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (("targets", "items", 0, "limits"), "tenants/here.yaml:3:1"),
        (("targets", "items", 0, "dedicated", 0), "tenants/acme.yaml:2:1"),
        (("targets", "items", 7), "repository.yaml:1:1"),
        (("targets",), "repository.yaml:1:1"),
    ],
)
def test_a_figure_of_the_fleet_stands_where_the_resource_it_is_about_does(
    path: FieldPath, expected: str
) -> None:
    class Declared(Files):
        def locate(self, kind: str, identity: str, path: FieldPath) -> Position:
            if kind == "Fleet":
                raise KeyError(identity)
            return super().locate(kind, identity, path)

    declared: Any = Declared()
    found = Finding("a/deny", Severity.DENY, "Fleet/fleet", "bad", path)
    judged = Subject("Fleet", "fleet", FLEET)
    assert str(Places(declared, {}, [judged]).locate(found).position) == expected


def test_a_finding_names_the_items_that_it_leads_through() -> None:
    judged = Subject("Tenant", "acme", {"spec": {"seats": [{"name": "a"}, {"name": "b"}]}})
    found = finding("a/deny", Severity.DENY, "acme", ("spec", "seats", 1))
    assert Places(FILES, {}, [judged]).locate(found).steps == ("spec", "seats", "[name=b]")
    assert Places(FILES, {}).locate(found).steps == ("spec", "seats", 1)


def test_a_subject_without_a_file_stands_at_the_repository() -> None:
    verdict = Verdict((finding("a/deny", Severity.DENY, "gone"),), (), ("a/deny",))
    assert str(explain(verdict, RULES, Places(FILES, {}))[0].position) == "repository.yaml:1:1"


@pytest.mark.parametrize(
    ("template", "params", "expected"),
    [
        ("{a} and {b}", {"a": "x", "b": 2}, "x and 2"),
        ("{missing}", {}, "{missing}"),
        ("{a}", {"a": "{b}", "b": "never"}, "{b}"),
        ("{a.__class__} {a!r} {0}", {"a": "x"}, "{a.__class__} {a!r} {0}"),
    ],
)
def test_only_named_slots_are_filled(
    template: str, params: dict[str, str | int], expected: str
) -> None:
    assert worded(template, params) == expected


@given(st.text())
def test_a_parameter_is_text_and_nothing_else(value: str) -> None:
    assert worded("<{a}>", {"a": value}) == f"<{value}>"


@pytest.mark.parametrize("cause", Cause)
def test_every_cause_has_words_and_a_remedy(cause: Cause) -> None:
    items = (Indeterminate("a/deny", "Tenant/acme", cause),)
    (item,) = undecided(items, Places(FILES, {}))
    assert str(item.position) == "tenants/acme.yaml:1:1"
    assert item.message
    assert item.remedy
