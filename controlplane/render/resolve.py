"""What a placement refers to, looked up: environment, target, agency, and its packs as locked.

A reference that leads nowhere is a fault at the field that makes it; nothing is guessed, and a
pack whose content is not what the lock file holds is not rendered.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from controlplane.render.context import Scene
from controlplane.render.errors import Fault, Faults, FieldPlace, RenderError
from controlplane.render.model import Catalog, Intervention, PackFiles
from controlplane.render.objects import Mode
from controlplane.resources.pack_lock import PackLock
from controlplane.resources.targets import Cluster
from controlplane.resources.tenant import Placement, Tenant
from controlplane.values import FieldPath

NAMESPACE_LENGTH = 63
# The reconciler's own is `CONTROL_NAMESPACE` in reconciler/targets/kubernetes/options.py.
_RESERVED = frozenset({"controlplane-system", "default"})
_MODES: dict[str, Mode] = {"suspended": "suspended", "leaving": "leaving"}


@dataclass(frozen=True)
class Request:
    """A placement to render: the one at `index` of the tenant's."""

    tenant: Tenant
    index: int
    lock: PackLock | None
    catalog: Catalog
    interventions: tuple[Intervention, ...]

    @property
    def placement(self) -> Placement:
        """The placement itself."""
        return self.tenant.spec.placements[self.index]

    def acts(
        self, action: Literal["throttle", "fallback", "suspend"], pack: str = ""
    ) -> list[Intervention]:
        """Return the interventions of one kind on this pack; without one, on all of it."""
        name, environment = self.tenant.metadata.name, self.placement.environment
        return [
            act
            for act in self.interventions
            if act.action == action and act.covers(name, environment, pack)
        ]

    def fault(self, path: FieldPath, code: str, message: str, remedy: str) -> Fault:
        """Return a fault at a field of the tenant."""
        return Fault(FieldPlace("Tenant", self.tenant.metadata.name, path), code, message, remedy)


def scene(request: Request) -> Scene:
    """Return the placement with what it refers to; raises RenderError with all that is missing."""
    tenant, placement, catalog = request.tenant, request.placement, request.catalog
    at: FieldPath = ("spec", "placements", request.index)
    environment = catalog.environments.get(placement.environment)
    target = catalog.targets.get(placement.target)
    parent = catalog.tenants.get(tenant.spec.parent) if tenant.spec.parent else None
    missing = Faults()
    if environment is None:
        missing.add(_absent(request, (*at, "environment"), "Environment", placement.environment))
    if target is None:
        missing.add(_absent(request, (*at, "target"), "Cluster", placement.target))
    if tenant.spec.parent and parent is None:
        missing.add(_absent(request, ("spec", "parent"), "Tenant", tenant.spec.parent))
    missing.raise_if_any()
    if environment is None or not isinstance(target, Cluster):
        message = f"`{placement.target}` is not a Cluster, and nothing is rendered for it"
        remedy = "place the tenant on a Cluster"
        raise RenderError([request.fault((*at, "target"), "target-kind", message, remedy)])
    found = Scene(tenant, parent, placement, environment, target, mode(request))
    if len(found.namespace) > NAMESPACE_LENGTH:
        message = f"the namespace `{found.namespace}` is over {NAMESPACE_LENGTH} characters"
        remedy = "give the placement a shorter `namespace`"
        raise RenderError([request.fault(at, "namespace-length", message, remedy)])
    if _is_the_clusters(found.namespace):
        message = f"the namespace `{found.namespace}` is the cluster's own, or the reconciler's"
        remedy = "give the placement a `namespace` that belongs to no one else"
        raise RenderError([request.fault(at, "namespace-reserved", message, remedy)])
    return found


def _is_the_clusters(namespace: str) -> bool:
    """Whether no tenant may have it: what is in it is everybody's, and its roles reach far."""
    return namespace in _RESERVED or namespace.startswith("kube-")


def mode(request: Request, pack: str = "") -> Mode:
    """Return whether the placement, or one pack of it, runs."""
    declared = _MODES.get(request.tenant.spec.lifecycle.stage, "running")
    return "suspended" if declared == "running" and request.acts("suspend", pack) else declared


def packs(request: Request) -> list[tuple[int, PackFiles]]:
    """Return the tenant's packs that belong to the environment, each with its index, by name.

    Raises RenderError with every pack that is not locked, not there, or not what was locked.
    """
    faults = Faults()
    chosen = []
    for index, choice in enumerate(request.tenant.spec.packs):
        override = choice.environments.get(request.placement.environment)
        if override is not None and not override.enabled:
            continue
        files = faults.collect(_pack, request, index)
        if files is not None:
            chosen.append((index, files))
    faults.raise_if_any()
    return sorted(chosen, key=lambda item: request.tenant.spec.packs[item[0]].name)


def _pack(request: Request, index: int) -> PackFiles:
    """Return the pack at `index` as the lock, or an intervention, says."""
    name = request.tenant.spec.packs[index].name
    at: FieldPath = ("spec", "packs", index, "name")
    remedy = f"run `cpctl lock {request.tenant.metadata.name}`"
    environments = request.lock.spec.environments if request.lock else {}
    locked = environments.get(request.placement.environment)
    entry = next((pack for pack in locked.packs if pack.name == name), None) if locked else None
    if entry is None:
        message = f"`{name}` is not locked in {request.placement.environment}"
        raise RenderError([request.fault(at, "not-locked", message, remedy)])
    identity = f"{name}@{entry.version}"
    files = request.catalog.packs.get(identity)
    if files is None:
        message = f"the lock names {identity}, which is not in the catalogue"
        raise RenderError([request.fault(at, "missing", message, remedy)])
    if files.digest != entry.digest:
        message = f"the content of {identity} is {files.digest}, the lock holds {entry.digest}"
        raise RenderError([request.fault(at, "changed-content", message, remedy)])
    return _replaced(request, name, at) or files


def _replaced(request: Request, name: str, at: FieldPath) -> PackFiles | None:
    """Return the version that an intervention puts in the pack's place, None where none does."""
    for act in request.acts("fallback", name):
        files = request.catalog.packs.get(act.replacement)
        if files is None or files.pack.metadata.name != name:
            message = f"`{name}` cannot fall back to {act.replacement!r}: there is no such version"
            remedy = "name a version of the same pack in the budget cap's ladder"
            raise RenderError([request.fault(at, "missing", message, remedy)])
        return files
    return None


def _absent(request: Request, path: FieldPath, kind: str, name: str) -> Fault:
    message = f"there is no {kind} `{name}`"
    return request.fault(path, "missing", message, "correct the name, or add the resource")
