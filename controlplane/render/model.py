"""The values that rendering takes and gives. Nothing here computes more than a name or a digest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from controlplane.render.errors import Fault, FilePlace, RenderError
from controlplane.resources.environment import Environment
from controlplane.resources.pack import Pack
from controlplane.resources.targets import Cluster, ComputeEngine
from controlplane.resources.tenant import Tenant
from evidence.canonical import canonical, digest, digest_bytes
from reconciler.manifests import manifest_id
from reconciler.model import Desired, Placement, Resource

Json = Any
Target = Cluster | ComputeEngine


@dataclass(frozen=True)
class PackFiles:
    """One version of a pack with its content.

    `root` is the folder `content/` as a path of the repository; `files` holds what is below it by
    relative path and may read lazily; `digest` names all of it as a lock file does.
    """

    pack: Pack
    root: str
    files: Mapping[str, bytes]
    digest: str


@dataclass(frozen=True)
class Catalog:
    """Everything a tenant can refer to, at one revision.

    `packs` is keyed by `name@version`. `templates` holds the files of the templates folder by
    their path in the repository; `templates_root` is that folder.
    """

    environments: Mapping[str, Environment]
    tenants: Mapping[str, Tenant]
    targets: Mapping[str, Target]
    packs: Mapping[str, PackFiles]
    templates: Mapping[str, bytes]
    templates_root: str = "templates"


@dataclass(frozen=True, order=True)
class Intervention:
    """Something the platform does to a tenant for now, without a commit: a budget cap's step.

    An empty `environment` or `pack` means every one. `rate` is the share of the usual rate that
    is left, in percent, for `throttle`; `replacement` is `name@version`, for `fallback`.
    """

    tenant: str
    action: Literal["throttle", "fallback", "suspend"]
    environment: str = ""
    pack: str = ""
    rate: int = 100
    replacement: str = ""
    reason: str = ""

    def covers(self, tenant: str, environment: str, pack: str) -> bool:
        """Whether it is meant for this pack (`""`: for all of the placement)."""
        return (
            self.tenant == tenant
            and self.environment in ("", environment)
            and self.pack in ("", pack)
        )


@dataclass(frozen=True)
class RenderedObject:
    """One object, and the file that produced it. `pack` is `name@version`, "" for the platform.

    `text` is the body as canonical JSON, over which the resource's digest was taken.
    """

    resource: Resource
    source: FilePlace
    text: bytes = field(repr=False)
    pack: str = ""

    @classmethod
    def of(
        cls, body: Mapping[str, Json], source: FilePlace, pack: str, text: bytes | None = None
    ) -> RenderedObject:
        """Return the object that has this body; `text` is its canonical JSON where it is known."""
        text = canonical(body) if text is None else text
        resource = Resource(manifest_id(body), body, digest_bytes(text))
        return cls(resource, source, text, pack)


@dataclass(frozen=True)
class RenderedPlacement:
    """Everything one environment of a tenant holds on one target, in a fixed order.

    `digest` names ids and bodies: two placements with the same digest are the same to the byte.
    """

    tenant: str
    environment: str
    target: str
    namespace: str
    objects: tuple[RenderedObject, ...]
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        parts = [[item.resource.id, item.resource.digest] for item in self.objects]
        object.__setattr__(self, "digest", digest(parts))

    @property
    def name(self) -> str:
        """The placement as people and findings name it: `acme/prod@eu-west-1`."""
        return f"{self.tenant}/{self.environment}@{self.target}"

    @property
    def resources(self) -> tuple[Resource, ...]:
        """The objects as a target takes them."""
        return tuple(item.resource for item in self.objects)

    def desired(self, revision: str) -> Desired:
        """Return what the reconciler is asked to make so, at `revision`.

        Raises RenderError where a body is not what its text, which was judged, says it is: texts
        are put together from what objects share, and nothing else may be applied.
        """
        for each in self.objects:
            if canonical(each.resource.body) != each.text:
                message = f"{each.resource.id} was not written as it stands"
                fault = Fault(each.source, "object", message, "report this: it is a fault of cpctl")
                raise RenderError([fault])
        placement = Placement(f"{self.tenant}/{self.environment}", self.target)
        return Desired(placement, revision, self.resources)
