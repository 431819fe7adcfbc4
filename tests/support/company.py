"""The example that this repository ships, as a snapshot and rendered."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from controlplane.operations import rendering
from controlplane.render.helm import HelmCharts
from controlplane.render.model import RenderedPlacement
from controlplane.repo.snapshot import Snapshot, read_worktree
from reconciler.manifests import to_yaml
from tests.support import binaries
from tests.support.gitrepo import TestRepository

ROOT = Path(__file__).resolve().parents[2]


@lru_cache(maxsize=1)
def company() -> Snapshot:
    """Return the shipped example as it stands in the working tree."""
    return read_worktree(ROOT)


def rendered(*tenants: str) -> dict[str, RenderedPlacement]:
    """Return the placements of `tenants` (default: of all) by name, `acme/prod@eu-1`.

    A tenant with a chart needs helm: RendererUnavailableError where it is missing.
    """
    names = tenants or tuple(company().of_kind("Tenant"))
    outcome = rendering.render(company(), names, HelmCharts(binaries.find("helm")))
    assert not outcome.problems, outcome.problems
    return {placement.name: placement for placement in outcome.placements}


def golden_path(placement: RenderedPlacement) -> Path:
    """Return where a placement is kept as it must come out."""
    file = f"{placement.tenant}.{placement.environment}@{placement.target}.yaml"
    return ROOT / "tests" / "golden" / "render" / file


def golden(placement: RenderedPlacement) -> bytes:
    """Return a placement as it came out; with UPDATE_GOLDEN set, that is kept from now on."""
    documents = [
        f"---\n# from {item.source}\n".encode() + to_yaml(item.resource.body)
        for item in placement.objects
    ]
    text = b"".join(documents)
    if os.environ.get("UPDATE_GOLDEN"):
        golden_path(placement).parent.mkdir(parents=True, exist_ok=True)
        golden_path(placement).write_bytes(text)
    return text


def repository(path: Path) -> str:
    """Make a Git repository of the shipped example at `path` and return the commit's id."""
    files = {
        place.relative_to(ROOT).as_posix(): place.read_bytes()
        for name in ("tenants", "catalog", "templates", "policies", "trust")
        for place in sorted((ROOT / name).rglob("*"))
        if place.is_file()
    }
    files["repository.yaml"] = (ROOT / "repository.yaml").read_bytes()
    return TestRepository(path).commit(files)
