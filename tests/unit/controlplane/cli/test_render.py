"""`cpctl render`: data on stdout, talk on stderr, and a place for whatever is wrong."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from controlplane.cli.main import run
from controlplane.errors import Exit
from tests.support.gitrepo import TestRepository


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new repository as `cpctl init` writes it, with one tenant in one environment."""
    root = tmp_path_factory.mktemp("new") / "platform"
    assert run(["init", str(root)]) == Exit.CLEAN
    return root


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> pytest.CaptureFixture[str]:
    capsys.readouterr()
    return capsys


def test_yaml_names_the_file_behind_each_object(
    written: Path, said: pytest.CaptureFixture[str]
) -> None:
    assert run(["render", "acme", "--root", str(written)]) == Exit.CLEAN
    out, err = said.readouterr()
    assert out.startswith(
        "---\n# acme/dev@local, from templates/kubernetes/tenant/namespace.yaml.j2:4\n"
        "apiVersion: v1\nkind: Namespace\n"
    )
    assert err.startswith(f"acme/dev@local: {out.count('---')} objects, sha256:")


def test_json_holds_digests_and_sources(written: Path, said: pytest.CaptureFixture[str]) -> None:
    assert run(["render", "acme", "--root", str(written), "-o", "json"]) == Exit.CLEAN
    (placement,) = json.loads(said.readouterr().out)
    assert placement["namespace"] == "acme-dev"
    deployment = next(o for o in placement["objects"] if o["body"]["kind"] == "Deployment")
    assert deployment["id"] == "apps/v1/Deployment/acme-dev/hello"
    assert deployment["pack"] == "hello@1.0.0"
    assert deployment["source"]["path"].startswith("catalog/packs/hello/1.0.0/content/")


def test_files_are_written_once_and_never_over_others(
    written: Path, tmp_path: Path, said: pytest.CaptureFixture[str]
) -> None:
    command = ["render", "acme", "--root", str(written), "--output-dir", str(tmp_path / "out")]
    assert run(command) == Exit.CLEAN
    folder = tmp_path / "out" / "acme" / "dev@local"
    assert (folder / "Deployment.apps-hello.yaml").read_text().startswith("apiVersion: apps/v1\n")
    assert len(said.readouterr().out.splitlines()) == len(list(folder.iterdir()))
    assert run(command) == Exit.USAGE
    assert "nothing was written" in said.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["acmee"], "did you mean `acme`?"),
        (["zzz"], "choose one of: acme"),
        (["acme", "--env", "prod"], "choose one of: dev"),
    ],
)
def test_what_is_not_there_is_met_with_what_is(
    written: Path, said: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    assert run(["render", *arguments, "--root", str(written)]) == Exit.USAGE
    out, err = said.readouterr()
    assert out == ""
    assert words in err


def test_a_wrong_input_is_shown_at_its_line(
    tmp_path: Path, said: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "platform"
    assert run(["init", str(root)]) == Exit.CLEAN
    tenant = root / "tenants" / "acme" / "tenant.yaml"
    tenant.write_text(tenant.read_text() + "      config: {replicas: several}\n")
    line = len(tenant.read_text().splitlines())
    said.readouterr()
    assert run(["render", "acme", "--root", str(root)]) == Exit.INVALID_REPOSITORY
    out, err = said.readouterr()
    assert f"tenants/acme/tenant.yaml:{line}:26:" in out
    assert "[render/input-type]" in out
    assert "next: begin with tenants/acme/tenant.yaml" in err


def test_a_folder_without_a_repository_is_said_to_be_one(
    tmp_path: Path, said: pytest.CaptureFixture[str]
) -> None:
    assert run(["render", "acme", "--root", str(tmp_path)]) == Exit.INVALID_REPOSITORY
    assert "next:" in said.readouterr().err


@pytest.mark.parametrize(
    "command", [["render", "acme", "--rev", "HEAD"], ["plan"], ["apply"]], ids=lambda c: c[0]
)
def test_what_lint_refuses_is_not_rendered_planned_or_applied(
    tmp_path: Path, said: pytest.CaptureFixture[str], command: list[str]
) -> None:
    """A stale lock is no problem of any one document, and counts all the same."""
    root = tmp_path / "platform"
    assert run(["init", str(root)]) == Exit.CLEAN
    files = {
        path.relative_to(root).as_posix(): path.read_text()
        for path in root.rglob("*")
        if path.is_file()
    }
    lock = "tenants/acme/lock.yaml"
    files[lock] = re.sub("sha256:[0-9a-f]{64}", "sha256:" + "0" * 64, files[lock])
    TestRepository(tmp_path / "git").commit(files)
    said.readouterr()
    assert run([*command, "--root", str(tmp_path / "git")]) == Exit.INVALID_REPOSITORY
    assert "lock.yaml" in said.readouterr().err
