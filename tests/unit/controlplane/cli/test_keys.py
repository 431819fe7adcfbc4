"""`cpctl keys`: what is printed can be committed, and what is committed can be trusted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from controlplane.cli.keys import keys_directory
from controlplane.cli.main import run as cpctl
from evidence.trust import TrustSet

Output = pytest.CaptureFixture[str]

REPOSITORY = """apiVersion: controlplane.dev/v1alpha1
kind: Repository
metadata:
  name: fleet
spec: {}
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CPCTL_HOME", str(tmp_path / "home"))
    return tmp_path / "home" / "keys"


def test_the_trust_root_that_is_printed_is_trusted(
    tmp_path: Path, home: Path, capsys: Output
) -> None:
    assert cpctl(["keys", "init", "--holder", "CI Runner", "--algorithm", "ecdsa-p256"]) == 0
    printed = capsys.readouterr().out
    assert "PRIVATE" not in printed
    root = tmp_path / "repository"
    (root / "trust").mkdir(parents=True)
    (root / "repository.yaml").write_text(REPOSITORY)
    (root / "trust" / "ci-runner.yaml").write_text(printed)
    assert cpctl(["keys", "trust", str(root)]) == 0
    trust = TrustSet.read(capsys.readouterr().out.encode())
    found = {(k.name, k.purpose, k.public_key.algorithm) for k in trust.keys.values()}
    assert found == {
        ("ci-runner-decide", "decide", "ecdsa-p256"),
        ("ci-runner-apply", "apply", "ecdsa-p256"),
        ("ci-runner-log", "log", "ed25519"),
    }
    assert all(key.valid_from for key in trust.keys.values())
    assert len(list(home.glob("*.pem"))) == 3


def test_rotate_ends_the_old_key(tmp_path: Path, home: Path, capsys: Output) -> None:
    cpctl(["keys", "init", "--holder", "ci", "--purpose", "apply"])
    capsys.readouterr()
    assert cpctl(["keys", "rotate", "ci-apply"]) == 0
    told = capsys.readouterr().out
    assert "ends:" in told
    assert told.count("holder: ci\n") == 2
    assert [path.name for path in home.glob("*.pem")] == ["ci-apply-2.pem"]
    assert cpctl(["keys", "list", "-o", "json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [(key["name"], bool(key["retiredAt"])) for key in listed] == [
        ("ci-apply-2", False),
        ("ci-apply", True),
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["rotate", "none"], "cpctl keys list"),
        (["init", "--purpose", "sign"], "is not one of"),
        (["init", "--algorithm", "rsa"], "is not one of"),
    ],
)
def test_wrong_use_is_explained(arguments: list[str], words: str, capsys: Output) -> None:
    assert cpctl(["keys", *arguments]) == 2
    assert words in capsys.readouterr().err


def test_a_repository_without_keys_gives_no_trust_set(tmp_path: Path, capsys: Output) -> None:
    (tmp_path / "repository.yaml").write_text(REPOSITORY)
    assert cpctl(["keys", "trust", str(tmp_path)]) == 3
    assert "holds a key" in capsys.readouterr().err


def test_where_keys_are(tmp_path: Path) -> None:
    assert keys_directory({"CPCTL_HOME": "/a"}) == Path("/a/keys")
    assert keys_directory({"XDG_CONFIG_HOME": "/b"}) == Path("/b/cpctl/keys")
    assert keys_directory({}) == Path.home() / ".config" / "cpctl" / "keys"


def test_a_second_key_for_a_purpose_is_refused_before_any_is_made(
    home: Path, capsys: Output
) -> None:
    cpctl(["keys", "init", "--holder", "ci", "--purpose", "apply"])
    capsys.readouterr()
    assert cpctl(["keys", "init", "--holder", "other"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert f"{home} holds a key for apply already, ci-apply" in said.err
    assert "cpctl keys rotate ci-apply" in said.err
    assert [path.name for path in home.glob("*.pem")] == ["ci-apply.pem"]
    assert cpctl(["keys", "init", "--holder", "other", "--purpose", "log"]) == 0
    cpctl(["keys", "rotate", "ci-apply"])  # a retired key is in nobody's way
    assert len(list(home.glob("*.pem"))) == 2
