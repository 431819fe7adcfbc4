"""What is weighed by comes from one revision; what a change loosens is seen by comparing two."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from controlplane.operations.loosening import loosened
from controlplane.operations.weighing import denials, lighter, weights
from controlplane.policy.model import Cause, Finding, Indeterminate, Severity, Verdict
from controlplane.policy.weights import Nature, Waived, Weights
from controlplane.resources.trust_root import TrustRoot
from controlplane.resources.waiver import Waiver
from tests.support.decisions import policies
from tests.support.policies import finds, rule

NOW = int(datetime(2026, 11, 26, tzinfo=UTC).timestamp())
RULE = "residency/placement-zone"


def verdict(*subjects: str, severity: str = "deny") -> Verdict:
    findings = tuple(Finding(RULE, Severity(severity), name, "bad") for name in subjects)
    return Verdict(findings, (), (RULE,))


def test_what_a_rule_no_longer_denies_was_loosened() -> None:
    by = Weights(NOW, {"prod": "standard"})
    before = denials(verdict("Tenant/a", "Tenant/b", "Tenant/c"), by)
    after = denials(verdict("Tenant/b"), by)
    files = {RULE: "rules/residency/placement-zone/rule.rego"}
    assert loosened(before, after, files) == [
        {"rule": RULE, "flips": 2, "module": "rules/residency/placement-zone/rule.rego"}
    ]
    assert loosened(after, before, files) == []


def test_settings_loosen_as_well_as_policies() -> None:
    found = verdict("Tenant/a")
    strict = Weights(NOW, {"prod": "standard"})
    for mild in (
        Weights(NOW, {"prod": "standard"}, {"prod": {RULE: "warn"}}),
        Weights(NOW, {"prod": "relaxed"}, {}, {RULE: Nature(style=True)}),
        Weights(NOW, {"prod": "standard"}, {}, {RULE: Nature(effective_on="2030-01-01")}),
    ):
        assert loosened(denials(found, strict), denials(found, mild), {})[0]["flips"] == 1


def test_a_waiver_loosens_no_rule() -> None:
    waiver = Waived("w", RULE, "Tenant/a", (), "deny", NOW - 1, NOW + 1, True)
    by = Weights(NOW, {"prod": "standard"})
    with_waiver = Weights(NOW, {"prod": "standard"}, waivers=(waiver,))
    assert denials(verdict("Tenant/a"), with_waiver) == denials(verdict("Tenant/a"), by)


def test_a_rule_that_gives_no_answer_still_denies() -> None:
    lost = Verdict((), (Indeterminate(RULE, "Tenant/a", Cause.CRASH),), (RULE,))
    by = Weights(NOW, {"prod": "standard"})
    assert loosened(denials(verdict("Tenant/a"), by), denials(lost, by), {}) == []


def test_settings_that_make_a_rule_deny_less_are_seen_without_a_finding() -> None:
    rules = policies(rule(finds("input.subject.resource.bad"), "tenancy/first")).rules
    base = Weights(NOW, {"prod": "standard", "dev": "standard"})
    one = Weights(NOW, base.strictness, {"prod": {"tenancy/first": "off"}})
    style = {"tenancy/first": Nature(style=True)}
    relaxed = Weights(NOW, {"prod": "relaxed", "dev": "standard"}, {}, style)
    for mild in (one, relaxed):
        assert lighter(rules, base, mild) == {"tenancy/first"}
        assert lighter(rules, mild, base) == frozenset()
    assert lighter(rules, base, base) == frozenset()


def test_a_strict_environment_that_becomes_standard_denies_less() -> None:
    text = rule(finds("input.subject.resource.bad"), "tenancy/first", severity="warn")
    rules = policies(text).rules
    strict, standard = Weights(NOW, {"prod": "strict"}), Weights(NOW, {"prod": "standard"})
    assert lighter(rules, strict, standard) == {"tenancy/first"}
    assert lighter(rules, standard, strict) == frozenset()


WAIVER = {
    "apiVersion": "controlplane.dev/v1alpha1",
    "kind": "Waiver",
    "metadata": {"name": "w"},
    "spec": {
        "rule": RULE,
        "subject": {"kind": "Tenant", "name": "acme"},
        "reason": "It starts fast.",
        "ticket": "OPS-1",
        "approvedBy": {"subject": "sam@example.com"},
        "issued": "2026-11-01T00:00:00Z",
        "expires": "2026-12-31T00:00:00Z",
    },
}
SOON, LATER = "2026-12-01T00:00:00Z", "2027-12-01T00:00:00Z"


def ends(*more: dict[str, Any]) -> str:
    """Return when the waiver ends where these are the identities of its approver."""
    plain = {"issuer": "https://id.example.com", "subject": "sam@example.com"}
    identities = [
        {"name": f"sam-{n}", "purposes": ["approve"], **plain, **each}
        for n, each in enumerate(more)
    ]
    head = {"apiVersion": WAIVER["apiVersion"], "kind": "TrustRoot", "metadata": {"name": "root"}}
    found: dict[str, dict[str, Any]] = {
        "TrustRoot": {
            "root": TrustRoot.model_validate({**head, "spec": {"identities": identities}})
        },
        "Waiver": {"w": Waiver.model_validate(WAIVER)},
    }
    judge: Any = SimpleNamespace(
        repository=lambda: None,
        of_kind=lambda kind: found.get(kind, {}),
        index={"Waiver": {"w": SimpleNamespace(path="waivers/w.yaml")}},
    )
    (waived,) = weights(judge, judge, (), (), datetime.fromtimestamp(NOW, UTC)).waivers
    assert waived.approved
    return datetime.fromtimestamp(waived.expires, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.parametrize(
    ("identities", "end"),
    [
        ([{}], "2026-12-31T00:00:00Z"),
        ([{"validity": {"ends": SOON}}], SOON),
        ([{"validity": {"ends": LATER}}], "2026-12-31T00:00:00Z"),
        ([{"revoked": {"since": SOON, "reason": "Leaves."}}], SOON),
        (
            [{"validity": {"ends": SOON}}, {"issuer": "https://other.example.com"}],
            "2026-12-31T00:00:00Z",
        ),
    ],
)
def test_a_waiver_ends_with_the_last_identity_that_answers_for_it(
    identities: list[dict[str, Any]], end: str
) -> None:
    assert ends(*identities) == end
