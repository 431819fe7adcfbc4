"""`effective(tenant, …)`: what a tenant becomes on its targets. Pure, and the same every time.

Runs the platform's templates and those of the tenant's packs over what `resolve` looked up, and
gathers the objects in a fixed order. All faults of a tenant are found before it gives up. How a
template, a chart or an input is handled is decided in the modules beside this one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from controlplane.render import context, inputs, objects, recalled, resolve
from controlplane.render.charts import chart_documents
from controlplane.render.context import Scene
from controlplane.render.documents import Document
from controlplane.render.errors import Fault, Faults, FilePlace, RenderError
from controlplane.render.helm import ChartRenderer, Release
from controlplane.render.model import (
    Catalog,
    Intervention,
    PackFiles,
    RenderedObject,
    RenderedPlacement,
)
from controlplane.render.objects import Mode, Owner
from controlplane.render.resolve import Request
from controlplane.render.streams import decoded, parse
from controlplane.resources.pack_lock import PackLock
from controlplane.resources.tenant import Tenant

Json = Any


def effective(
    tenant: Tenant,
    lock: PackLock | None,
    catalog: Catalog,
    charts: ChartRenderer,
    interventions: Sequence[Intervention] = (),
) -> tuple[RenderedPlacement, ...]:
    """Return every placement of `tenant`, in the order in which it declares them.

    `lock` is the tenant's lock file; None where there is none, which is a fault as soon as it has
    a pack. Raises RenderError with all faults of the tenant, RendererUnavailableError where a
    program that is needed (helm) cannot answer.
    """
    faults = Faults()
    rendered = [
        faults.collect(
            _placement, Request(tenant, index, lock, catalog, tuple(sorted(interventions))), charts
        )
        for index in range(len(tenant.spec.placements))
    ]
    faults.raise_if_any()
    return tuple(placement for placement in rendered if placement is not None)


def _placement(request: Request, charts: ChartRenderer) -> RenderedPlacement:
    """Return one whole placement; raises RenderError with everything wrong in it."""
    faults = Faults()
    scene = resolve.scene(request)
    chosen = faults.collect(resolve.packs, request) or []
    files = [pack for _, pack in chosen]
    found = list(faults.collect(_platform, scene, files, request.catalog) or ())
    for index, pack in chosen:
        found += faults.collect(_pack, request, scene, index, pack, charts) or ()
    faults.add(*_twice(found))
    faults.raise_if_any()
    found.sort(key=lambda item: (objects.rank(item.resource.body), item.resource.id))
    placement = request.placement
    return RenderedPlacement(
        request.tenant.metadata.name,
        placement.environment,
        placement.target,
        scene.namespace,
        tuple(found),
    )


def _platform(scene: Scene, packs: Sequence[PackFiles], catalog: Catalog) -> list[RenderedObject]:
    """Return what every tenant gets, from the platform's own templates."""
    root = f"{catalog.templates_root}/kubernetes"
    values = context.for_platform(scene, packs, _settings(f"{root}/settings.yaml", catalog))
    chosen = {
        path: catalog.templates[path]
        for path in catalog.templates
        if path.startswith(f"{root}/tenant/")
    }
    if not any(path.endswith(".j2") for path in chosen):
        message = "there is no template for what every tenant gets"
        remedy = f"restore {root}/tenant/*.yaml.j2"
        raise RenderError([Fault(FilePlace(f"{root}/tenant"), "no-templates", message, remedy)])
    return _finished(_written(chosen, values), scene.owner(), "running")


def _pack(
    request: Request, scene: Scene, index: int, files: PackFiles, charts: ChartRenderer
) -> list[RenderedObject]:
    """Return a pack's objects, or what is left of them where it is not to run."""
    name = files.pack.metadata.name
    given = inputs.given(request.tenant, index, scene.placement.environment)
    accepted = inputs.accepted(given, files)
    mode = resolve.mode(request, name)
    rate = min((act.rate for act in request.acts("throttle", name)), default=100)
    owner = scene.owner(files)
    path = f"{files.pack.spec.render.path}/"
    below = {key: files.files[key] for key in files.files if key.startswith(path)}
    if files.pack.spec.render.kind == "helm":
        told = {"labels": owner.marks(), "serviceAccount": owner.pack, "throttle": rate}
        release = Release(
            name,
            scene.namespace,
            f"{files.root}/{path}".rstrip("/"),
            {key.removeprefix(path): content for key, content in below.items()},
            {**accepted, "controlplane": told},
            given.place(()),
        )
        return _finished(chart_documents(charts.render(release), release.root), owner, mode)
    values = context.for_pack(replace(scene, mode=mode), files, accepted, rate)
    templates = {f"{files.root}/{key}": content for key, content in below.items()}
    return _finished(_written(templates, values), owner, mode)


def _settings(path: str, catalog: Catalog) -> Json:
    """Return the figures the platform's templates share, `{}` where there is no such file."""
    return _first(path, catalog.templates[path]) if path in catalog.templates else {}


@lru_cache(maxsize=16)
def _first(path: str, content: bytes) -> Json:
    return next(iter(parse(path, _text(path, content))), {})


def _text(path: str, content: bytes) -> str:
    try:
        return decoded(content)
    except UnicodeDecodeError as error:
        fault = Fault(FilePlace(path), "encoding", "the file is not UTF-8", "save it as UTF-8")
        raise RenderError([fault]) from error


def _written(files: Mapping[str, bytes], values: Mapping[str, Json]) -> list[tuple[str, Document]]:
    """Run every `*.j2` of `files` over `values`, in the order of their paths."""
    faults = Faults()
    found: list[tuple[str, Document]] = []
    for path in sorted(files):
        if path.endswith(".j2"):
            written = faults.collect(_template, path, files[path], values)
            found += [(path, document) for document in written or ()]
    faults.raise_if_any()
    return found


def _template(path: str, content: bytes, values: Mapping[str, Json]) -> Sequence[Document]:
    return recalled.written(path, _text(path, content), values)


def _finished(
    found: Sequence[tuple[str, Document]], owner: Owner, mode: Mode
) -> list[RenderedObject]:
    """Check and mark what templates wrote; raises RenderError with every object at fault."""
    faults = Faults()
    finished = []
    pack = f"{owner.pack}@{owner.version}" if owner.pack else ""
    for path, document in found:
        place, filled = FilePlace(path, document.line), document.filled
        wrong = _wrong(document, owner, place)
        if wrong:
            faults.add(*wrong)
            continue
        body = objects.kept(objects.marked(document.body, owner), mode)
        if body is not None:
            text = filled.text(body) if filled is not None and mode == "running" else None
            finished.append(RenderedObject.of(body, place, pack, text))
    faults.raise_if_any()
    return finished


def _wrong(document: Document, owner: Owner, place: FilePlace) -> list[Fault]:
    """Return why a document is no object of `owner`; what is known of it is not asked again."""
    filled = document.filled
    if filled is None:
        return list(objects.faults(document.body, owner, place))
    if filled.sound:
        return list(objects.reach(document.body, owner, place))
    wrong = list(objects.faults(document.body, owner, place, filled.form.unsure))
    filled.sound = not wrong
    return wrong


def _twice(found: Sequence[RenderedObject]) -> Iterator[Fault]:
    """Yield a fault for every object that two templates write."""
    first: dict[str, RenderedObject] = {}
    for item in found:
        other = first.setdefault(item.resource.id, item)
        if other is not item:
            message = f"{item.resource.id} is also written by {other.source}"
            yield Fault(item.source, "duplicate-object", message, "rename one of the two")
