"""What a template is told: plain data drawn from the resources, and nothing else of them.

The platform's templates see the tenant's access rules and quotas; a pack's templates see only what
a pack needs to know of where it runs. docs/render.md lists every name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from controlplane.render.model import PackFiles, Target
from controlplane.render.objects import PACK, Mode, Owner
from controlplane.resources.environment import Environment
from controlplane.resources.targets import Cluster
from controlplane.resources.tenant import Placement, Tenant

Json = Any


@dataclass(frozen=True)
class Scene:
    """One placement with everything it refers to, resolved. `parent` is the agency, if any."""

    tenant: Tenant
    parent: Tenant | None
    placement: Placement
    environment: Environment
    target: Target
    mode: Mode

    @property
    def namespace(self) -> str:
        """The namespace of the placement: the one it names, else `<tenant>-<environment>`."""
        name = f"{self.tenant.metadata.name}-{self.environment.metadata.name}"
        return self.placement.namespace or name

    def owner(self, files: PackFiles | None = None) -> Owner:
        """Return whose the objects of the platform, or of a pack, are."""
        tenant, environment = self.tenant.metadata.name, self.environment.metadata.name
        if files is None:
            return Owner(tenant, environment, self.namespace)
        pack = files.pack
        version = str(pack.spec.version)
        return Owner(tenant, environment, self.namespace, pack.metadata.name, version)


def for_platform(scene: Scene, packs: Sequence[PackFiles], settings: Json) -> dict[str, Json]:
    """Return what the platform's own templates see."""
    spec = scene.tenant.spec
    return {
        **_common(scene, scene.owner()),
        "isolation": scene.placement.isolation,
        "quotas": spec.quotas.model_dump(by_alias=True, exclude_none=True),
        "roles": _roles(scene),
        "packs": [_network(files) for files in packs],
        "settings": settings,
    }


def for_pack(scene: Scene, files: PackFiles, given: Json, rate: int) -> dict[str, Json]:
    """Return what a pack's templates see. `rate` is the share left by a throttle, in percent."""
    owner = scene.owner(files)
    spec = files.pack.spec
    return {
        **_common(scene, owner),
        "pack": {"name": owner.pack, "version": owner.version, "type": spec.type},
        "input": given,
        "throttle": rate,
        "selector": {PACK: owner.pack},
        "serviceAccount": owner.pack,
    }


def _common(scene: Scene, owner: Owner) -> dict[str, Json]:
    tenant, target = scene.tenant, scene.target
    stage = tenant.spec.lifecycle
    purge = {"purgeAfter": str(stage.purge_after)} if stage.purge_after else {}
    parent = {"parent": tenant.spec.parent} if tenant.spec.parent else {}
    return {
        "tenant": {
            "name": tenant.metadata.name,
            "displayName": tenant.metadata.display_name or tenant.metadata.name,
            "plan": tenant.spec.plan,
            "stage": stage.stage,
            "residency": list(tenant.spec.data.residency),
            "risk": tenant.spec.risk.level,
            **purge,
            **parent,
        },
        "environment": {
            "name": scene.environment.metadata.name,
            "tier": scene.environment.spec.tier,
        },
        "target": {
            "name": target.metadata.name,
            "provider": target.spec.provider,
            "region": target.spec.region,
            "zone": target.spec.residency_zone,
            "capabilities": list(target.spec.capabilities),
            **({"podSecurity": target.spec.pod_security} if isinstance(target, Cluster) else {}),
        },
        "namespace": owner.namespace,
        "mode": scene.mode,
        "labels": owner.labels(),
    }


def _roles(scene: Scene) -> list[dict[str, str]]:
    """Return who holds which role here: the tenant's groups, and the agency's as viewers.

    Group names carry the tenant's name in front, as the cluster's authentication configuration
    maps them, so that a group of one issuer can never stand for a group of another.
    """
    environment = scene.environment.metadata.name
    held = {
        (f"{tenant.metadata.name}:{entry.group}", entry.role if own else "viewer")
        for tenant, own in ((scene.tenant, True), (scene.parent, False))
        if tenant is not None and tenant.spec.identity is not None
        for entry in tenant.spec.identity.groups
        if own is False or not entry.environments or environment in entry.environments
    }
    return [{"group": group, "role": role} for group, role in sorted(held)]


def _network(files: PackFiles) -> dict[str, Json]:
    network = files.pack.spec.capabilities.network
    return {
        "name": files.pack.metadata.name,
        "version": str(files.pack.spec.version),
        "type": files.pack.spec.type,
        "egress": _peers(network.egress),
        "ingress": _peers(network.ingress),
    }


@lru_cache(maxsize=1024)
def _peers(peers: tuple[Any, ...]) -> list[dict[str, Json]]:
    """Return peers as data that nobody may change: those of a pack are the same for all tenants."""
    return [_peer(peer) for peer in peers]


def _peer(peer: Any) -> dict[str, Json]:
    given: dict[str, Json] = peer.model_dump(by_alias=True, exclude_none=True)
    given.pop("reason", None)
    return {**given, "ports": list(peer.ports)}
