"""`cpctl render`: every object a tenant becomes, as the reconciler will ask for it."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path

import click

from controlplane import wiring
from controlplane.cli import options, output
from controlplane.cli.reading import state_of
from controlplane.cli.writing import report, write_new
from controlplane.errors import Exit, UsageError
from controlplane.operations.linting import require_sound
from controlplane.operations.rendering import render as render_tenants
from controlplane.operations.scaffold import NewFile
from controlplane.render.model import RenderedPlacement
from controlplane.repo.snapshot import Snapshot
from controlplane.values import Problem
from reconciler.manifests import to_yaml


@click.command()
@click.argument("tenant")
@click.option("--env", "environment", metavar="ENV", help="Only this environment.")
@click.option("--rev", metavar="REV", help="Read a revision instead of the working tree.")
@click.option("--root", default=".", type=click.Path(), help="The repository.")
@options.form("yaml", "json")
@click.option("--output-dir", type=click.Path(path_type=Path), help="One file for each object.")
def render(
    *,
    tenant: str,
    environment: str | None,
    rev: str | None,
    root: str,
    form: str,
    output_dir: Path | None,
) -> int:
    """Show what TENANT becomes on its targets: every object, and the file that produced it."""
    snapshot = require_sound(state_of(root, rev))
    _require_tenant(snapshot, tenant)
    outcome = render_tenants(snapshot, [tenant], wiring.charts())
    problems = outcome.problems.get(tenant, ())
    if problems:
        return _failed(tenant, problems)
    placements = _chosen(outcome.placements, tenant, environment)
    if output_dir is not None:
        report(write_new(output_dir, [file for p in placements for file in _files(p, form)]))
    else:
        output.data(_json(placements) if form == "json" else _yaml(placements))
    for placement in placements:
        output.talk(f"{placement.name}: {len(placement.objects)} objects, {placement.digest}")
    return Exit.CLEAN


def _require_tenant(snapshot: Snapshot, tenant: str) -> None:
    known = list(snapshot.of_kind("Tenant"))
    if tenant in known:
        return
    close = difflib.get_close_matches(tenant, known, n=1)
    raise UsageError(
        f"{snapshot.revision} declares no tenant `{tenant}`",
        remedy=f"did you mean `{close[0]}`?" if close else f"choose one of: {', '.join(known)}",
    )


def _chosen(
    placements: Sequence[RenderedPlacement], tenant: str, environment: str | None
) -> list[RenderedPlacement]:
    chosen = [p for p in placements if environment in (None, p.environment)]
    if not chosen:
        there = ", ".join(dict.fromkeys(p.environment for p in placements))
        where = f"in `{environment}`" if environment else "anywhere"
        raise UsageError(
            f"`{tenant}` is not placed {where}",
            remedy=f"choose one of: {there}" if there else "add it to `spec.placements`",
        )
    return chosen


def _failed(tenant: str, problems: Sequence[Problem]) -> int:
    for problem in problems:
        output.data(f"{problem.position}: {problem.message} [{problem.code}]")
        output.data(f"    → {problem.remedy}")
    output.fail(
        f"`{tenant}` cannot be rendered: {len(problems)} problem(s)",
        f"begin with {problems[0].position}: {problems[0].remedy}",
    )
    return Exit.INVALID_REPOSITORY


def _yaml(placements: Sequence[RenderedPlacement]) -> str:
    """Return one stream of documents, each under the file that produced it."""
    return "".join(
        f"---\n# {placement.name}, from {item.source}\n{to_yaml(item.resource.body).decode()}"
        for placement in placements
        for item in placement.objects
    )


def _json(placements: Sequence[RenderedPlacement]) -> str:
    return output.as_json(
        [
            {
                "tenant": placement.tenant,
                "environment": placement.environment,
                "target": placement.target,
                "namespace": placement.namespace,
                "digest": placement.digest,
                "objects": [
                    {
                        "id": item.resource.id,
                        "digest": item.resource.digest,
                        "pack": item.pack,
                        "source": {"path": item.source.path, "line": item.source.line},
                        "body": item.resource.body,
                    }
                    for item in placement.objects
                ],
            }
            for placement in placements
        ]
    )


def _files(placement: RenderedPlacement, form: str) -> list[NewFile]:
    """Return a file for each object: <tenant>/<environment>@<target>/<Kind>[.<group>]-<name>."""
    folder = f"{placement.tenant}/{placement.environment}@{placement.target}"
    files = []
    for resource in placement.resources:
        body = resource.body
        text = output.as_json(body) + "\n" if form == "json" else to_yaml(body).decode()
        group = body["apiVersion"].rpartition("/")[0]
        name = f"{body['kind']}{group and '.'}{group}-{body['metadata']['name']}"
        files.append(NewFile(f"{folder}/{name}.{form}", text))
    return files
