"""Where `cpctl simulate` refuses policies, it says the path that it was given."""

from __future__ import annotations

from pathlib import Path

import pytest

from controlplane.cli.main import run
from controlplane.errors import Exit
from tests.support.gated import RULE, Gated

BROKEN = "odd := [\n"
CONFLICT = "helper(x) := x\n\nhelper(x, y) := x + y\n"  # which only an evaluator sees


@pytest.fixture
def gated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Gated:
    """A repository with a step to judge again."""
    made = Gated(tmp_path / "r")
    made.git("checkout", "-q", "-f", "main")
    made.files["trust/ci.yaml"] = made.run("cpctl", "keys", "init", "--holder", "ci").stdout
    made.base = made.commit()
    made.git("checkout", "-q", "-B", "change")
    made.repair()
    monkeypatch.chdir(made.path)
    return made


def tried(gated: Gated, below: str, text: str, *, whole: bool = False) -> None:
    """Write the repository's policies outside of it, one rule with `text` at its end."""
    for name, held in gated.files.items():
        if whole or name.startswith("policies/"):
            place = gated.path.parent / below / (name if whole else name.removeprefix("policies/"))
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(f"{held}\n{text}" if name == RULE else held)


@pytest.mark.parametrize(
    ("below", "named", "shown"),
    [
        ("tried", "../tried", "../tried/tenancy/first/rule.rego:"),
        ("tried/policies", "../tried", f"../tried/{RULE}:"),
    ],
)
@pytest.mark.parametrize(
    ("engine", "text"),
    [
        ("embedded", BROKEN),
        pytest.param("opa", CONFLICT, marks=pytest.mark.requires("opa")),
    ],
)
def test_of_a_folder(
    gated: Gated,
    below: str,
    named: str,
    shown: str,
    engine: str,
    text: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    tried(gated, below, text)
    code = run(["simulate", "--policies", named, "--engine", engine])
    said = capsys.readouterr().err
    assert code == Exit.INVALID_REPOSITORY, said
    assert f" {shown}" in said


def test_of_a_working_tree(gated: Gated, capsys: pytest.CaptureFixture[str]) -> None:
    tried(gated, "other", BROKEN, whole=True)
    assert run(["simulate", "--policies", "../other"]) == Exit.INVALID_REPOSITORY
    assert f" ../other/{RULE}:" in capsys.readouterr().err


def test_of_a_revision_they_are_its_own(gated: Gated, capsys: pytest.CaptureFixture[str]) -> None:
    gated.files[RULE] += f"\n{BROKEN}"
    gated.commit("broken")
    gated.git("checkout", "-q", "-f", "main")
    assert run(["simulate", "--policies", "broken"]) == Exit.INVALID_REPOSITORY
    assert f" {RULE}:" in capsys.readouterr().err
