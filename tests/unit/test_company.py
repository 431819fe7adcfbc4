"""The shipped example: valid, locked, in every corner of the vocabulary, and renderable."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from controlplane.operations.linting import lint
from controlplane.operations.locking import lock
from controlplane.operations.rendering import catalog
from controlplane.resources import KINDS
from controlplane.resources.pack import Pack
from controlplane.resources.tenant import Tenant
from controlplane.schema import json_schema, patterns
from tests.support.company import ROOT, company

IMAGE = re.compile(r"registry\.meridian\.example/[a-z0-9/-]+@sha256:[0-9a-f]{64}")


def tenants() -> Iterator[Tenant]:
    for tenant in company().of_kind("Tenant").values():
        assert isinstance(tenant, Tenant)
        yield tenant


def packs() -> Iterator[Pack]:
    for pack in company().of_kind("Pack").values():
        assert isinstance(pack, Pack)
        yield pack


def test_it_lints() -> None:
    assert lint(company()) == ()


def test_its_locks_are_up_to_date() -> None:
    assert lock(company(), (), ()) == ((), ())


def test_it_shows_every_kind() -> None:
    assert [kind for kind in KINDS if not company().of_kind(kind)] == []


def test_it_shows_every_stage_plan_and_isolation_of_a_tenant() -> None:
    specs = [tenant.spec for tenant in tenants()]
    assert {spec.lifecycle.stage for spec in specs} == {
        "trial", "active", "suspended", "leaving"
    }  # fmt: skip
    assert {spec.plan for spec in specs} == {"core", "growth", "agency"}
    assert {zone for spec in specs for zone in spec.data.residency} == {"eu", "us"}
    assert {p.isolation for spec in specs for p in spec.placements} >= {"namespace", "dedicated"}
    assert sum(spec.parent == "fjord-agency" for spec in specs) == 2
    assert len(specs) >= 12


def test_it_shows_every_type_and_stage_of_a_pack_and_a_chart() -> None:
    specs = [pack.spec for pack in packs()]
    assert {spec.type for spec in specs} == {"task", "connector", "playbook", "symbol"}
    assert {spec.lifecycle.stage for spec in specs} == {
        "preview", "stable", "deprecated", "withdrawn"
    }  # fmt: skip
    assert {spec.render.kind for spec in specs} == {"templates", "helm"}
    names = [pack.metadata.name for pack in packs()]
    assert len(set(names)) >= 6
    assert all(names.count(name) > 1 for name in names)


@pytest.mark.parametrize("identity", sorted(company().of_kind("Pack")))
def test_a_version_of_a_pack_is_whole(identity: str) -> None:
    files = catalog(company()).packs[identity]
    inputs = files.pack.spec.inputs
    if inputs.schema_file is not None:
        text = files.files[inputs.schema_file].decode()
        document: Any = json_schema.load(inputs.schema_file, text).document
        assert all("description" in field for field in document["properties"].values())
    written = b"".join(files.files.values()).decode()
    images = re.findall(r"image: (\S+)", written)
    assert all(IMAGE.fullmatch(image) for image in images)
    for name in (*files.pack.spec.compatibility.packs, files.pack.spec.fallback):
        assert name is None or company().packs(name.name)


def test_every_file_says_which_schema_it_keeps_to() -> None:
    for path in {document.path for document in company().documents}:
        first = (ROOT / path).read_text().partition("\n")[0]
        found = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)
        assert found is not None, path
        assert (ROOT / Path(path).parent / found[1]).resolve().is_file(), path


def test_the_page_on_rendering_names_every_filter_and_limit() -> None:
    from controlplane.render import functions, jinja  # noqa: PLC0415

    page = (ROOT / "docs" / "render.md").read_text()
    for name in {*functions.JINJA_FILTERS, *functions.FILTERS} - {"measured"}:
        assert f"`{name}`" in page or f"`{name}(" in page, name
    bounds = (functions.NODES, jinja.STEPS, jinja.MADE, patterns.LONGEST, json_schema.VALUES)
    for figure in bounds:
        assert f"{figure:,}" in page
