"""The scenarios under `tests/fixtures/scenarios`: their files, their locks, and what stops them."""

from __future__ import annotations

import copy
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from controlplane.operations.locking import lock
from controlplane.operations.shipped import shipped
from controlplane.operations.snippet import snippet
from controlplane.repo import yaml
from controlplane.repo.snapshot import Snapshot, snapshot
from controlplane.repo.source import WorktreeSource

FOLDER = Path(__file__).parents[1] / "fixtures" / "scenarios"
NAMES = sorted(path.parent.name for path in FOLDER.glob("*/expect.yaml"))


@dataclass(frozen=True)
class Stop:
    """One change of one field, and what it makes of the scenario."""

    scenario: str
    file: str
    document: int
    field: str
    value: Any
    by: str  # "lint", or the id of the rule that denies
    code: str

    def __str__(self) -> str:
        return f"{self.scenario}: {self.field} → {self.value}"


def expectation(name: str) -> dict[str, Any]:
    """Return `expect.yaml` of a scenario."""
    value: dict[str, Any] = _documents((FOLDER / name / "expect.yaml").read_bytes(), nulls=True)[0]
    return value


def stops(name: str) -> list[Stop]:
    """Return the changes that make a scenario stop being valid."""
    return [
        Stop(name, s["file"], s.get("document", 0), s["field"], s["value"], s["by"], s["code"])
        for s in expectation(name)["stops"]
    ]


def lay_out(name: str, folder: Path) -> Path:
    """Write the repository of a scenario into `folder`, lock files included, and return it."""
    shutil.copytree(FOLDER / "base", folder, dirs_exist_ok=True)
    shutil.copytree(
        FOLDER / name, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("expect.yaml")
    )
    changes, problems = lock(read(folder), [])
    assert problems == ()
    for change in changes:
        path = folder / change.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(change.text, "utf-8")
    return folder


def apply(stop: Stop, folder: Path) -> None:
    """Change the one field in the repository that `lay_out` wrote."""
    path = folder / stop.file
    documents = copy.deepcopy(_documents(path.read_bytes()))
    *way, last = (int(s) if s.isdigit() else s for s in re.findall(r"[^.\[\]]+", stop.field))
    holder = documents[stop.document]
    for step in way:
        holder = holder[step]
    if stop.value is None:
        del holder[last]
    else:
        holder[last] = stop.value
    path.write_text("\n---\n".join(snippet(document) for document in documents) + "\n", "utf-8")


def read(folder: Path) -> Snapshot:
    """Return what the folder declares."""
    return snapshot(WorktreeSource(folder, None))


def _documents(data: bytes, *, nulls: bool = False) -> list[Any]:
    loaded = yaml.load(data, "scenario")
    assert loaded.problems == ()
    return [document.value for document in loaded.documents]


def with_rules(folder: Path) -> Path:
    """Add the shipped policies and templates, so that the repository can be judged."""
    for name in ("policies", "templates"):
        shutil.copytree(shipped(name), folder / name, dirs_exist_ok=True)
    return folder
