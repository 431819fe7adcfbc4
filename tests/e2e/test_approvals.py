"""Approvals on real repositories: what they hold for, what voids them, whose word they are."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.people import ADA, Company

PROD = "catalog/environments/prod.yaml"
CONTRACT = """\
apiVersion: controlplane.dev/v1alpha1
kind: EvidenceContract
metadata: {name: standard}
spec:
  requirements:
    - name: routine
      classes: [routine]
      approvals: {count: 1, roles: [security]}
    - name: emergency
      classes: [emergency]
      approvals: {count: 1, roles: [platform, security]}
      reviewWithin: 1d
"""


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """The repository that `cpctl init` writes, with people, and a contract that asks for one."""
    company = Company(tmp_path_factory.mktemp("approvals") / "begun")
    company.folder.mkdir()
    company.cpctl("init", "platform")
    company.git("init", "-q", "-b", "main")
    (company.root / "trust").mkdir(exist_ok=True)
    company.trust()
    contracts = company.root / "catalog" / "contracts"
    contracts.mkdir()
    (contracts / "standard.yaml").write_text(CONTRACT, "utf-8")
    company.commit_by(ADA, "Begin")
    company.git("checkout", "-q", "-b", "topic")
    old, new = 'version: "~=1.0"\n', 'version: "~=1.0"\n      config: {greeting: Bonjour}\n'
    company.edit("tenants/acme/tenant.yaml", old, new)
    company.commit_by(ADA, "Greet in French")
    return company


@pytest.fixture
def company(begun: Company, tmp_path: Path) -> Company:
    copied = Company(tmp_path / "copy")
    shutil.copytree(begun.folder, copied.folder)
    return copied


def listed(company: Company, base: str = "main") -> list[tuple[str, str, str]]:
    done = company.cpctl("approvals", "list", "--base", base, "-o", "json", home="gate")
    return [
        (each["person"], each["role"], each["objection"])
        for each in json.loads(done.stdout)["approvals"]
    ]


def test_a_change_passes_when_somebody_else_agreed(company: Company) -> None:
    reason = company.denials()
    assert set(reason) == {"change-control/required-approvals"}
    assert reason["change-control/required-approvals"]["path"] == "catalog/contracts/standard.yaml"
    company.approve("sam")
    assert company.judge(expect=0)["decision"]["allow"]
    assert listed(company) == [("sam", "security", "")]


def test_an_added_commit_voids_it(company: Company) -> None:
    company.approve("sam")
    company.edit("tenants/acme/tenant.yaml", "Bonjour", "Salut")
    company.commit_by(ADA, "Greet less formally")
    assert listed(company) == []
    assert set(company.denials()) == {"change-control/required-approvals"}


def test_a_force_push_of_other_content_voids_it_and_of_the_same_does_not(company: Company) -> None:
    company.approve("sam")
    before = company.git("rev-parse", "HEAD")
    company.git("commit", "-q", "--amend", "--author", ADA, "-m", "Say it in other words")
    assert company.git("rev-parse", "HEAD") != before
    assert company.judge(expect=0)["decision"]["allow"]
    company.edit("tenants/acme/tenant.yaml", "Bonjour", "Salut")
    company.git("commit", "-q", "-a", "--amend", "--author", ADA, "-m", "Slip something in")
    assert set(company.denials()) == {"change-control/required-approvals"}


def test_a_rebase_that_leaves_both_trees_equal_keeps_it(company: Company) -> None:
    company.approve("sam")
    company.git("checkout", "-q", "main")
    company.git("commit", "-q", "--allow-empty", "--author", ADA, "-m", "Nothing changed")
    company.git("checkout", "-q", "topic")
    company.git("rebase", "-q", "main")
    assert company.judge(expect=0)["decision"]["allow"]


def test_a_rebase_onto_something_else_voids_it(company: Company) -> None:
    company.approve("sam")
    company.git("checkout", "-q", "main")
    (company.root / "README.md").write_text("Something else\n", "utf-8")
    company.commit_by(ADA, "Say something else")
    company.git("checkout", "-q", "topic")
    company.git("rebase", "-q", "main")
    assert set(company.denials()) >= {"change-control/required-approvals"}


def test_its_author_does_not_count_nor_does_one_whom_nobody_knows(company: Company) -> None:
    company.git("commit", "-q", "--amend", "--author", "Sam <security@meridian.example>", "-m", "x")
    company.approve("sam")
    assert set(company.denials()) == {"change-control/independent-approval"}
    company.git("commit", "-q", "--amend", "--author", "Mal <mal@example.com>", "-m", "x")
    found = company.denials()
    assert "mal@example.com" in found["change-control/independent-approval"]["message"]


def test_an_approval_for_one_class_covers_no_other(company: Company) -> None:
    done = company.cpctl(
        "approve",
        "--base",
        "main",
        "--role",
        "security",
        "--class",
        "pricing",
        home="sam",
        expect=2,
    )
    assert "the change is not of class pricing" in done.stderr
    assert "it is of class routine" in done.stderr
    company.approve("sam", more=("--class", "routine"))
    assert company.judge(expect=0)["decision"]["allow"]


def test_a_role_that_is_not_theirs_is_refused(company: Company) -> None:
    done = company.cpctl("approve", "--base", "main", "--role", "finance", home="sam", expect=2)
    assert "does not let key sam-approve approve as finance" in done.stderr


def test_an_emergency_passes_with_another_approval_and_is_to_be_reviewed(company: Company) -> None:
    company.git("commit", "-q", "--amend", "--author", "Sam <security@meridian.example>", "-m", "x")
    company.cpctl(
        "approve", "--base", "main", "--role", "platform", "--class", "emergency", home="ada"
    )
    decision = company.judge(expect=0)["decision"]
    assert decision["emergency"]
    assert decision["allow"]
    for form in ("table", "md"):
        said = shown(company, form)
        assert "et through as an emergency, claimed by ada (approval by ada-approve as pla" in said
        assert due_in(said) == claimed_at(company) + timedelta(days=1)
    merged_at = company.git("rev-parse", "--short=12", "topic")
    company.git("checkout", "-q", "main")
    company.git("merge", "-q", "--ff-only", "topic")
    company.git("checkout", "-q", "-b", "next")
    company.edit("tenants/acme/tenant.yaml", "Bonjour", "Salut")
    company.commit_by(ADA, "Greet less formally")
    company.approve("sam")
    judged = company.judge(expect=0)
    assert judged["decision"]["verdict"]["validUntil"]
    reviews = open_reviews(company)
    assert [each.claimed_by for each in reviews] == [("ada",)]
    for said in (
        shown(company, "table"),
        shown(company, "md"),
        company.cpctl("approvals", "list", "--base", "main", home="gate").stdout,
    ):
        assert f"the emergency that became {merged_at}, claimed by ada, is to be reviewed" in said
    own = company.cpctl(
        "approve", "--review", "--base", "main~1", "--head", "main", "--role", "platform",
        home="ada", expect=2,
    )  # fmt: skip
    assert "ada claimed this emergency, so somebody else must review it" in own.stderr
    assert "have somebody else look at it and record it: fin, kim, sam" in own.stderr
    company.cpctl(
        "approve",
        "--review",
        "--base",
        "main~1",
        "--head",
        "main",
        "--role",
        "security",
        home="sam",
    )
    assert open_reviews(company) == []
    assert "is to be reviewed" not in shown(company, "table")


def shown(company: Company, form: str) -> str:
    options = ("--base", "main", "--engine", "embedded", "-o", form)
    return company.cpctl("gate", *options, home="gate").stdout


def claimed_at(company: Company) -> datetime:
    done = company.cpctl("approvals", "list", "--base", "main", "-o", "json", home="gate")
    (time,) = [each["time"] for each in json.loads(done.stdout)["approvals"]]
    return datetime.fromisoformat(time)


def due_in(said: str) -> datetime:
    return datetime.fromisoformat(said.partition("must review it by ")[2][:20])


def open_reviews(company: Company) -> list[Any]:
    from controlplane.cli.reading import step_of  # noqa: PLC0415
    from controlplane.operations.agreement import agreement  # noqa: PLC0415
    from controlplane.operations.said import Statements  # noqa: PLC0415
    from controlplane.repo.git import GitRepository  # noqa: PLC0415

    repository = GitRepository.open(company.root)
    step = step_of(repository, "main", "HEAD")
    return list(
        agreement(repository, Statements(company.evidence), step, datetime.now(UTC)).reviews
    )


def test_an_emergency_nobody_provided_for_is_only_a_claim(company: Company) -> None:
    company.git("checkout", "-q", "main")
    contract = company.root / "catalog" / "contracts" / "standard.yaml"
    contract.write_text(CONTRACT.partition("    - name: emergency")[0], "utf-8")
    company.commit_by(ADA, "Provide for no emergency")
    company.git("checkout", "-q", "topic")
    company.git("rebase", "-q", "main")
    company.cpctl(
        "approve", "--base", "main", "--role", "platform", "--class", "emergency", home="ada"
    )
    assert set(company.denials()) == {
        "change-control/emergency-provided",
        "change-control/required-approvals",
    }


def event(company: Company, state: str = "approved", login: str = "sam-sec", **more: Any) -> str:
    head = company.git("rev-parse", "HEAD")
    said = {
        "action": "submitted",
        "review": {
            "user": {"login": login},
            "state": state,
            "commit_id": head,
            "submitted_at": "2026-11-25T10:00:00Z",
            **more,
        },
        "pull_request": {
            "head": {"sha": head},
            "base": {"sha": company.git("rev-parse", "main")},
            "user": {"login": "ada"},
        },
    }
    path = company.folder / f"{state}-{login}.json"
    path.write_text(json.dumps(said), "utf-8")
    return str(path)


def take(company: Company, event: str, *, home: str = "gate", expect: int = 0) -> str:
    return company.cpctl(
        "approvals", "import", "--from", "github", "--event", event, "--base", "main",
        home=home, expect=expect,
    ).said  # fmt: skip


def test_what_github_says_counts_for_whom_the_trust_root_knows(company: Company) -> None:
    assert "counts as sam-github (security)" in take(company, event(company))
    assert listed(company) == [("sam", "security", "")]
    said = company.cpctl("approvals", "list", "--base", "main", home="gate").said
    assert "written by ada: " in said  # an account has no address
    assert company.judge(expect=0)["decision"]["allow"]
    take(company, event(company, "dismissed"))
    assert listed(company) == []
    assert set(company.denials()) == {"change-control/required-approvals"}


def test_an_account_nobody_knows_is_listed_and_does_not_count(company: Company) -> None:
    assert "knows nobody by that name" in take(company, event(company, login="mallory"))
    assert listed(company) == [("mallory", "", "the trust root knows nobody by that name")]


def test_that_nobody_knows_an_author_is_said_beside_an_approval(company: Company) -> None:
    company.git("commit", "-q", "--amend", "--author", "X <x@nowhere.example>", "-m", "x")
    take(company, event(company))
    said = company.cpctl("approvals", "list", "--base", "main", home="gate").said
    assert "does not know who wrote a part" in said
    assert set(company.denials()) == {"change-control/independent-approval"}


def test_who_opened_the_pull_request_is_an_author_whatever_the_commit_says(
    company: Company,
) -> None:
    company.git("commit", "-q", "--amend", "--author", "F <finance@meridian.example>", "-m", "x")
    take(company, event(company, login="sam-sec"))
    pull = json.loads(Path(event(company)).read_text("utf-8"))
    pull["pull_request"]["user"]["login"] = "sam-sec"
    path = company.folder / "own.json"
    path.write_text(json.dumps(pull), "utf-8")
    take(company, str(path))
    assert set(company.denials()) == {"change-control/independent-approval"}


def test_an_event_about_another_commit_is_refused(company: Company) -> None:
    old = event(company)
    company.git("commit", "-q", "--amend", "--author", ADA, "-m", "Another commit")
    assert "the event is about commit" in take(company, old, expect=2)


def test_a_review_of_another_base_is_refused(company: Company) -> None:
    """Against an older base the reviewer saw another difference than the one that is judged."""
    for base in (company.git("rev-parse", "HEAD"), "a" * 40):
        pull = json.loads(Path(event(company)).read_text("utf-8"))
        pull["pull_request"]["base"]["sha"] = base
        path = company.folder / "moved.json"
        path.write_text(json.dumps(pull), "utf-8")
        assert "the event is about a merge into" in take(company, str(path), expect=2)
    assert listed(company) == []
    listed_alone = company.folder / "list.json"
    listed_alone.write_text(json.dumps([pull["review"]]), "utf-8")
    assert "does not say into which base" in take(company, str(listed_alone), expect=2)
    assert listed(company) == []


def test_what_gitlab_approved_for_another_branch_is_refused(company: Company) -> None:
    """A webhook names no commit of the base: what counts is the branch, by whatever name."""
    said = {
        "object_kind": "merge_request",
        "user": {"id": 4, "username": "sam-sec"},
        "object_attributes": {
            "action": "approved",
            "author_id": 3,
            "updated_at": "2026-11-25 10:00:00 UTC",
            "last_commit": {"id": company.git("rev-parse", "HEAD")},
            "target_branch": "side",
        },
        "project": {"path_with_namespace": "meridian/platform"},
    }
    path = company.folder / "hook.json"

    def take_hook(target: str, *ends: str, expect: int) -> str:
        said["object_attributes"]["target_branch"] = target  # type: ignore[index]
        path.write_text(json.dumps(said), "utf-8")
        return company.cpctl(
            "approvals", "import", "--from", "gitlab", "--event", str(path), *ends,
            home="gate", expect=expect,
        ).said  # fmt: skip

    commit = company.git("rev-parse", "main")
    assert "into the branch `side`" in take_hook("side", "--base", "main", expect=2)
    assert "--into" in take_hook("main", "--base", commit, expect=2)
    assert listed(company) == []
    whose = ("--base", "main", "--repository")
    assert "wanted" in take_hook("main", *whose, "meridian/fork", expect=2)
    assert listed(company) == []
    take_hook("main", *whose, "Meridian/platform", expect=0)
    take_hook("main", "--base", "main", expect=0)
    take_hook("main", "--base", commit, "--into", "main", expect=0)


def test_a_key_that_may_not_import_says_nothing(company: Company) -> None:
    company.cpctl(
        "keys", "init", "--holder", "mal", "--purpose", "import", "--purpose", "log", home="mal"
    )
    assert "does not let key mal-import import" in take(
        company, event(company), home="mal", expect=2
    )
    assert listed(company) == []


@pytest.mark.parametrize("content", ["{", "[]x", '{"reviews": 3}', "\u00ff"])
def test_an_event_that_is_none_is_refused_in_words(company: Company, content: str) -> None:
    path = company.folder / "bad.json"
    path.write_text(content, "latin-1")
    said = take(company, str(path), expect=2)
    assert "next: " in said
