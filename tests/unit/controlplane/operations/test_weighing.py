"""What is weighed by comes from one revision; what a change loosens is seen by comparing two."""

from __future__ import annotations

from datetime import UTC, datetime

from controlplane.operations.loosening import loosened
from controlplane.operations.weighing import denials
from controlplane.policy.model import Cause, Finding, Indeterminate, Severity, Verdict
from controlplane.policy.weights import Nature, Waived, Weights

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
