"""A history that begins in another way than it is pinned is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from controlplane.operations import policies
from controlplane.operations.clearing import branch
from controlplane.operations.genesis import (
    Beginning,
    GenesisError,
    UnreadableBeginningError,
    beginning,
    require_pinned,
)
from controlplane.policy import bundle as bundles
from controlplane.policy.errors import PolicyLoadError
from controlplane.policy.rego_module import Module
from controlplane.repo.git import GitRepository
from controlplane.repo.snapshot import Snapshot, read
from tests.support import documents
from tests.support.gitrepo import TestRepository
from tests.support.policies import finds, rule

RULES = rule(finds('input.subject.name == "x"'))
(RULE,) = RULES
OTHER = "sha256:" + "0" * 64


def files(pins: str = "", **more: str) -> dict[str, str]:
    root = documents.document("Repository", "example", pins)
    return documents.repository(root=root) | RULES | more


def pinned(found: Beginning, **other: str) -> str:
    trust, policies = (
        other.get("trust", found.trust_root),
        other.get("policies", found.policies),
    )
    return f'genesis:\n  trustRoot: "{trust}"\n  policies: "{policies}"\n'


class History:
    """A branch whose first revision is not pinned, and a second one that pins."""

    def __init__(self, path: Path) -> None:
        self.made = TestRepository(path / "git")
        self.made.commit(files())
        self.git = GitRepository.open(path / "git")
        self.first = read(self.git, "main")

    def then(self, pins: str) -> Snapshot:
        return read(self.git, self.made.commit(files(pins)))


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path)


def test_the_beginning_that_is_pinned_is_let_through(history: History) -> None:
    second = history.then(pinned(beginning(history.first)))
    require_pinned(history.first, second)
    branch(history.git, "", second.revision).require_pinned()


def test_without_pins_every_beginning_will_do(history: History) -> None:
    require_pinned(history.first, history.first, history.then(""))


@pytest.mark.parametrize("field", ["trustRoot", "policies"])
def test_another_beginning_is_refused(history: History, field: str) -> None:
    name = {"trustRoot": "trust"}.get(field, field)
    second = history.then(pinned(beginning(history.first), **{name: OTHER}))
    with pytest.raises(GenesisError, match=f"repository.yaml:.*{field} is pinned to {OTHER}"):
        branch(history.git, "", second.revision).require_pinned()


def test_after_the_beginning_pins_are_not_asked(history: History) -> None:
    second = history.then(pinned(beginning(history.first), trust=OTHER))
    branch(
        history.git, str(history.first.commit and history.first.commit.id), second.revision
    ).require_pinned()


def test_other_rules_are_another_beginning(history: History) -> None:
    changed = history.made.commit(files(**{RULE: RULES[RULE] + "\n# changed\n"}))
    assert beginning(read(history.git, changed)).policies != beginning(history.first).policies


def test_pins_do_not_change_what_they_pin(history: History) -> None:
    second = history.then(pinned(beginning(history.first)))
    assert beginning(second) == beginning(history.first)


def test_a_beginning_whose_policies_do_not_load_is_named(tmp_path: Path) -> None:
    broken = {path: text.replace("# METADATA", "# NOTHING") for path, text in RULES.items()}
    made = TestRepository(tmp_path)
    commit = made.commit(files() | broken)
    with pytest.raises(UnreadableBeginningError, match=commit) as raised:
        beginning(read(GitRepository.open(tmp_path), commit))
    assert raised.value.remedy


def test_a_beginning_whose_bundle_is_elsewhere_says_how_to_bring_it(tmp_path: Path) -> None:
    source = f"url: 'https://rules.example/b.tar.gz', digest: '{OTHER}', key: pub"
    made = TestRepository(tmp_path)
    commit = made.commit(files(f"policySets:\n  - name: own\n    bundle: {{{source}}}\n"))
    with pytest.raises(UnreadableBeginningError) as raised:
        beginning(read(GitRepository.open(tmp_path), commit))
    assert f"cpctl policy fetch --rev {commit[:12]}`" in raised.value.remedy


def test_rego_that_is_refused_by_now_is_still_what_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An upgrade that refuses more must not make a history's beginning unknown."""
    begun = TestRepository(tmp_path)
    first = begun.commit(files())
    repository = GitRepository.open(tmp_path)
    before = beginning(read(repository, first))

    def stricter(module: Module, *_: object) -> None:
        module.note(None, "rego/later", "a later version refuses this", "write it in another way")

    monkeypatch.setattr(bundles.rego_check, "check", stricter)
    monkeypatch.setattr(policies, "_loaded", {})  # as in a new process
    snapshot = read(repository, first)
    with pytest.raises(PolicyLoadError, match="a later version refuses this"):
        policies.policy_sets(snapshot)
    assert beginning(snapshot) == before
    require_pinned(snapshot, read(repository, begun.commit(files(pinned(before)))))
