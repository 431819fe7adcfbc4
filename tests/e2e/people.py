"""The example company with people of its own: keys, identities, and approvals by them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from controlplane.cli.demo_story import company, without_chart
from tests.e2e.journey import Journey

IDENTITIES = """\
apiVersion: controlplane.dev/v1alpha1
kind: TrustRoot
metadata: {name: meridian}
spec:
  identities:
    - name: platform-lead
      person: ada
      issuer: https://login.meridian.example
      subject: platform@meridian.example
      purposes: [author, approve]
      roles: [platform]
    - name: ada-github
      person: ada
      issuer: https://github.com
      subject: ada
      purposes: [author, approve]
      roles: [platform]
    - name: security-lead
      person: sam
      issuer: https://login.meridian.example
      subject: security@meridian.example
      purposes: [author, approve]
      roles: [security]
    - name: sam-github
      person: sam
      issuer: https://github.com
      subject: sam-sec
      purposes: [approve]
      roles: [security]
    - name: finance-lead
      person: fin
      issuer: https://login.meridian.example
      subject: finance@meridian.example
      purposes: [author, approve]
      roles: [finance]
"""
ADA = "Ada <platform@meridian.example>"
PEOPLE = {"ada": "platform", "sam": "security", "kim": "security", "fin": "finance"}


@dataclass(frozen=True)
class Company(Journey):
    """The example company, gated and approved by its people."""

    @classmethod
    def begin(cls, folder: Path) -> Company:
        """Write the company, with keys of its own, and commit it."""
        made = cls(folder)
        company(made.root)
        without_chart(made.root)
        made.git("init", "-q", "-b", "main")
        made.cpctl("lock")
        made.trust()
        made.commit("Begin")
        return made

    def trust(self) -> None:
        """Make the keys of the pipeline and of everybody, and have the repository trust them."""
        (self.root / "trust" / "meridian.yaml").write_text(IDENTITIES, "utf-8")
        self.keys("gate", "decide", "apply", "import", "log")
        for person, role in PEOPLE.items():
            self.keys(person, "approve", "log", role=role)

    def keys(self, holder: str, *purposes: str, role: str = "robot") -> None:
        """Make the keys of a person or machine, and have the repository trust them."""
        wanted = [word for purpose in purposes for word in ("--purpose", purpose)]
        made = self.cpctl("keys", "init", "--holder", holder, *wanted, "--role", role, home=holder)
        (self.root / "trust" / f"{holder}.yaml").write_text(made.stdout, "utf-8")

    def commit_by(self, author: str, message: str) -> str:
        """Commit everything as somebody else."""
        self.git("add", "-A")
        self.git("commit", "-q", "--author", author, "-m", message)
        return self.git("rev-parse", "HEAD")

    def approve(self, *people: str, more: tuple[str, ...] = (), base: str = "main") -> None:
        """Have people approve the step from `base` to HEAD in their roles."""
        for person in people:
            role = ("--role", PEOPLE[person])
            self.cpctl("approve", "--base", base, *role, *more, home=person)

    def judge(self, *, expect: int, engine: str = "embedded", base: str = "main") -> dict[str, Any]:
        """Return what the gate says of the step from `base` to HEAD."""
        options = ("--base", base, "--engine", engine, "-o", "json")
        done = self.cpctl("gate", *options, expect=expect, home="gate")
        said: dict[str, Any] = json.loads(done.stdout)
        return said

    def denials(self, *, expect: int = 1, **more: str) -> dict[str, dict[str, Any]]:
        """Return what denies the step, by rule; one finding of each."""
        found = [
            f for f in self.judge(expect=expect, **more)["findings"] if f["severity"] == "deny"
        ]
        assert len({each["rule"] for each in found}) == len(found), found
        return {each["rule"]: each for each in found}
