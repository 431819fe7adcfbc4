"""`cpctl demo`: one change from a commit to a proven state, on the example company.

Runs the real commands, one after the other, in a scratch folder, and shows each with what it
printed. It ends badly where a command does not do what the story says it does.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import click

from controlplane import wiring
from controlplane.cli import output
from controlplane.cli.demo_story import (
    CHART,
    IDENTITIES,
    Scene,
    change,
    company,
    drift,
    without_chart,
)
from controlplane.errors import ControlPlaneError, Exit

MAXIMUM = 16  # lines of one command's output that are shown


class DemoError(ControlPlaneError):
    """A command of the demonstration did not do what it does elsewhere."""


@click.command(name="demo")
@click.option("--dir", "folder", type=click.Path(path_type=Path), help="Keep everything here.")
@click.option("--kubeconfig", type=click.Path(path_type=Path, exists=True), help="A cluster, too.")
def command(folder: Path | None, kubeconfig: Path | None) -> int:
    """Show one change denied, corrected, merged, applied, healed and verified."""
    place = folder or Path(tempfile.mkdtemp(prefix="cpctl-demo-"))
    place.mkdir(parents=True, exist_ok=True)
    if any(place.iterdir()):
        raise click.UsageError(f"{place} is not empty")
    stage = Stage(place)
    try:
        _play(stage, kubeconfig)
    finally:
        if folder is None:
            shutil.rmtree(place, ignore_errors=True)
    output.data(
        "\nThat was one change from a commit to a proven state. Three commands to try next:\n"
        "  cpctl init my-platform        a repository of your own, with one tenant and one pack\n"
        "  cpctl explain tenant.spec     what a tenant can say\n"
        "  cpctl policy new tenancy/two-contacts    a rule of your own, with samples and a test"
    )
    if where := unfound(os.environ.get("PATH", "")):
        output.talk(f'first: export PATH="{where}:$PATH"')
    return Exit.CLEAN


def unfound(search: str) -> Path | None:
    """Return the folder of `cpctl` where whoever types that name would not find it."""
    return None if shutil.which("cpctl", path=search) else Path(sys.executable).parent


class Stage:
    """The scratch folder, and how commands are run and shown there."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.repository = place / "meridian"
        self.rendered = place / "rendered"
        self._environment = {
            "CPCTL_HOME": str(place / "home"),  # of the pipeline, which judges and applies
            "HOME": str(place),
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_AUTHOR_NAME": "Ada",
            "GIT_AUTHOR_EMAIL": "ada@meridian.example",
            "GIT_COMMITTER_NAME": "Ada",
            "GIT_COMMITTER_EMAIL": "ada@meridian.example",
            "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', os.defpath)}",
            "NO_COLOR": "1",
        }

    def says(self, text: str) -> None:
        """Tell the audience what comes."""
        output.data(f"\n\x1b[1m── {text}\x1b[0m")

    def git(self, *arguments: str) -> str:
        """Run git and return what it printed."""
        return self._run(["git", *arguments], 0).stdout

    def cpctl(
        self, *arguments: str, expect: int = 0, shown: int = MAXIMUM, home: str = "home"
    ) -> str:
        """Run a command of ours as a user would, show it, and insist on its exit code.

        `home` is whose keys are used: those of the pipeline, or a person's.
        """
        who = "" if home == "home" else f"{home}: "
        output.data(f"{who}$ cpctl {' '.join(arguments)}")
        self._environment["CPCTL_HOME"] = str(self.place / home)
        done = self._run([sys.executable, "-m", "controlplane.cli.main", *arguments], expect)
        lines = (done.stdout + done.stderr).rstrip("\n").splitlines()
        hidden = len(lines) - shown
        if hidden > 0:
            lines = [*lines[: shown - 4], f"… {hidden} more lines …", *lines[-4:]]
        output.data("\n".join(f"  {line}"[:160] for line in lines))
        return done.stdout

    def _run(self, command: Sequence[str], expect: int) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(  # noqa: S603 - our own commands, no shell
            command,
            cwd=self.repository,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        if done.returncode != expect:
            raise DemoError(
                f"`{' '.join(command)}` ended with {done.returncode}, not {expect}: {done.stderr}",
                remedy="run the demonstration again; report this where it comes back",
            )
        return done


def _play(stage: Stage, kubeconfig: Path | None) -> None:
    stage.says("A company of fourteen tenants, as YAML in one Git repository")
    company(stage.repository)
    stage.git("init", "-q", "-b", "main")
    if wiring.program("helm") is None:
        stage.says(f"There is no helm here: the company does without {CHART}, a Helm chart")
        without_chart(stage.repository)
        stage.cpctl("lock", shown=6)
    trust = stage.cpctl("keys", "init", "--holder", "demo", shown=8)
    purposes = ("--purpose", "approve", "--purpose", "log")
    lead = ("keys", "init", "--holder", "bo", *purposes, "--role", "platform")
    _commit_trust(stage, trust, stage.cpctl(*lead, shown=4, home="bo"))
    stage.cpctl("lint")
    stage.says("The first revision is judged by its own policies")
    stage.cpctl("gate", "--genesis", shown=6)
    reach = f"*=directory:{stage.rendered}/{{name}}"
    stage.rendered.mkdir()
    stage.cpctl("apply", "--connect", reach, shown=8)
    _denied(stage)
    _allowed(stage, reach)
    stage.says("Somebody edits what was applied; the reconciler sees it and heals it")
    drift(stage.rendered)
    stage.cpctl("status", "--live", "--connect", reach, expect=1, shown=6)
    stage.cpctl("apply", "--connect", reach, shown=5)
    if kubeconfig is not None:
        _on_kubernetes(stage, kubeconfig)
    _proven(stage)


def _commit_trust(stage: Stage, trust: str, lead: str) -> None:
    """Put the demonstration's own keys and people in the place of the example's."""
    text = trust.replace("  name: demo\n", "  name: meridian\n", 1) + IDENTITIES
    (stage.repository / "trust" / "meridian.yaml").write_text(text)
    (stage.repository / "trust" / "bo.yaml").write_text(lead)
    stage.git("add", "-A")
    stage.git("commit", "-q", "-m", "Begin")


def _denied(stage: Stage) -> None:
    stage.says("A pull request moves an EU tenant to the US and raises what it may spend tenfold")
    stage.git("checkout", "-q", "-b", "to-the-us")
    change(stage.repository, Scene.DENIED)
    stage.git("commit", "-q", "-a", "-m", "Move Aurora Retail to the cheaper cluster")
    stage.cpctl("gate", "--base", "main", "--head", "to-the-us", expect=1, shown=30)
    stage.git("checkout", "-q", "main")


def _allowed(stage: Stage, reach: str) -> None:
    stage.says("Another one asks for two more gateways in production; somebody else must agree")
    stage.git("checkout", "-q", "-b", "more-replicas")
    change(stage.repository, Scene.ALLOWED)
    stage.git("commit", "-q", "-a", "-m", "Give Aurora Retail two more gateways")
    stage.cpctl("diff", "main", "more-replicas")
    step = ("--base", "main", "--head", "more-replicas")
    stage.cpctl("gate", *step, expect=1, shown=12)
    stage.says("Bo, who leads the platform, looks at it and agrees; Ada's own word would not count")
    stage.cpctl("approve", *step, "--role", "platform", home="bo")
    stage.cpctl("approvals", "list", *step)
    stage.cpctl("gate", *step, "-o", "md", shown=22)
    stage.git("checkout", "-q", "main")
    stage.git("merge", "-q", "--no-ff", "-m", "Merge more-replicas", "more-replicas")
    stage.says("Merged: what would be done, and doing it")
    stage.cpctl("plan", "--connect", reach)
    stage.cpctl("apply", "--connect", reach, shown=6)


def _on_kubernetes(stage: Stage, kubeconfig: Path) -> None:
    stage.says("The same on a real Kubernetes API server, for one cluster of the fleet")
    reach = f"*=kubernetes:{kubeconfig}"
    only = ("--tenant", "baltic-foods", "--state", f"sqlite:///{stage.place}/kubernetes.db")
    stage.cpctl("plan", "--tenant", "baltic-foods", "--connect", reach, shown=8)
    stage.cpctl("apply", *only, "--connect", reach, shown=6)
    stage.cpctl("plan", "--tenant", "baltic-foods", "--connect", reach, shown=4)


def _proven(stage: Stage) -> None:
    stage.says("An auditor, offline, a year later")
    commit = stage.git("rev-parse", "HEAD").strip()
    stage.cpctl("evidence", "list", shown=10)
    bundle = str(stage.place / "evidence.json")
    stage.cpctl("evidence", "bundle", commit, "-o", bundle)
    keys = stage.cpctl("keys", "trust", shown=1)
    (stage.place / "trust.json").write_text(keys)
    stage.cpctl("evidence", "verify", bundle, "--trust", str(stage.place / "trust.json"), shown=24)
