"""What is not committed yet: judged from where HEAD left the protected branch, and never recorded."""

from __future__ import annotations

import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from controlplane import wiring
from controlplane.cli.gate_step import Ends, usual_base
from controlplane.cli.main import run
from controlplane.errors import Exit
from controlplane.operations.gate import gate
from controlplane.policy.engines.embedded import EmbeddedEngine
from controlplane.repo.git import GitRepository
from tests.support.gated import RULE, TENANT, Gated
from tests.support.hostile import TEMPLATE
from tests.support.policies import finds, rule
from tests.support.waiting import eventually


@pytest.fixture
def gated(tmp_path: Path) -> Gated:
    return Gated(tmp_path / "r")


def judge(gated: Gated, *arguments: str) -> int:
    return run(["gate", "--root", str(gated.path), "--engine", "embedded", *arguments])


def change(gated: Gated, old: str, new: str, path: str = TENANT) -> None:
    place = gated.path / path
    place.write_text(place.read_text().replace(old, new))


def test_the_working_tree_is_judged(gated: Gated, capsys: pytest.CaptureFixture[str]) -> None:
    assert judge(gated, "--worktree") == Exit.CLEAN
    change(gated, "[eu]", "[us]")
    assert judge(gated, "--worktree") == Exit.FINDINGS
    said = capsys.readouterr()
    assert f"{TENANT}:" in said.out
    assert "not recorded" in said.err
    assert not (gated.path / ".git" / "cpctl" / "evidence").exists()


def test_only_what_is_staged_is_in_the_index(gated: Gated) -> None:
    change(gated, "[eu]", "[us]")
    assert judge(gated, "--index") == Exit.CLEAN
    gated.git("add", "-A")
    change(gated, "[us]", "[eu]")
    assert judge(gated, "--index") == Exit.FINDINGS
    assert judge(gated, "--worktree") == Exit.CLEAN


def test_the_index_that_git_gives_a_hook_counts(
    gated: Gated, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "index"
    change(gated, "[eu]", "[us]")
    environment = {**gated.environment(), "GIT_INDEX_FILE": str(other)}
    for arguments in (["read-tree", "HEAD"], ["add", "-A"]):
        subprocess.run(["git", *arguments], cwd=gated.path, env=environment, check=True)
    assert judge(gated, "--index") == Exit.CLEAN
    monkeypatch.setenv("GIT_INDEX_FILE", str(other))
    assert judge(gated, "--index") == Exit.FINDINGS


SWAPS = {
    "the tenant, to what is denied": (TENANT, "[eu]", "[us]", True),
    "the tenant, from what is denied": (TENANT, "[us]", "[eu]", False),
    "the rule": (RULE, 'zone != "eu"', 'zone == "nowhere"', False),
    "the template": (TEMPLATE, "Namespace", "Secret", True),
}


@pytest.mark.parametrize("case", SWAPS)
def test_what_was_read_is_judged_whatever_the_files_hold_by_then(gated: Gated, case: str) -> None:
    path, old, new, allow = SWAPS[case]
    if not allow:
        change(gated, "[eu]", "[us]")
    step = Ends(None, None, worktree=True).read(GitRepository.open(gated.path))
    change(gated, old, new, path)
    for place in ("repository.yaml", "catalog/packs/retrieval/1.2.0/pack.yaml"):
        (gated.path / place).unlink()
    report = gate(step, EmbeddedEngine(), wiring.charts(), wiring.now(), whole=True)
    assert (report.allow, report.problems) == (allow, ())
    assert [f.rule for f in report.findings] == ([] if allow else ["tenancy/first"])


def test_the_usual_base_is_where_head_left_the_protected_branch(gated: Gated) -> None:
    git = GitRepository.open(gated.path)
    gated.deny()
    assert usual_base(git, ["main"]) == gated.base
    gated.files["README.md"] = "ahead"
    gated.commit("main")  # what came to main since is not in it
    gated.git("checkout", "-q", "-f", "change")
    assert usual_base(git, ["main"]) == gated.base
    gated.git("update-ref", "refs/remotes/origin/main", "change")
    assert usual_base(git, ["main"]) == git.resolve("change").id
    assert usual_base(git, ["nowhere"]) == git.resolve("HEAD").id


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--worktree", "--index"], Exit.USAGE),
        (["--worktree", "--head", "HEAD"], Exit.USAGE),
        (["--genesis", "--base", "main"], Exit.USAGE),
        ([], Exit.USAGE),
        (["--watch", "-o", "json"], Exit.USAGE),
        (["--watch", "--unapproved"], Exit.USAGE),
        (["--base", "main", "--unapproved"], Exit.USAGE),
        (["--watch", "--base", "nope"], Exit.USAGE),  # which no save can mend
        (["--worktree", "--base", "nope"], Exit.USAGE),
        (["--worktree", "--genesis"], Exit.CLEAN),
    ],
)
def test_ends_that_can_and_cannot_be_meant(gated: Gated, arguments: list[str], code: int) -> None:
    assert judge(gated, *arguments) == code


