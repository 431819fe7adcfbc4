"""`cpctl plan` in evidence: signed where a key is here, shown and verified, and never in the way."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.fleet import Fleet


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    made = Fleet(tmp_path)
    yield made
    made.close()


def plan(fleet: Fleet, *options: str) -> subprocess.CompletedProcess[str]:
    connect = f"*=directory:{fleet.out}/{{name}}"
    command = [sys.executable, "-m", "controlplane.cli.main", "plan", "--connect", connect]
    return subprocess.run(
        [*command, *options],
        check=False,
        cwd=fleet.repository,
        env=fleet.environment,
        capture_output=True,
        text=True,
    )


def recorded(fleet: Fleet) -> list[Any]:
    """Return the statements of kind plan that the log holds."""
    every = json.loads(fleet.cpctl("evidence", "list", "-o", "json"))
    return [each for each in every if each["statement"]["predicate"]["kind"] == "plan"]


def test_a_plan_is_signed_shown_and_verified(fleet: Fleet) -> None:
    done = plan(fleet, "-o", "json")
    assert (done.returncode, "recorded: " in done.stderr) == (0, True)
    (statement,) = recorded(fleet)
    predicate = statement["statement"]["predicate"]
    assert predicate["outcome"] == "planned"
    assert " create" in predicate["summary"]
    head = fleet.git("rev-parse", "HEAD").strip()
    assert statement["statement"]["subject"][0]["digest"]["gitCommit"] == head
    shown = fleet.cpctl("evidence", "show", statement["digest"])
    assert "acme/dev@local: plan" in shown
    assert '"verb": "create"' in shown or "scope" in shown
    fleet.verify()
    fleet.cpctl("evidence", "bundle", head, "-o", str(fleet.folder / "bundle.json"))
    bundle = json.loads((fleet.folder / "bundle.json").read_text())
    assert len(bundle["statements"]) == 2  # the decision and the plan


def test_what_could_not_be_planned_is_said_in_evidence_too(fleet: Fleet) -> None:
    fleet.out.rmdir()
    assert plan(fleet).returncode == 5
    (statement,) = recorded(fleet)
    assert statement["statement"]["predicate"]["outcome"] == "incomplete"
    fleet.verify()


def test_without_a_key_the_plan_is_shown_all_the_same(fleet: Fleet, tmp_path: Path) -> None:
    with_key = plan(fleet)
    fleet.environment["CPCTL_HOME"] = str(tmp_path / "laptop")
    done = plan(fleet)
    assert (done.returncode, done.stdout) == (0, with_key.stdout)
    assert "not recorded: " in done.stderr
    assert "no key for apply" in done.stderr
    assert len(recorded(fleet)) == 1


def test_keys_that_were_named_must_be_there(fleet: Fleet, tmp_path: Path) -> None:
    done = plan(fleet, "--keys", str(tmp_path / "nowhere"))
    assert done.returncode == 2
    assert "no key for apply" in done.stderr
    assert done.stdout == ""


def test_a_plan_that_is_asked_not_to_leaves_nothing(fleet: Fleet) -> None:
    done = plan(fleet, "--no-record")
    assert (done.returncode, "recorded" in done.stderr) == (0, False)
    assert recorded(fleet) == []


def test_a_plan_makes_no_state_store_and_says_where_one_that_was_named_is_missing(
    fleet: Fleet,
) -> None:
    store = fleet.folder / "nowhere" / "state.db"
    assert "no state store" not in plan(fleet).stderr
    done = plan(fleet, "--state", f"sqlite:///{store}")
    assert (done.returncode, f"there is no state store at {store}, so" in done.stderr) == (0, True)
    assert not store.parent.exists()
    assert not (fleet.repository / ".git" / "cpctl" / "state.db").exists()


@pytest.mark.parametrize(
    ("connection", "place", "cause"),
    [
        ("{kind: directory}", "connection `*`", "a directory has one setting, path"),
        ("{kind: directory, path: FILE}", "connection `*`", "is not a folder"),
        ("{kind: kubernetes, kubeconfig: /nowhere}", "connection `*`", "from /nowhere"),
        ("{kind: kubernetes, kubeconfig: FILE}", "connection `*`", "cannot be loaded"),
        ("{kind: cloud, region: eu}", "connection `*`", "`cloud` is no kind of target"),
    ],
)
def test_settings_that_cannot_be_used_are_refused_before_anything_is_recorded(
    fleet: Fleet, connection: str, place: str, cause: str
) -> None:
    (fleet.folder / "file").write_text("x")
    text = connection.replace("FILE", str(fleet.folder / "file"))
    file = fleet.folder / "connections.yaml"
    file.write_text(f'connections:\n  "*": {text}\n')
    _refused(fleet, f"{file}: {place}", cause, "--connections", str(file))


def test_a_target_that_nothing_says_how_to_reach_is_named_where_it_is_declared(
    fleet: Fleet,
) -> None:
    file = fleet.folder / "connections.yaml"
    file.write_text("connections:\n  other: {kind: directory, path: x}\n")
    place = "catalog/clusters/local.yaml:14:49: target `local`: "
    _refused(fleet, place, "nothing says how to reach", "--connections", str(file))


def _refused(fleet: Fleet, place: str, cause: str, *options: str) -> None:
    """Check that plan and apply, with these options and no others, are refused as wrong use."""
    before = fleet.cpctl("evidence", "list")
    for verb in ("plan", "apply"):
        command = [sys.executable, "-m", "controlplane.cli.main", verb, *options]
        done = subprocess.run(
            command,
            check=False,
            cwd=fleet.repository,
            env=fleet.environment,
            capture_output=True,
            text=True,
        )
        assert (done.returncode, done.stdout) == (2, "")
        assert place in done.stderr
        assert cause in done.stderr
        assert (done.stderr.count("error: "), done.stderr.count("next: ")) == (1, 1)
    assert fleet.cpctl("evidence", "list") == before
    assert not (fleet.repository / ".git" / "cpctl" / "state.db").exists()
