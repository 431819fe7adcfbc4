"""One pull request, wrong in four ways: denied for exactly these, each at its line, by every engine."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.e2e.people import ADA, Company
from tests.support.engines import EACH

TENANT = "tenants/aurora-retail/tenant.yaml"
RULE = "policies/residency/placement-zone/rule.rego"


@pytest.fixture(scope="module")
def denied(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """The company with the pull request: approved by everybody it needs, its author among them."""
    company = Company.begin(tmp_path_factory.mktemp("four") / "reasons")
    company.git("checkout", "-q", "-b", "to-the-us")
    company.edit(TENANT, "limit: 9000.00 EUR", "limit: 90000.00 EUR")
    company.edit(
        TENANT,
        "{environment: prod, target: eu-central-1}",
        "{environment: prod, target: us-east-1}",
    )
    company.edit(RULE, "	not zone in allowed\n", '	not zone in allowed\n	zone != "us"\n')
    company.commit_by(ADA, "Move Aurora Retail to the cheaper cluster")
    company.approve("ada", "sam", "kim", "fin")
    return company


@pytest.fixture
def company(denied: Company, tmp_path: Path) -> Company:
    copied = Company(tmp_path / "copy")
    shutil.copytree(denied.folder, copied.folder)
    return copied


def line(company: Company, path: str, text: str) -> int:
    lines = (company.root / path).read_text("utf-8").splitlines()
    (found,) = [number for number, each in enumerate(lines, 1) if text in each]
    return found


@pytest.mark.parametrize("engine", EACH)
def test_it_is_denied_for_exactly_four_reasons(company: Company, engine: str) -> None:
    reasons = company.denials(engine=engine)
    places = {rule: (each["path"], each["line"]) for rule, each in reasons.items()}
    contract = "catalog/contracts/standard.yaml"
    assert places == {
        "budgets/within-plan": (TENANT, line(company, TENANT, "limit: 90000.00 EUR")),
        "residency/placement-zone": (TENANT, line(company, TENANT, "us-east-1")),
        "change-control/independent-approval": (
            contract,
            line(company, contract, "{count: 1, roles: [platform, owner]}"),
        ),
        "change-control/policy-alone": (RULE, line(company, RULE, 'zone != "us"')),
    }
    assert "ada" in reasons["change-control/independent-approval"]["message"]
    assert "residency/placement-zone" in reasons["change-control/policy-alone"]["message"]
