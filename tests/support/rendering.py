"""A small world to render in: one cluster, one pack, one tenant, each as short as it can be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from controlplane.render.effective import effective
from controlplane.render.helm import Release
from controlplane.render.model import Catalog, Intervention, PackFiles, RenderedPlacement
from controlplane.resources import parse
from controlplane.resources.environment import Environment
from controlplane.resources.pack import Pack
from controlplane.resources.pack_lock import PackLock
from controlplane.resources.targets import Cluster, ComputeEngine
from controlplane.resources.tenant import Tenant

VERSION = "controlplane.dev/v1alpha1"
DIGEST = "sha256:" + "0" * 64

NAMESPACE = b"""\
apiVersion: v1
kind: Namespace
metadata:
  name: {{ namespace }}
"""

DEPLOYMENT = b"""\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ pack.name }}
spec:
  replicas: 2
  selector:
    matchLabels: {{ selector }}
  template:
    metadata:
      labels: {{ selector }}
    spec:
      containers: []
"""

CLAIM = b"""\
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: {{ pack.name }}
"""


def resource(kind: str, name: str, spec: Mapping[str, Any]) -> Any:
    """Return the resource of `kind` with this spec."""
    document = {"apiVersion": VERSION, "kind": kind, "metadata": {"name": name}, "spec": spec}
    return parse(document)


def tenant(name: str = "acme", **spec: Any) -> Tenant:
    """Return a tenant in prod on cluster `one`, running pack `web`."""
    given = {
        "data": {"residency": ["eu"]},
        "placements": [{"environment": "prod", "target": "one"}],
        "packs": [{"name": "web", "version": "~=1.0"}],
    }
    found = resource("Tenant", name, {**given, **spec})
    assert isinstance(found, Tenant)
    return found


def lock(packs: Mapping[str, str], environments: tuple[str, ...] = ("prod",)) -> PackLock:
    """Return a lock file that holds each pack at a version, in every environment."""
    entries = [
        {"name": name, "range": f"=={version}", "version": version, "digest": DIGEST}
        for name, version in packs.items()
    ]
    spec = {"tenant": "acme", "environments": {e: {"packs": entries} for e in environments}}
    found = resource("PackLock", "acme", spec)
    assert isinstance(found, PackLock)
    return found


def pack(
    files: Mapping[str, bytes], name: str = "web", version: str = "1.0.0", **spec: Any
) -> PackFiles:
    """Return a pack with this content."""
    given = {"version": version, "summary": "Serves.", "publisher": {"name": "Us"}}
    found = resource("Pack", name, {**given, **spec})
    assert isinstance(found, Pack)
    return PackFiles(found, f"catalog/packs/{name}/{version}/content", files, DIGEST)


@dataclass(frozen=True)
class World:
    """Everything a tenant can refer to; what a test does not say is as plain as possible."""

    packs: tuple[PackFiles, ...] = (pack({"templates/web.yaml.j2": DEPLOYMENT}),)
    tenants: Mapping[str, Tenant] = field(default_factory=dict)
    templates: Mapping[str, bytes] = field(
        default_factory=lambda: {"templates/kubernetes/tenant/namespace.yaml.j2": NAMESPACE}
    )

    def catalog(self) -> Catalog:
        """Return it as rendering takes it."""
        where = {"provider": "p", "region": "r", "residencyZone": "eu"}
        cluster = resource(
            "Cluster",
            "one",
            {**where, "connection": {"kind": "directory", "credentialsRef": "one"}},
        )
        engine = resource(
            "ComputeEngine",
            "hpc",
            {
                **where,
                "engine": "slurm",
                "connection": {"kind": "slurm", "credentialsRef": "hpc"},
            },
        )
        assert isinstance(cluster, Cluster)
        assert isinstance(engine, ComputeEngine)
        environments = {}
        for name in ("dev", "prod"):
            environment = resource("Environment", name, {})
            assert isinstance(environment, Environment)
            environments[name] = environment
        return Catalog(
            environments=environments,
            tenants=self.tenants,
            targets={"one": cluster, "hpc": engine},
            packs={files.pack.identity: files for files in self.packs},
            templates=self.templates,
        )

    def render(
        self,
        of: Tenant | None = None,
        locked: PackLock | None = None,
        interventions: tuple[Intervention, ...] = (),
        charts: FakeCharts | None = None,
    ) -> tuple[RenderedPlacement, ...]:
        """Render a tenant; by default the one that runs `web` in version 1.0.0."""
        return effective(
            of or tenant(),
            locked or lock({"web": "1.0.0"}),
            self.catalog(),
            charts or FakeCharts(),
            interventions,
        )


@dataclass
class FakeCharts:
    """A chart renderer that answers with a text and remembers what it was asked."""

    text: str = ""
    asked: list[Release] = field(default_factory=list)

    def render(self, release: Release) -> str:
        """Return the text."""
        self.asked.append(release)
        return self.text


def bodies(placement: RenderedPlacement) -> dict[str, Mapping[str, Any]]:
    """Return the objects of a placement by `Kind/name`."""
    return {
        f"{item.resource.body['kind']}/{item.resource.body['metadata']['name']}": item.resource.body
        for item in placement.objects
    }
