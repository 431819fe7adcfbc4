"""What a person types: list, show, bundle, verify; right and wrong."""

from __future__ import annotations

import json
import resource
import shutil
from pathlib import Path

import pytest

from evidence.canonical import digest
from evidence.cli import run as cpevidence
from evidence.location import default_directory
from evidence.records import Record
from evidence.statement import Subject
from evidence.trust import TrustedKey, TrustSet
from tests.support.evidence import COMMIT, about, signer, writer

OTHER = "c0ffff" + "0" * 34


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with evidence about two commits, and the trust set."""
    root = tmp_path_factory.mktemp("cli")
    (root / ".git").mkdir()
    sign, log = signer("apply"), signer("log")
    evidence = writer(default_directory(root), sign=sign, log=log)
    for commit in (COMMIT, OTHER):
        with evidence.begin(kind="apply", subjects=about(commit), summary="apply") as run:
            run.record(Record("receipt", "created acme", {"commit": commit}))
            run.close(outcome="done", summary="1 object created")
    trust = TrustSet.of(TrustedKey(s.name, s.purpose, s.public_key) for s in (sign, log))
    (root / "trust.json").write_bytes(trust.to_bytes())
    return root


@pytest.fixture(autouse=True)
def _inside(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)


Output = pytest.CaptureFixture[str]


def test_list_is_a_table_or_json(capsys: Output) -> None:
    assert cpevidence(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:2] == ["ENTRY", "STATEMENT"]
    assert lines[1].startswith("example.com/apply#0")
    assert len(lines) == 3
    assert cpevidence(["list", "-o", "json", "--commit", "c0ffee"]) == 0
    (only,) = json.loads(capsys.readouterr().out)
    assert only["statement"]["subject"][0]["digest"]["gitCommit"] == COMMIT


@pytest.mark.parametrize("name", ["1", "example.com/apply#1"])
def test_show_a_run_by_its_index(capsys: Output, name: str) -> None:
    assert cpevidence(["show", name]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["index"] == 1
    assert [record["payload"] for record in shown["records"]] == [{"commit": OTHER}]


def test_show_by_digest(capsys: Output) -> None:
    cpevidence(["show", "0"])
    statement = json.loads(capsys.readouterr().out)["digest"]
    assert cpevidence(["show", statement[:20]]) == 0
    assert json.loads(capsys.readouterr().out)["digest"] == statement
    record = digest({"commit": COMMIT})
    assert cpevidence(["show", record]) == 0
    assert json.loads(capsys.readouterr().out)["payload"] == {"commit": COMMIT}
    assert cpevidence(["show", "0", "--sigstore"]) == 0
    assert json.loads(capsys.readouterr().out)["mediaType"].endswith("v0.3+json")


def test_bundle_and_verify(capsys: Output, tmp_path: Path) -> None:
    made = tmp_path / "bundle.json"
    assert cpevidence(["bundle", "c0ffee", "-o", str(made), "--sigstore", str(tmp_path)]) == 0
    assert len(list(tmp_path.glob("*.sigstore.json"))) == 1
    assert cpevidence(["verify", str(made), "--trust", "trust.json"]) == 0
    assert capsys.readouterr().out.startswith(f"VERIFIED: the evidence of commit {COMMIT}")
    assert cpevidence(["verify", str(made)]) == 6
    assert "--trust FILE" in capsys.readouterr().err
    assert cpevidence(["verify", str(made), "--trust-bundled-keys", "-o", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["verified"] is True
    made.write_bytes(made.read_bytes().replace(b"created", b"deleted"))
    assert cpevidence(["verify", str(made), "--trust", "trust.json"]) == 6
    assert "statements[0].records" in capsys.readouterr().out


def test_verify_a_whole_directory(capsys: Output) -> None:
    where = str(default_directory(Path()))
    assert cpevidence(["verify", "--log", where, "--trust", "trust.json"]) == 0
    assert "all 2 entries with 2 records" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["show", "7"], "nothing is called 7"),
        (["show", "deadbeef"], "nothing is called deadbeef"),
        (["show", "HEAD"], "nothing is called HEAD"),
        (["list", "--commit", "dead"], "no evidence names a commit dead"),
        (["list", "--dir", "/nonexistent"], "holds no evidence"),
        (["bundle", "c0ff", "-o", "x.json"], "begins 2 commits"),
        (["bundle", "HEAD", "-o", "x.json"], "is no commit id"),
        (["bundle", COMMIT], "Missing option"),
        (["verify"], "name either a bundle or"),
        (["verify", "missing.json"], "cannot be read"),
        (["verify", "trust.json", "--trust", "trust.json", "--trust-bundled-keys"], "exclude"),
        (["verify", "--log", "/nonexistent"], "holds no evidence"),
        (["nothing"], "No such command"),
    ],
)
def test_wrong_use_is_explained(capsys: Output, arguments: list[str], words: str) -> None:
    assert cpevidence(arguments) == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize("name", ["nowhere/bundle.json", "."])
def test_a_bundle_that_cannot_be_written_is_explained(capsys: Output, name: str) -> None:
    assert cpevidence(["bundle", COMMIT, "-o", name]) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert "next: " in said


def test_a_bundle_is_written_whole_or_not_at_all(capsys: Output, tmp_path: Path) -> None:
    path = tmp_path / "bundle.json"
    path.write_bytes(b"an older one")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        assert cpevidence(["bundle", COMMIT, "-o", str(path)]) == 2
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "cannot be written: File too large" in capsys.readouterr().err
    assert [each.name for each in tmp_path.iterdir()] == ["bundle.json"]
    assert path.read_bytes() == b"an older one"
    assert cpevidence(["bundle", COMMIT, "-o", "/dev/null"]) == 0


def test_what_the_system_refuses_is_explained(capsys: Output, place: Path, tmp_path: Path) -> None:
    directory = tmp_path / "evidence"
    shutil.copytree(default_directory(place), directory)
    shutil.rmtree(directory / "objects")
    (directory / "objects").touch()
    assert cpevidence(["list", "--dir", str(directory)]) == 2
    said = capsys.readouterr().err
    assert "Not a directory" in said
    assert "next: " in said


def test_a_trust_set_that_is_none_is_refused(capsys: Output, tmp_path: Path) -> None:
    for number, text in enumerate(["", "{}", "[", '{"format":"x","keys":[]}', "[" * 10**5]):
        bad = tmp_path / f"{number}.json"
        bad.write_text(text)
        assert cpevidence(["verify", "trust.json", "--trust", str(bad)]) == 6
        assert "trust" in capsys.readouterr().err


def test_work_trees_share_the_evidence_of_their_repository(tmp_path: Path) -> None:
    common = tmp_path / "main" / ".git"
    linked = common / "worktrees" / "linked"
    linked.mkdir(parents=True)
    (linked / "commondir").write_text("../..\n")
    tree = tmp_path / "linked"
    (tree / "deep").mkdir(parents=True)
    (tree / ".git").write_text(f"gitdir: {linked}\n")
    assert default_directory(tree / "deep") == common / "cpctl" / "evidence"
    for start in (tmp_path / "main", linked):
        assert default_directory(start) == common / "cpctl" / "evidence"


def test_a_bare_repository_and_a_git_directory_hold_their_own(tmp_path: Path) -> None:
    (tmp_path / "objects").mkdir()
    (tmp_path / "HEAD").write_text("ref: refs/heads/main\n")
    assert default_directory(tmp_path / "objects") == tmp_path / "cpctl" / "evidence"


def test_the_environment_names_the_directory(
    capsys: Output, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CPCTL_EVIDENCE", str(default_directory(Path())))
    monkeypatch.chdir(tmp_path)
    assert cpevidence(["list"]) == 0
    assert "example.com/apply#1" in capsys.readouterr().out


def test_every_statement_of_a_bundle_is_written_for_cosign(tmp_path: Path) -> None:
    evidence = writer(tmp_path / "evidence")
    for commit in (COMMIT, OTHER):  # the merge, and the head of the pull request before it
        named = (Subject("head", {"gitCommit": commit, "gitTree": "a" * 40}),)
        evidence.begin(kind="apply", subjects=named, summary="apply").close(
            outcome="done", summary="done"
        )
    asked = ["bundle", COMMIT, "--dir", str(tmp_path / "evidence")]
    made = ["-o", str(tmp_path / "bundle.json"), "--sigstore", str(tmp_path / "cosign")]
    assert cpevidence([*asked, *made]) == 0
    assert len(list((tmp_path / "cosign").glob("*.sigstore.json"))) == 2
