"""A repository of a user's own, and the commands run in it as that user would run them."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

FOUND = "/usr/local/bin:/usr/bin:/bin"  # git is here; what `make tools` builds is not


@dataclass(frozen=True)
class Done:
    """What a command printed and how it ended."""

    code: int
    stdout: str
    stderr: str

    @property
    def said(self) -> str:
        """Everything the user saw."""
        return self.stdout + self.stderr


@dataclass(frozen=True)
class Journey:
    """A folder with a repository, a home with keys, and a directory target."""

    folder: Path

    @property
    def root(self) -> Path:
        """The repository."""
        return self.folder / "platform"

    @property
    def out(self) -> Path:
        """What the directory targets hold."""
        return self.folder / "out"

    @property
    def evidence(self) -> Path:
        """The evidence directory."""
        return self.root / ".git" / "cpctl" / "evidence"

    def cpctl(self, *arguments: str, expect: int = 0, home: str = "home") -> Done:
        """Run a command of ours and insist on its exit code; never a traceback."""
        done = self._run([sys.executable, "-m", "controlplane.cli.main", *arguments], home)
        assert done.code == expect, done.said
        assert "Traceback" not in done.said
        return done

    def git(self, *arguments: str) -> str:
        """Run git and return what it printed."""
        done = self._run(["git", *arguments], "home")
        assert done.code == 0, done.said
        return done.stdout.strip()

    def gate(self, base: str, head: str, *, expect: int = 0, home: str = "home") -> Done:
        """Judge a step on the embedded engine, which is everywhere."""
        step = ("--base", base, "--head", head, "--engine", "embedded")
        return self.cpctl("gate", *step, expect=expect, home=home)

    def apply(self, *arguments: str, expect: int = 0) -> Done:
        """Apply to the directory target."""
        reach = f"*=directory:{self.out}/{{name}}"
        return self.cpctl(
            "apply", "--engine", "embedded", "--connect", reach, *arguments, expect=expect
        )

    def live(self, *, expect: int = 0) -> Done:
        """Ask the directory target how it stands."""
        reach = f"*=directory:{self.out}/{{name}}"
        return self.cpctl("status", "--live", "--connect", reach, expect=expect)

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace the one place where `old` stands in a file of the repository."""
        file = self.root / path
        text = file.read_text("utf-8")
        assert text.count(old) == 1
        file.write_text(text.replace(old, new), "utf-8")

    def commit(self, message: str) -> str:
        """Commit everything and return the commit's id."""
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)
        return self.git("rev-parse", "HEAD")

    def held(self) -> dict[str, str]:
        """Return every manifest that the targets hold, by path."""
        return {
            str(path.relative_to(self.out)): path.read_text("utf-8")
            for path in sorted(self.out.rglob("*.yaml"))
        }

    def entries(self) -> list[str]:
        """Return the summaries of what evidence there is, oldest first."""
        rows = self.cpctl("evidence", "list").stdout.splitlines()[1:]
        return [row.split("   ")[-1].strip() for row in rows]

    def _run(self, command: list[str], home: str) -> Done:
        environment = {
            "CPCTL_HOME": str(self.folder / home),
            "HOME": str(self.folder),
            "NO_COLOR": "1",
            "PATH": FOUND,
            **{name: value for name, value in os.environ.items() if name.startswith("GIT_")},
        }
        place = self.root if self.root.is_dir() else self.folder
        done = subprocess.run(
            command,
            cwd=place,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        return Done(done.returncode, done.stdout, done.stderr)
