from __future__ import annotations

import json
from pathlib import Path

import pytest

from controlplane.cli.main import run
from controlplane.errors import Exit
from tests.support import documents
from tests.support.gitrepo import TestRepository


@pytest.fixture
def repository(tmp_path: Path) -> TestRepository:
    made = TestRepository(tmp_path)
    made.checkout(documents.repository())
    assert run(["lock", "--root", str(tmp_path)]) == Exit.CLEAN
    return made


def test_a_clean_repository(repository: TestRepository, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert run(["lint", str(repository.path)]) == Exit.CLEAN
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "working tree: 6 resources, no problems\n"


def test_every_problem_comes_with_its_place_and_a_next_step(
    repository: TestRepository, capsys: pytest.CaptureFixture[str]
) -> None:
    repository.checkout({"tenants/b.yaml": "a: no\n", "tenants/a.yaml": "a: [\n"})
    capsys.readouterr()
    assert run(["lint", str(repository.path)]) == Exit.INVALID_REPOSITORY
    said = capsys.readouterr()
    assert "tenants/b.yaml:1:4: `no`" in said.out
    assert said.out.index("tenants/a.yaml") < said.out.index("tenants/b.yaml")
    assert "next: begin with tenants/a.yaml:1:4" in said.err


def test_github_annotations_escape_what_ends_a_command(
    repository: TestRepository, capsys: pytest.CaptureFixture[str]
) -> None:
    repository.checkout({"tenants/100%,a.yaml": "a: no\n"})
    capsys.readouterr()
    assert run(["lint", str(repository.path), "-o", "github"]) == Exit.INVALID_REPOSITORY
    first = capsys.readouterr().out.splitlines()[0]
    assert first.startswith("::error file=tenants/100%25%2Ca.yaml,line=1,col=")


def test_json(repository: TestRepository, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    run(["lint", str(repository.path), "-o", "json"])
    assert json.loads(capsys.readouterr().out) == []


@pytest.mark.parametrize("arguments", [["--rev", "HEAD"], ["--rev", "nope"]])
def test_a_revision_that_is_not_there(
    repository: TestRepository, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["lint", str(repository.path), *arguments]) == Exit.USAGE
    assert "next:" in capsys.readouterr().err


def test_not_a_repository(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["lint", str(tmp_path)]) == Exit.INVALID_REPOSITORY
    assert "git init" in capsys.readouterr().err
    assert run(["lint", str(tmp_path / "nowhere")]) == Exit.INVALID_REPOSITORY


def test_lock_check_writes_nothing(
    repository: TestRepository, capsys: pytest.CaptureFixture[str]
) -> None:
    lock = repository.path / "tenants/acme/lock.yaml"
    lock.unlink()
    assert run(["lock", "--root", str(repository.path), "--check"]) == Exit.FINDINGS
    assert not lock.exists()
    assert "run `cpctl lock`" in capsys.readouterr().err


def test_diff_shows_fields_classes_and_reach(
    repository: TestRepository, capsys: pytest.CaptureFixture[str]
) -> None:
    first = repository.commit(documents.repository())
    second = repository.commit(
        documents.repository(tenant=documents.tenant().replace("[eu]", "[eu, us]"))
    )
    capsys.readouterr()
    root = ["--root", str(repository.path)]
    assert run(["diff", first, second, *root]) == Exit.CLEAN
    assert capsys.readouterr().out.splitlines() == [
        "~ Tenant acme [security]",
        '    spec.data.residency: ["eu"] → ["eu", "us"] [security]',
        "",
        "reaches 1 tenant: acme",
        "in 1 environment: prod",
        "on 1 target: here",
    ]
    assert run(["diff", first, second, "-o", "json", *root]) == Exit.CLEAN
    assert json.loads(capsys.readouterr().out)["blastRadius"]["tenants"] == ["acme"]
    assert run(["diff", first, second, "-o", "md", *root]) == Exit.CLEAN
    assert "| **Tenant acme** | spec.data.residency |" in capsys.readouterr().out


def test_an_invalid_revision_is_not_compared(
    repository: TestRepository, capsys: pytest.CaptureFixture[str]
) -> None:
    first = repository.commit(documents.repository())
    second = repository.commit(documents.repository(cluster=None))
    root = ["--root", str(repository.path)]
    assert run(["diff", first, second, *root]) == Exit.INVALID_REPOSITORY
    assert "cpctl lint" in capsys.readouterr().err
