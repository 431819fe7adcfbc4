"""A small repository that the gate judges: one tenant, two rules, on a branch beside `main`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from controlplane.operations.locking import lock
from controlplane.repo.git import GitRepository
from controlplane.repo.snapshot import read
from tests.support import documents
from tests.support.gitrepo import TestRepository
from tests.support.policies import finds, rule

TENANT = "tenants/acme/tenant.yaml"
RULE = "policies/tenancy/first/rule.rego"
NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {{ namespace }}\n"
CONDITIONS = (
    "some zone in input.subject.resource.spec.data.residency\n"
    '\tzone != "eu" # and this is why\n'
    "\tname := input.subject.name"
)


class Gated:
    """The repository at `path`; `files` is what the last commit held."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.made = TestRepository(path)
        self.files = documents.repository() | rule(finds(CONDITIONS, "name"))
        never = finds("input.subject.resource.never")
        self.files |= rule(never, "tenancy/second", subjects="Change")
        self.files["templates/kubernetes/tenant/namespace.yaml.j2"] = NAMESPACE
        self.made.commit(self.files)
        locks, problems = lock(read(GitRepository.open(path), "main"), ())
        assert problems == ()
        self.files |= {change.path: change.text for change in locks}
        self.base = self.commit()
        self.git("checkout", "-q", "-b", "change")

    def commit(self, branch: str = "main") -> str:
        """Commit `files` on a branch, and check them out."""
        made = self.made.commit(self.files, branch=branch, parents=self._parents(branch))
        self.git("checkout", "-q", "-f", branch)
        return made

    def _parents(self, branch: str) -> list[str] | None:
        return None if self.made.git.references.get(f"refs/heads/{branch}") else [self.base]

    def deny(self) -> str:
        """Commit a change on `change` that the rule denies: data may go to the US."""
        self.files[TENANT] = self.files[TENANT].replace("residency: [eu]", "residency: [eu, us]")
        return self.commit("change")

    def repair(self) -> str:
        """Commit a change on `change` that the rule allows."""
        text = self.files[TENANT].replace("residency: [eu, us]", "residency: [eu]")
        self.files[TENANT] = text.replace("  name: acme\n", "  name: acme\n  labels: {a: b}\n")
        return self.commit("change")

    def git(self, *arguments: str) -> str:
        """Run git there and return what it printed."""
        return self.run("git", *arguments).stdout

    def run(self, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a program there, with nothing of the machine but its PATH."""
        return subprocess.run(
            command,
            cwd=self.path,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=check,
            timeout=300,
        )

    def environment(self) -> dict[str, str]:
        """Return the environment of what runs there: this Python's programs are found."""
        home = self.path.with_name(f"{self.path.name}-home")
        home.mkdir(exist_ok=True)
        return {
            "HOME": str(home),
            "CPCTL_HOME": str(home / "cpctl"),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "Ada",
            "GIT_AUTHOR_EMAIL": "ada@acme.example",
            "GIT_COMMITTER_NAME": "Ada",
            "GIT_COMMITTER_EMAIL": "ada@acme.example",
            "PRE_COMMIT_HOME": str(home / "pre-commit"),
        }
