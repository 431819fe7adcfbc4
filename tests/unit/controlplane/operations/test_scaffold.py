"""What is written anew is valid at once, in a new repository and in the shipped one."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from controlplane.cli.init import init
from controlplane.cli.new import new
from controlplane.errors import InvalidRepositoryError, UsageError
from controlplane.operations.scaffold import PLACES, starter
from controlplane.operations.setting import Setting, change
from controlplane.repo import locks
from controlplane.repo.snapshot import Snapshot, snapshot
from controlplane.repo.source import WorktreeSource

DAY = date(2026, 11, 21)
ROOT = Path(__file__).parents[4]


def read(folder: Path) -> Snapshot:
    return snapshot(WorktreeSource(folder, None))


def problems(folder: Path) -> list[str]:
    found = read(folder)
    return [f"{p.position}: {p.message}" for p in (*found.problems, *locks.check(found))]


@pytest.fixture(scope="session")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("begun") / "platform"
    result = CliRunner().invoke(init, [str(folder)], catch_exceptions=False)
    assert result.exit_code == 0
    return folder


@pytest.fixture
def fresh(begun: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(begun, tmp_path / "platform"))


def make(folder: Path, *arguments: str) -> None:
    CliRunner().invoke(new, [*arguments, "--root", str(folder)], catch_exceptions=False)


def test_a_new_repository_is_valid(begun: Path) -> None:
    assert problems(begun) == []
    assert {kind for kind, found in read(begun).index.items() if found} >= {
        "Tenant",
        "Environment",
        "Cluster",
        "Pack",
        "PricePlan",
        "BudgetCap",
        "PackLock",
        "Repository",
    }


def test_its_tenant_is_short(begun: Path) -> None:
    assert len((begun / "tenants/acme/tenant.yaml").read_text("utf-8").splitlines()) < 20


def test_it_brings_policies_templates_schemas_and_workflows(begun: Path) -> None:
    for path in (
        "policies/tenancy",
        "templates/kubernetes",
        "schemas/any.json",
        ".github/actions/gate/action.yml",
        ".github/workflows/decide.yaml",
        ".github/workflows/gate.yaml",
        ".github/workflows/reconcile.yaml",
        ".gitignore",
        "README.md",
    ):
        assert (begun / path).exists(), path


def test_a_schema_named_in_a_file_is_there(begun: Path) -> None:
    for folder in ("catalog", "tenants"):
        for path in (begun / folder).rglob("*.yaml"):
            line = path.read_text("utf-8").splitlines()[0]
            if "$schema=" in line:
                assert (path.parent / line.partition("$schema=")[2]).is_file(), path


@pytest.mark.parametrize("what", sorted(set(PLACES) - {"waiver"}))
def test_something_new_is_valid(fresh: Path, what: str) -> None:
    make(fresh, what, "another")
    assert problems(fresh) == []
    assert any("another" in identity for found in read(fresh).index.values() for identity in found)


def test_a_waiver_asks_which_rule_it_is_for(fresh: Path) -> None:
    with pytest.raises(UsageError, match="one rule"):
        make(fresh, "waiver", "w")
    make(fresh, "waiver", "w", "--set", "spec.rule=workloads/probes")
    assert problems(fresh) == []


def test_a_field_can_be_given(fresh: Path) -> None:
    given = (
        "spec.plan=growth",
        "spec.quotas.pods=5",
        "spec.quotas.cpu=4",
        "spec.data.residency[1]=us",
    )
    make(fresh, "tenant", "t", *(part for text in given for part in ("--set", text)))
    spec = read(fresh).of_kind("Tenant")["t"].for_yaml()["spec"]
    assert (spec["plan"], spec["quotas"]) == ("growth", {"pods": 5, "cpu": "4"})
    assert spec["data"]["residency"] == ["eu", "us"]
    assert problems(fresh) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("tenant", "acme"),
        ("tenant", "Not_A_Name"),
        ("tenant", "../../escape"),
        ("pack", "p@1.0/../../.."),
        ("tenant", "t@1.0.0"),
        ("tenant", "t", "--set", "metadata.name=other"),
        ("budget", "b", "--set", "metadata={name: other}"),
        ("pack", "p@1.0.0", "--set", "spec.version=2.0.0"),
        ("tenant", "t", "--set", "spec.plann=growth"),
        ("tenant", "t", "--set", "spec.plan"),
        ("tenant", "t", "--set", "spec.packs[7].name=x"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(
    fresh: Path, arguments: tuple[str, ...]
) -> None:
    before = sorted(fresh.parent.rglob("*"))
    with pytest.raises(UsageError) as caught:
        make(fresh, *arguments)
    assert caught.value.remedy
    assert sorted(fresh.parent.rglob("*")) == before


def test_a_tenant_that_cannot_be_locked_is_not_written(fresh: Path) -> None:
    with pytest.raises(InvalidRepositoryError, match="no version of pack hello"):
        make(fresh, "tenant", "t", "--set", "spec.packs[0].version===9.9.9")
    assert not (fresh / "tenants/t").exists()


def test_nothing_is_written_over(fresh: Path) -> None:
    (fresh / "tenants/t").mkdir()
    (fresh / "tenants/t/tenant.yaml").write_text("mine", "utf-8")
    with pytest.raises(UsageError, match="already there"):
        make(fresh, "tenant", "t")
    with pytest.raises(UsageError, match="already there"):
        CliRunner().invoke(init, [str(fresh)], catch_exceptions=False)
    assert (fresh / "tenants/t/tenant.yaml").read_text("utf-8") == "mine"


def test_a_folder_without_a_name_is_not_this_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(init, [""])
    assert (result.exit_code, list(tmp_path.iterdir())) == (2, [])


def test_a_readme_that_is_there_stays(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("mine", "utf-8")
    result = CliRunner().invoke(init, [str(tmp_path)], catch_exceptions=False)
    assert result.exit_code == 0
    assert (tmp_path / "README.md").read_text("utf-8") == "mine"


def test_prices_count_from_the_month_that_it_is() -> None:
    texts = {file.path: file.text for file in starter(DAY)}
    assert '"2026-11-01T00:00:00Z"' in texts["catalog/prices/core.yaml"]


def test_a_comment_survives_where_nothing_is_set() -> None:
    text = "# schema\nkind: Tenant # here\n"
    assert change(text, ()) == text
    assert change(text, [Setting.parse("metadata.name=a")]) == (
        "# schema\nkind: Tenant\nmetadata:\n  name: a\n"
    )
