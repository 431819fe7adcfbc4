from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from controlplane.cli.main import run
from controlplane.cli.writing import write_new
from controlplane.errors import Exit, UsageError
from controlplane.operations.scaffold import NewFile
from tests.support import documents
from tests.support.gitrepo import TestRepository
from tests.support.policies import finds, rule


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


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], None]:
    """Return what puts bytes on stdin."""

    def put(text: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))

    return put


TENANT = "tenants/acme/tenant.yaml"


def lint_typed(repository: TestRepository, filename: str) -> int:
    return run(["lint", str(repository.path), "--stdin", "--filename", filename, "-o", "json"])


def test_text_from_stdin_stands_where_its_name_says(
    repository: TestRepository,
    typed: Callable[[bytes], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    repository.checkout({"tenants/bad/tenant.yaml": "a: no\n"})
    text = (repository.path / TENANT).read_bytes()
    for name in (TENANT, str(repository.path / TENANT)):
        typed(text.replace(b"target: here", b"target: her"))
        capsys.readouterr()
        assert lint_typed(repository, name) == Exit.INVALID_REPOSITORY
        (problem,) = json.loads(capsys.readouterr().out)
        assert (problem["path"], problem["line"], problem["column"]) == (TENANT, 10, 15)
        assert problem["remedy"] == "did you mean `here`?"
    assert (repository.path / TENANT).read_bytes() == text
    typed(text)
    assert lint_typed(repository, TENANT) == Exit.CLEAN


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"\xff\xfe", "file/not-utf-8"),
        (b"caf\xe9: 1\n", "file/not-utf-8"),
        (b"a" * 1_100_000, "file/too-large"),
        (b"", "file/empty"),
    ],
)
def test_text_that_is_none(
    repository: TestRepository,
    typed: Callable[[bytes], None],
    capsys: pytest.CaptureFixture[str],
    text: bytes,
    code: str,
) -> None:
    typed(text)
    capsys.readouterr()
    assert lint_typed(repository, "tenants/new/tenant.yaml") == Exit.INVALID_REPOSITORY
    assert [p["code"] for p in json.loads(capsys.readouterr().out)] == [code]


def test_a_rule_from_stdin_is_checked(
    repository: TestRepository,
    typed: Callable[[bytes], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = "policies/tenancy/first/rule.rego"
    files = rule(finds("input.subject.name"))
    repository.checkout(files)
    typed(files[path].replace("input.subject", "inptu.subject").encode())
    capsys.readouterr()
    assert lint_typed(repository, path) == Exit.INVALID_REPOSITORY
    assert "nothing gives `inptu` a value" in capsys.readouterr().out


@pytest.mark.parametrize(
    "filename", ["../x.yaml", "/etc/passwd", "README.md", "tenants", ".git/x.yaml", "."]
)
def test_a_name_that_cannot_be(
    repository: TestRepository,
    typed: Callable[[bytes], None],
    capsys: pytest.CaptureFixture[str],
    filename: str,
) -> None:
    typed(b"a: 1\n")
    capsys.readouterr()
    assert lint_typed(repository, filename) == Exit.USAGE
    assert "next: " in capsys.readouterr().err


def test_stdin_and_filename_come_together(repository: TestRepository) -> None:
    assert run(["lint", str(repository.path), "--stdin"]) == Exit.USAGE
    assert run(["lint", str(repository.path), "--filename", TENANT]) == Exit.USAGE
    both = ["--stdin", "--filename", TENANT, "--index"]
    assert run(["lint", str(repository.path), *both]) == Exit.USAGE


def test_one_answer_in_several_forms(
    repository: TestRepository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    repository.checkout({"tenants/b.yaml": "a: no\n"})
    capsys.readouterr()
    folder = tmp_path.with_name(f"{tmp_path.name}-out")
    folder.mkdir()
    forms = [f"-ojunit={folder / 'x.xml'}", f"-osarif={folder / 'x.sarif'}"]
    assert run(["lint", str(repository.path), *forms]) == Exit.INVALID_REPOSITORY
    assert "tenants/b.yaml:1:4" in capsys.readouterr().out
    assert "tenants/b.yaml" in (folder / "x.xml").read_text()
    assert json.loads((folder / "x.sarif").read_text())["version"] == "2.1.0"


@pytest.mark.parametrize("forms", [["-ojson", "-osarif"], ["-ojson=/nowhere/x"], ["-opdf"]])
def test_forms_that_cannot_be(repository: TestRepository, forms: list[str]) -> None:
    assert run(["lint", str(repository.path), *forms]) == Exit.USAGE


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- a\n- b\n", "the document is not a mapping"),
        ("a: 1\n", "`kind` is missing"),
        ("<<<<<<< ours\na: 1\n=======\na: 2\n>>>>>>> theirs\n", "a merge conflict is not resolved"),
    ],
)
def test_a_problem_is_said_once_and_says_no_more_than_is_known(
    repository: TestRepository, text: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    repository.checkout({"trust/a.yaml": text})
    capsys.readouterr()
    assert run(["lint", str(repository.path)]) == Exit.INVALID_REPOSITORY
    said = capsys.readouterr().out.splitlines()[0]
    assert said.partition(": ")[2].rpartition(" [")[0] == message


@pytest.mark.parametrize("git", [True, False])
def test_a_place_that_is_no_repository_has_no_locks_that_are_up_to_date(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], git: bool
) -> None:
    if git:
        TestRepository(tmp_path)
    assert run(["lock", "--root", str(tmp_path)]) == Exit.INVALID_REPOSITORY
    assert ("cpctl init" in capsys.readouterr().err) is git


def test_without_a_tenant_there_is_nothing_to_lock(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    TestRepository(tmp_path).checkout(documents.repository(tenant=None))
    assert run(["lock", "--root", str(tmp_path)]) == Exit.CLEAN
    assert capsys.readouterr().err == "there is no tenant, so there is nothing to lock\n"


@pytest.mark.parametrize(("files", "words"), [(["a"], "a is"), (["a", "b", "c"], "and 2 more are")])
def test_what_is_in_the_way_is_counted_rightly(
    tmp_path: Path, files: list[str], words: str
) -> None:
    wanted = [NewFile(name, "x") for name in files]
    write_new(tmp_path, wanted)
    with pytest.raises(UsageError, match=f"{words} already there"):
        write_new(tmp_path, wanted)
