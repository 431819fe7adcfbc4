"""The `opa` command: the rules' own tests and OPA's strict checks, in a scratch folder.

Decides how OPA is asked about files that are not on disk as they are judged, and how its answer
becomes problems at their places. Evaluating policies for a decision is left to `opa`.
"""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from controlplane.policy.engines import opa_command
from controlplane.policy.model import PolicyModule
from controlplane.values import Position, Problem
from evidence.canonical import Json

SECONDS = 300


def check(binary: Path, modules: Iterable[PolicyModule]) -> list[Problem]:
    """Return what `opa check --strict` says against the modules."""
    with tempfile.TemporaryDirectory(prefix="cpctl-") as scratch:
        _write(Path(scratch), modules, {})
        done = opa_command.run(
            binary, ["check", "--strict", "--format=json", "."], Path(scratch), SECONDS
        )
    if done.returncode == 0:
        return []
    return [_checked(error) for error in _errors(done)] or [_unclear(done)]


def run_tests(
    binary: Path, modules: Iterable[PolicyModule], data: Mapping[str, Json]
) -> tuple[int, list[Problem]]:
    """Run every `test_…` rule; return how many passed, and those that failed."""
    with tempfile.TemporaryDirectory(prefix="cpctl-") as scratch:
        _write(Path(scratch), modules, data)
        done = opa_command.run(binary, ["test", "--format=json", "."], Path(scratch), SECONDS)
    try:
        results = json.loads(done.stdout or "[]") or []
    except ValueError:
        return 0, [_unclear(done)]
    if not isinstance(results, list):
        return 0, [_checked(error) for error in _errors(done)] or [_unclear(done)]
    failed = [_failed(each) for each in results if _has_failed(each)]
    if not failed and done.returncode != 0:
        failed = [_unclear(done)]
    return len(results) - len(failed), failed


def _write(scratch: Path, modules: Iterable[PolicyModule], data: Mapping[str, Json]) -> None:
    for module in modules:
        place = scratch / module.path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(module.text, encoding="utf-8")
    (scratch / "data.json").write_text(json.dumps(data), encoding="utf-8")


def _has_failed(result: Json) -> bool:
    return bool(result.get("fail") or result.get("error") or result.get("skip"))


def _failed(result: Json) -> Problem:
    place = result.get("location") or {}
    said = (result.get("error") or {}).get("message", "")
    what = "is skipped" if result.get("skip") else "fails"
    return Problem(
        Position(_path(place.get("file", "")), place.get("row", 1), place.get("col", 1)),
        "policy/test",
        f"{result.get('name')} {what}{': ' if said else ''}{said}",
        "correct the rule or its test; `opa test -v policies` shows more",
    )


def _errors(done: subprocess.CompletedProcess[str]) -> list[Json]:
    for text in (done.stderr, done.stdout):
        try:
            found = json.loads(text).get("errors", [])
        except (ValueError, AttributeError):
            continue
        if found:
            return list(found)
    return []


def _checked(error: Json) -> Problem:
    place = error.get("location") or {}
    return Problem(
        Position(_path(place.get("file", "")), place.get("row", 1), place.get("col", 1)),
        f"opa/{error.get('code', 'error').replace('_', '-')}",
        str(error.get("message", "")).splitlines()[0],
        "`opa check --strict` must accept the policies",
    )


def _unclear(done: subprocess.CompletedProcess[str]) -> Problem:
    said = re.sub(r"\s+", " ", done.stderr or done.stdout)[:300]
    return Problem(Position("policies"), "opa/failed", f"opa said: {said}", "run it by hand")


def _path(name: str) -> str:
    return name.removeprefix("./") or "policies"
