"""A pull request that touches no rule, and of which the settings let pass what was denied."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.e2e.people import Company

pytestmark = pytest.mark.requires("opa")

FIN = "Fin <finance@meridian.example>"
SETTINGS = "repository.yaml"
PROD = "catalog/environments/prod.yaml"
TENANT = "tenants/aurora-retail/tenant.yaml"
OWN_ISSUER, PUBLIC = "https://login.aurora.example", "https://accounts.google.com"
SECOND = "change-control/second-approver"
ENGINE = "compiled"


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Company:
    return Company.begin(tmp_path_factory.mktemp("settings") / "company")


@pytest.fixture
def company(begun: Company, tmp_path: Path) -> Company:
    copied = Company(tmp_path / "copy")
    shutil.copytree(begun.folder, copied.folder)
    return copied


def denials(company: Company) -> dict[str, str]:
    found = company.judge(expect=1, engine=ENGINE)["findings"]
    return {each["rule"]: each["message"] for each in found if each["severity"] == "deny"}


def where(company: Company, path: str = SETTINGS) -> str:
    """Return the line of the settings at which the loosening is shown."""
    found = company.judge(expect=1, engine=ENGINE)["findings"]
    place = next(each for each in found if each["rule"] == SECOND)
    assert place["path"] == path, place
    text = (company.root / path).read_text(encoding="utf-8")
    return text.splitlines()[place["line"] - 1].strip()


def test_a_milder_severity_takes_two_other_people(company: Company) -> None:
    """Nothing needs to have been denied: the rule would no longer deny anybody in prod."""
    company.git("checkout", "-q", "-b", "milder")
    company.edit(
        SETTINGS,
        "  requiredEngine: any\n",
        "  severities:\n    prod: {residency/placement-zone: warn}\n  requiredEngine: any\n",
    )
    company.commit_by(FIN, "Warn only of data that leaves its zone")
    company.approve("sam")
    found = denials(company)
    assert "residency/placement-zone" in found[SECOND]
    assert where(company) == "prod: {residency/placement-zone: warn}"
    company.approve("kim", "ada")
    assert company.judge(expect=0, engine=ENGINE)["decision"]["allow"]


def test_a_parameter_that_lets_pass_what_was_denied_takes_two_other_people(
    company: Company,
) -> None:
    company.git("checkout", "-q", "-b", "public")
    company.edit(TENANT, OWN_ISSUER, PUBLIC)
    company.commit_by(FIN, "Let anybody with an account sign in")
    assert "tenancy/public-issuer" in denials(company)  # and that is recorded

    company.git("checkout", "-q", "main")
    company.git("checkout", "-q", "-b", "settings")
    company.edit(SETTINGS, f'            - "{PUBLIC}"\n', "")
    company.commit_by(FIN, "Think of an issuer as one that knows whom it lets in")
    company.approve("sam")
    assert "tenancy/public-issuer denies 1 of its subjects" in denials(company)[SECOND]
    assert where(company) == "issuers:"
    company.approve("kim", "ada")
    assert company.judge(expect=0, engine=ENGINE)["decision"]["allow"]


def test_a_milder_environment_takes_two_other_people_and_nothing_beside_it(
    company: Company,
) -> None:
    company.git("checkout", "-q", "-b", "relaxed")
    company.edit(PROD, "strictness: strict", "strictness: relaxed")
    company.commit_by(FIN, "Judge what is of style in prod as elsewhere")
    found = denials(company)
    assert SECOND in found
    assert "change-control/policy-alone" not in found
    assert where(company, PROD) == "strictness: relaxed"
    company.approve("sam", "kim", "ada")
    assert company.judge(expect=0, engine=ENGINE)["decision"]["allow"]
