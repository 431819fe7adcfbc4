"""The `opa` command, run without an environment and within a time.

Decides how it is started and how its version and its refusals are read; what it is asked is its
callers' part.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from controlplane.policy.errors import EngineUnavailableError
from controlplane.values import Position, Problem

REMEDY = "install OPA again (`make tools`), or judge with --engine embedded"
PORTABLE = "see `opa check --strict`; docs/policies.md lists what is portable"
SECONDS = 120


def run(
    binary: Path, arguments: Sequence[str], folder: Path, seconds: int = SECONDS
) -> subprocess.CompletedProcess[str]:
    """Run OPA in `folder`; raises EngineUnavailableError where it cannot be run or is too slow."""
    try:
        return subprocess.run(  # noqa: S603 - the OPA binary of this machine
            [str(binary), *arguments],
            cwd=folder,
            env={},
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise EngineUnavailableError(f"{binary} cannot be run: {error}", remedy=REMEDY) from error


def version(binary: Path) -> str:
    """Return the version of an OPA binary; raises EngineUnavailableError where it says none."""
    found = re.search(r"^Version: (\S+)$", run(binary, ["version"], Path("/")).stdout, re.MULTILINE)
    if not found:
        raise EngineUnavailableError(f"{binary} does not say its version", remedy=REMEDY)
    return found[1]


def refusals(said: str) -> list[Problem]:
    """Return what OPA says against modules, each at its place; empty where it names none."""
    found = re.findall(r"(\S+\.rego):(\d+): (.+)", said)
    return [
        Problem(Position(path, int(line)), "rego/refused", f"OPA refuses this: {words}", PORTABLE)
        for path, line, words in found
    ]
