"""A repository with keys and `cpctl reconcile --watch` as a process that follows it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from tests.support.waiting import eventually

TENANT = "tenants/acme/tenant.yaml"


class Fleet:
    """A repository with keys, whose first revision is judged, and a reconciler that may run.

    `prepare` may change the new repository before that revision.
    """

    def __init__(self, folder: Path, prepare: Callable[[Path], None] = lambda _: None) -> None:
        self.folder = folder
        self.repository = folder / "repository"
        self.out = folder / "out"
        self.log = folder / "log"
        self.out.mkdir()
        self.process: subprocess.Popen[bytes] | None = None
        self.environment = {
            **os.environ,
            "CPCTL_HOME": str(folder / "home"),
            "XDG_DATA_HOME": str(folder / "data"),
            "HOME": str(folder),
        }
        self.cpctl("init", str(self.repository), cwd=folder)
        settings = self.repository / "repository.yaml"
        text = settings.read_text().replace("gate-then-apply", "refuse")
        settings.write_text(text)
        prepare(self.repository)
        self.git("init", "-q", "-b", "main")
        trust = self.cpctl("keys", "init", "--holder", "ci")
        (self.repository / "trust").mkdir(exist_ok=True)
        (self.repository / "trust" / "ci.yaml").write_text(trust)
        self.commit("Begin")
        self.cpctl("gate", "--genesis")

    def run(self, *command: str, cwd: Path | None = None) -> str:
        done = subprocess.run(
            command,
            check=False,
            cwd=cwd or self.repository,
            env=self.environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def cpctl(self, *arguments: str, cwd: Path | None = None) -> str:
        return self.run(sys.executable, "-m", "controlplane.cli.main", *arguments, cwd=cwd)

    def git(self, *arguments: str) -> str:
        return self.run("git", *arguments)

    def commit(self, message: str) -> str:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)
        return self.git("rev-parse", "HEAD").strip()

    def replicas(self, number: int) -> None:
        path = self.repository / TENANT
        kept = re.sub(r"\n *config: .*", "", path.read_text()).rstrip("\n")
        path.write_text(f"{kept}\n      config: {{replicas: {number}}}\n")

    def judged(self, branch: str, message: str) -> str:
        """Commit to `branch`, have that judged, merge it, and return the revision."""
        self.git("checkout", "-q", "-b", branch)
        revision = self.commit(message)
        self.cpctl("gate", "--base", "main", "--head", branch)
        self.git("checkout", "-q", "main")
        self.git("merge", "-q", "--ff-only", branch)
        return revision

    def verify(self) -> None:
        """Verify what the log of evidence holds."""
        (self.folder / "trust.json").write_text(self.cpctl("keys", "trust"))
        trust = ["--trust", str(self.folder / "trust.json")]
        self.cpctl("evidence", "verify", "--log", ".git/cpctl/evidence", *trust)

    def start(self, *options: str) -> None:
        connect = f"*=directory:{self.out}/{{name}}"
        command = [sys.executable, "-m", "controlplane.cli.main", "reconcile", "--watch"]
        given = ["--connect", connect, "--listen", "127.0.0.1:0", *options]
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [*command, *given], cwd=self.repository, env=self.environment, stderr=output
            )

    def stop(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(60)
        self.process = None
        return code

    def close(self) -> None:
        """End a reconciler that still runs, whatever it does."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def said(self, *words: str) -> bool:
        return any(all(w in line for w in words) for line in self.log.read_text().splitlines())

    def says(self, *words: str) -> None:
        assert eventually(lambda: self.said(*words)), self.log.read_text()

    def phases(self, placement: str) -> list[str]:
        """Return how a placement stood, one entry for each change."""
        return re.findall(rf" placement={re.escape(placement)} phase=(\S+)", self.log.read_text())

    def deployed(self) -> str:
        return next(self.out.glob("**/apps_v1_Deployment*")).read_text()

    @property
    def url(self) -> str:
        self.says(" started ")
        found = re.findall(r"listen=(\S+)", self.log.read_text())
        return f"http://{found[-1]}"

    def ask(self, path: str, body: bytes | None = None, **headers: str) -> tuple[int, str]:
        request = urllib.request.Request(self.url + path, data=body, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
