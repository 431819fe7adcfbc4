"""Renders tenants from a snapshot. One tenant's fault is a value; it never stops the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from controlplane.render.effective import effective
from controlplane.render.errors import Fault, FieldPlace, RenderError
from controlplane.render.helm import ChartRenderer
from controlplane.render.model import Catalog, PackFiles, RenderedPlacement, Target
from controlplane.repo.snapshot import Snapshot
from controlplane.resources.environment import Environment
from controlplane.resources.pack import Pack
from controlplane.resources.pack_lock import PackLock
from controlplane.resources.targets import Cluster, ComputeEngine
from controlplane.resources.tenant import Tenant
from controlplane.values import Position, Problem


@dataclass(frozen=True)
class Rendered:
    """What some tenants become, and which of them could not be rendered."""

    placements: tuple[RenderedPlacement, ...]
    problems: Mapping[str, tuple[Problem, ...]] = field(default_factory=dict)  # by tenant


class LazyFiles(Mapping[str, bytes]):
    """Files by path, read from Git once, when a template or a digest first asks for them."""

    def __init__(self, files: Mapping[str, Callable[[], bytes]], prefix: str = "") -> None:
        self._files = {path.removeprefix(prefix): read for path, read in files.items()}
        self._known: dict[str, bytes] = {}

    def __getitem__(self, path: str) -> bytes:
        if path not in self._known:
            self._known[path] = self._files[path]()
        return self._known[path]

    def __contains__(self, path: object) -> bool:
        return path in self._files

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)


class PackCatalog(Mapping[str, PackFiles]):
    """Every version of every pack by `name@version`, each with its content when it is asked for."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._packs = snapshot.of_kind("Pack")
        self._found: dict[str, PackFiles] = {}

    def __getitem__(self, identity: str) -> PackFiles:
        if identity not in self._found:
            pack = self._packs[identity]
            if not isinstance(pack, Pack):
                raise KeyError(identity)
            prefix = self._snapshot.content_prefix(identity)
            files = LazyFiles(self._snapshot.files(prefix), prefix)
            digest = self._snapshot.content_digest(identity)
            self._found[identity] = PackFiles(pack, prefix.rstrip("/"), files, digest)
        return self._found[identity]

    def __contains__(self, identity: object) -> bool:
        return identity in self._packs

    def __iter__(self) -> Iterator[str]:
        return iter(self._packs)

    def __len__(self) -> int:
        return len(self._packs)


class Tenants(Mapping[str, Tenant]):
    """The tenants by name, each built when it is asked for: one placement needs two at most."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._known = snapshot.of_kind("Tenant")

    def __getitem__(self, name: str) -> Tenant:
        found = self._known[name]
        if not isinstance(found, Tenant):
            raise KeyError(name)
        return found

    def __contains__(self, name: object) -> bool:
        return name in self._known

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)


def catalog(snapshot: Snapshot) -> Catalog:
    """Return everything that rendering may look up at this revision."""
    targets: dict[str, Target] = {
        name: target
        for kind in ("ComputeEngine", "Cluster")
        for name, target in snapshot.of_kind(kind).items()
        if isinstance(target, Cluster | ComputeEngine)
    }
    environments = snapshot.of_kind("Environment").items()
    root = snapshot.places.templates
    return Catalog(
        environments={n: e for n, e in environments if isinstance(e, Environment)},
        tenants=Tenants(snapshot),
        targets=targets,
        packs=PackCatalog(snapshot),
        templates=LazyFiles(snapshot.files(root)),
        templates_root=root.rstrip("/"),
    )


def render(snapshot: Snapshot, tenants: Iterable[str], charts: ChartRenderer) -> Rendered:
    """Render every placement of `tenants`, in order of their names.

    Raises RendererUnavailableError where a program that a pack needs (helm) is not there.
    """
    everything = catalog(snapshot)
    placements: list[RenderedPlacement] = []
    problems: dict[str, tuple[Problem, ...]] = {}
    for name in sorted(set(tenants)):
        tenant = everything.tenants.get(name)
        if tenant is None:
            continue
        lock = snapshot.get("PackLock", name)
        try:
            placements += effective(
                tenant, lock if isinstance(lock, PackLock) else None, everything, charts
            )
        except RenderError as error:
            problems[name] = tuple(_problem(fault, snapshot) for fault in error.faults)
    return Rendered(tuple(placements), problems)


def _problem(fault: Fault, snapshot: Snapshot) -> Problem:
    """Return a rendering fault as a problem with its place in a file."""
    place = fault.place
    if isinstance(place, FieldPlace):
        position = snapshot.locate(place.kind, place.identity, place.path)
    else:
        position = Position(place.path, place.line, 1)
    return Problem(position, f"render/{fault.code}", fault.message, fault.remedy)
