"""The pages of rules say what METADATA says, and lead from other libraries' names to ours."""

from __future__ import annotations

from controlplane.operations.policy_pages import pages
from controlplane.policy.bundle import load
from tests.support.policies import finds, rule

TWINS = '["SOC2 CC6.1"]\n#   twins: ["kyverno: require-labels", "gatekeeper-library: K8sLabels"]'


def written() -> dict[str, str]:
    ((path, text),) = rule(finds("true")).items()
    other = rule(finds("true"), "tenancy/second")
    loaded = load({path: text.replace('["SOC2 CC6.1"]', TWINS), **other})
    assert not loaded.problems
    return pages(loaded)


def test_a_twin_leads_to_its_rule() -> None:
    rows = [line for line in written()["twins.md"].splitlines() if "](" in line]
    assert rows == [
        "| gatekeeper-library | K8sLabels | [tenancy/first](tenancy/first.md) |",
        "| kyverno | require-labels | [tenancy/first](tenancy/first.md) |",
    ]


def test_a_rule_names_its_twins_where_it_has_any() -> None:
    first, second = written()["tenancy/first.md"], written()["tenancy/second.md"]
    assert "| twins | kyverno: require-labels, gatekeeper-library: K8sLabels |" in first
    assert "twins" not in second