def test_what_nobody_can_approve_is_said_to_be_so(
    gated: Gated, capsys: pytest.CaptureFixture[str]
) -> None:
    """A rule that counts approvals finds none before there is a commit to agree to."""
    gated.git("checkout", "-q", "-f", "main")
    asks = finds("not input.facts.approvals[0]")
    gated.files |= rule(asks, "change-control/asks", uses="facts", subjects="Change")
    gated.base = gated.commit()
    gated.git("checkout", "-q", "-f", "-B", "change", gated.base)
    change(gated, "[eu]", "[us]")
    gated.git("add", "-A")
    for option in ("--worktree", "--index"):
        assert judge(gated, option, "--base", "main") == Exit.FINDINGS
        said = capsys.readouterr().out
        assert said.count("no approval counts here") == 1, said  # and not for the tenant's rule
        assert "[tenancy/first]" in said
        assert judge(gated, option, "--base", "main", "--unapproved") == Exit.FINDINGS
        capsys.readouterr()
    change(gated, "[us]", "[eu]")
    change(gated, "  name: acme\n", "  name: acme\n  labels: {a: b}\n")
    capsys.readouterr()
    assert judge(gated, "--worktree", "--base", "main") == Exit.FINDINGS
    assert judge(gated, "--worktree", "--base", "main", "--unapproved") == Exit.CLEAN
    assert "then ask for the approvals" in capsys.readouterr().err
    head = gated.deny()
    assert judge(gated, "--base", "main", "--head", head, "--no-record") == Exit.FINDINGS
    said = capsys.readouterr().out
    assert "[change-control/asks]" in said
    assert "no approval counts" not in said


def test_a_base_that_head_does_not_contain_is_refused(gated: Gated) -> None:
    gated.files["README.md"] = "ahead"
    gated.commit("main")
    gated.git("checkout", "-q", "-f", "-B", "change", gated.base)
    assert judge(gated, "--worktree", "--base", "main") == Exit.USAGE


def test_it_is_judged_again_on_every_save(gated: Gated, tmp_path: Path) -> None:
    log, errors = tmp_path / "log", tmp_path / "errors"
    command = [sys.executable, "-m", "controlplane.cli.main", "gate", "--watch"]
    with log.open("w") as out, errors.open("w") as err:
        process = subprocess.Popen(
            [*command, "--engine", "embedded"],
            cwd=gated.path,
            env={**gated.environment(), "PYTHONUNBUFFERED": "1", "PYTHONPATH": str(Path.cwd())},
            stdout=out,
            stderr=err,
            # Whoever starts the tests in the background has it ignored.
            preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
        )
    try:
        assert eventually(lambda: "allowed: " in log.read_text()), errors.read_text()
        change(gated, "[eu]", "[us]")
        assert eventually(lambda: "denied: 1 finding(s)" in log.read_text())
        change(gated, "residency", "residence")
        assert eventually(lambda: "invalid: " in log.read_text())
        change(gated, "residence", "residency")
        assert eventually(lambda: log.read_text().count("denied: 1 finding(s)") == 2)
        change(gated, "findings contains", "findings contain", RULE)
        assert eventually(lambda: "error: " in errors.read_text())
        change(gated, "findings contain ", "findings contains ", RULE)
        change(gated, "[us]", "[eu]")
        assert eventually(lambda: log.read_text().count("allowed: ") == 2)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
        assert "Traceback" not in errors.read_text()
        assert "\x1b" not in log.read_text()
    finally:
        process.kill()
        process.wait()


def test_the_first_revision_may_hold_rules_that_load_no_more(
    gated: Gated, capsys: pytest.CaptureFixture[str]
) -> None:
    """An upgrade can refuse what an early revision brought; nothing pins it, and HEAD is judged."""
    whole = {path: (gated.path / path).read_text() for path in (RULE,)}
    gated.git("checkout", "-q", "--orphan", "again")
    change(gated, "# METADATA", "# NOTHING", RULE)
    gated.git("add", "-A")
    gated.git("commit", "-q", "-m", "first")
    first = gated.git("rev-parse", "HEAD").strip()
    (gated.path / RULE).write_text(whole[RULE])
    gated.git("commit", "-q", "-a", "-m", "second")
    assert judge(gated, "--genesis", "--no-record") == Exit.CLEAN
    assert (
        f"genesis: unknown; the policies of the first revision, {first}" in capsys.readouterr().err
    )


def test_policies_in_force_that_load_no_more_are_said_to_be_those_of_the_base(
    gated: Gated, capsys: pytest.CaptureFixture[str]
) -> None:
    """The place is in the base; who looks into the head finds nothing wrong there."""
    gated.git("checkout", "-q", "main")
    change(gated, "# METADATA", "# NOTHING", RULE)
    gated.git("commit", "-q", "-a", "-m", "broken")
    gated.git("checkout", "-q", "-b", "mend")
    change(gated, "# NOTHING", "# METADATA", RULE)
    gated.git("commit", "-q", "-a", "-m", "mended")
    assert judge(gated, "--base", "main", "--no-record") == Exit.INVALID_REPOSITORY
    said = capsys.readouterr().err
    assert f"the policies in force, those of main, do not load: {RULE}:1:1: " in said
    assert "next: take the version of cpctl that loads them" in said
