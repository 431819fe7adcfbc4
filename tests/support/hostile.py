"""A repository that somebody means to deceive the gate with, and what the gate makes of it.

`main` holds one tenant and two rules: data may be in the EU only, and one that never fires. A case
builds a head upon it; `judge` is the operation behind `cpctl gate`, on the compiled engine.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pygit2

from controlplane.cli.gate_step import Ends
from controlplane.errors import ControlPlaneError, Exit
from controlplane.operations.gate import NOBODY, Agreement, Step, gate, step_between
from controlplane.operations.linting import lint
from controlplane.operations.locking import lock
from controlplane.policy.engine import PolicyEngine
from controlplane.render.helm import HelmCharts
from controlplane.repo.cache import ParseCache
from controlplane.repo.derived import derive
from controlplane.repo.git import GitRepository
from controlplane.repo.snapshot import read
from tests.support import documents
from tests.support.gated import CONDITIONS, NAMESPACE, TENANT
from tests.support.gitrepo import TestRepository
from tests.support.policies import finds, rule

NOW = datetime(2026, 12, 24, 12, tzinfo=UTC)
TEMPLATE = "templates/kubernetes/tenant/namespace.yaml.j2"
ENTRY = {"blob": 0o100644, "tree": 0o40000}


Said = Callable[[GitRepository, Step], Agreement]
"""Gives what people said of a step."""


def nobody(_: GitRepository, __: Step) -> Agreement:
    """Return that nobody said anything."""
    return NOBODY


@dataclass(frozen=True)
class Outcome:
    """How the gate ended: `allow`, `deny`, `indeterminate`, `invalid` or `usage`; and what it said."""

    ended: str
    said: tuple[str, ...] = ()


def files() -> dict[str, str | bytes]:
    """Return what `main` holds, its lock left out."""
    found = documents.repository() | rule(finds(CONDITIONS, "name"))
    found |= rule(finds("input.subject.resource.never"), "tenancy/second", subjects="Change")
    return {**found, TEMPLATE: NAMESPACE}


class Hostile:
    """The repository at `path`."""

    def __init__(
        self, path: Path, engine: PolicyEngine, more: Mapping[str, str | bytes] | None = None
    ) -> None:
        """`more` are files that `main` holds beside those of `files`."""
        self.path, self.engine = path, engine
        self.files = files() | dict(more or {})
        self.made = TestRepository(path)
        self.made.commit(self.files)
        locks, problems = lock(read(GitRepository.open(path), "main"), ())
        assert problems == ()
        self.files |= {change.path: change.text for change in locks}
        self.base = self.made.commit(self.files)

    def fresh(self) -> Hostile:
        """Return the same repository with the files of `main`; what is in Git is shared."""
        other = object.__new__(Hostile)
        other.path, other.engine, other.made = self.path, self.engine, self.made
        other.files, other.base = dict(self.files), self.base
        return other

    def copy(self, path: Path) -> Hostile:
        """Return the same repository elsewhere, for one case."""
        shutil.copytree(self.path, path)
        other = object.__new__(Hostile)
        other.path, other.engine = path, self.engine
        other.files, other.base = dict(self.files), self.base
        other.made = object.__new__(TestRepository)
        other.made.path, other.made.git = path, pygit2.Repository(str(path))
        return other

    @property
    def git(self) -> pygit2.Repository:
        """The repository for what only an attacker would write."""
        return self.made.git

    def abroad(self) -> None:
        """Make head hold what the rule forbids: data in the US."""
        text = str(self.files[TENANT])
        self.files[TENANT] = text.replace("residency: [eu]", "residency: [eu, us]")

    def harmless(self) -> None:
        """Make head hold a change that nothing is wrong with."""
        text = str(self.files[TENANT])
        self.files[TENANT] = text.replace("  name: acme\n", "  name: acme\n  labels: {a: b}\n")

    def head(self, **options: Any) -> str:
        """Commit `files` beside `main` and return the commit."""
        parents = options.pop("parents", [self.base])
        return self.made.commit(self.files, branch="change", parents=parents, **options)

    def raw_tree(self, entries: Mapping[bytes, tuple[int, bytes]] | list[Any]) -> pygit2.Oid:
        """Write a tree as it is given, in that order: (name, (mode, raw object id))."""
        pairs = list(entries.items()) if isinstance(entries, Mapping) else entries
        data = b"".join(
            (mode if isinstance(mode, bytes) else f"{mode:o}".encode()) + b" " + name + b"\0" + oid
            for name, (mode, oid) in pairs
        )
        return self.loose(pygit2.enums.ObjectType.TREE, data)

    def loose(self, kind: Any, data: bytes) -> pygit2.Oid:
        """Write an object without asking whether it is one."""
        return self.git.write(kind, data)

    def graft(self, where: str, added: list[tuple[bytes, tuple[Any, bytes]]]) -> str:
        """Commit head with entries added to the tree of the folder `where` ("" for the root)."""
        commit: Any = self.git.get(self.head())
        root = self._grafted(commit.tree, [s for s in where.split("/") if s], added)
        return self.commit_tree(str(root))

    def _grafted(self, tree: Any, path: list[str], added: list[Any]) -> pygit2.Oid:
        entries = [(e.name.encode(), (int(e.filemode), e.id.raw)) for e in tree]
        if path:
            inner = self._grafted(self.git.get(tree[path[0]].id), path[1:], added)
            entries = [
                (name, (mode, inner.raw)) if name == path[0].encode() else (name, (mode, oid))
                for name, (mode, oid) in entries
            ]
        else:
            entries += added
        return self.raw_tree(
            sorted(entries, key=lambda e: e[0] + (b"/" if e[1][0] == ENTRY["tree"] else b""))
        )

    def commit_tree(self, tree: str, parents: list[str] | None = None, more: str = "") -> str:
        """Write a commit of that tree."""
        lines = [f"tree {tree}", *(f"parent {p}" for p in parents or [self.base])]
        who = "Ada Lovelace <ada@acme.example> 1767225600 +0100"
        text = "\n".join([*lines, f"author {who}", f"committer {who}"]) + f"\n{more}\nchange\n"
        return str(self.loose(pygit2.enums.ObjectType.COMMIT, text.encode()))

    def blob(self, data: bytes) -> bytes:
        """Write a blob and return its raw id."""
        return self.git.create_blob(data).raw

    def step(self, head: str, base: str | None = None) -> Step:
        """Return the step to `head`, for what is to be said of it before it is judged."""
        return Ends(base or self.base, head).read(GitRepository.open(self.path))

    def judge(self, head: str, base: str | None = None, said: Said = nobody) -> Outcome:
        """Return what the gate says; what is no error of ours is a failure of the test.

        A gate that kept the base, as one that is served does, must say the same of the head.
        """
        ends = Ends(base or self.base, head)
        outcome = self._outcome(ends.read, said)
        kept = self._outcome(lambda git: _kept(ends, git), said)
        assert outcome.ended == kept.ended, (outcome, kept)
        assert outcome.ended in _ENDED.values() or outcome == kept, (outcome, kept)
        return outcome

    def _outcome(self, read_step: Callable[[GitRepository], Step], said: Said) -> Outcome:
        try:
            git = GitRepository.open(self.path)
            git.refuse_shallow()
            step = read_step(git)
            report = gate(step, self.engine, HelmCharts(None), NOW, said=said(git, step))
        except ControlPlaneError as error:
            assert error.remedy
            assert error.exit_code != Exit.FAULT, error
            return Outcome(_ENDED[error.exit_code], (str(error),))
        if report.problems:
            assert not report.allow
            assert all(problem.remedy for problem in report.problems)
            return Outcome("invalid", tuple(sorted({p.code for p in report.problems})))
        if report.verdict.indeterminate:
            assert not report.allow
            return Outcome("indeterminate", report.details)
        codes = tuple(sorted(f.rule for f in report.findings))
        return Outcome("allow" if report.allow else "deny", codes)


def _kept(ends: Ends, git: GitRepository) -> Step:
    """Return the step with what can be made of its base alone."""
    assert ends.base is not None
    assert ends.head is not None
    base, head = git.resolve(ends.base).id, git.resolve(ends.head).id
    before = read(git, base)
    sound = not lint(before)
    after = derive(before, git, head, ParseCache(None)) if sound else None
    return step_between(before, after or read(git, head), contained=git.is_ancestor(base, head))


_ENDED: Mapping[int, str] = {
    Exit.USAGE: "usage",
    Exit.INVALID_REPOSITORY: "invalid",
    Exit.INDETERMINATE: "indeterminate",
}
