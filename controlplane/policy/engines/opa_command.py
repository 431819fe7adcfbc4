"""The `opa` command, run without an environment and within a time.

Decides how it is started and how its version and its refusals are read; what it is asked is its
callers' part.
"""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from controlplane.policy.errors import EngineUnavailableError
from controlplane.values import Position, Problem

REMEDY = "install OPA again (`make tools`), or judge with --engine embedded"
PORTABLE = "see `opa check --strict`; docs/policies.md lists what is portable"
SECONDS = 120
NOTHING: Mapping[str, str] = {}


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


def refusals(binary: Path, folder: Path) -> list[Problem]:
    """Return what OPA says against the modules in `folder`, each at its place; empty for nothing.

    `opa check` is asked: what else loads modules names their lines only, for people to read.
    Raises EngineUnavailableError as `run` does.
    """
    done = run(binary, ["check", "--format=json", "."], folder)
    try:
        return located(json.loads(done.stderr or "{}").get("errors", ()))
    except (ValueError, AttributeError):
        return []


def located(errors: Any, paths: Mapping[str, str] = NOTHING) -> list[Problem]:
    """Return errors in OPA's own form as problems; `paths` are those of names given to modules.

    Those that are not of that form are left out.
    """
    found = []
    with contextlib.suppress(KeyError, TypeError, ValueError):
        for error in errors:
            place, words = error["location"], f"{error['code']}: {error['message']}"
            path = paths.get(place["file"], place["file"])
            position = Position(str(path), int(place["row"]), max(1, int(place["col"])))
            found.append(Problem(position, "rego/refused", f"OPA refuses this: {words}", PORTABLE))
    return found
