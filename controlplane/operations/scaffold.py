"""New files: what `cpctl new` and `cpctl init` write, so that it passes lint and gate at once.

Texts come from `scaffolds/`; `@word@` in them stands for what `scaffold_words` looks up. Nothing
is written here, and the day comes in as an argument. Locks are `locking`'s.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pydantic import ValidationError

from controlplane.errors import UsageError
from controlplane.operations.scaffold_words import Lookup
from controlplane.operations.setting import Setting, change
from controlplane.operations.shipped import shipped
from controlplane.repo import yaml
from controlplane.repo.snapshot import Snapshot
from controlplane.resources import Resource, parse
from controlplane.resources.problems import explain
from controlplane.values import dotted

PLACES: Mapping[str, str] = {
    "tenant": "tenants/{name}/tenant.yaml",
    "pack": "catalog/packs/{name}/{version}/pack.yaml",
    "environment": "catalog/environments/{name}.yaml",
    "cluster": "catalog/clusters/{name}.yaml",
    "engine": "catalog/engines/{name}.yaml",
    "price-plan": "catalog/prices/{name}.yaml",
    "budget": "catalog/budgets/{name}.yaml",
    "canary": "catalog/canaries/{name}.yaml",
    "waiver": "catalog/waivers/{name}.yaml",
}
"""What can be made new, and where its file goes in the default layout."""

COPIED = ("policies", "templates", "schemas")
"""Folders that a new repository gets as they come with the program."""


OWN = frozenset({"README.md", ".gitignore"})
"""Files of a new repository that stay as they are where a person has them already."""


@dataclass(frozen=True)
class NewFile:
    """A file to be written: its path in the repository and its text."""

    path: str
    text: str


@dataclass(frozen=True)
class Request:
    """`what` is a key of PLACES, `name` what it is called (a pack also `name@version`)."""

    what: str
    name: str
    today: date
    settings: tuple[Setting, ...] = ()


def new(request: Request, repository: Snapshot) -> tuple[NewFile, ...]:
    """Return the files of something new, the document itself first; a tenant still lacks its lock.

    Raises UsageError for a name or a setting that cannot be, for what is declared already, and
    where the repository lacks what it must refer to.
    """
    name, version = _named(request)
    given = {dotted(setting.path): setting.text for setting in request.settings}
    lookup = Lookup(repository, name, version, request.today, given)
    path = _place(PLACES[request.what].format(name=name, version=lookup.version), repository)
    source = shipped("scaffolds") / "kinds" / request.what
    if source.is_dir():
        texts = _texts(source, path.rpartition("/")[0])
    else:
        texts = {path: source.with_suffix(".yaml").read_text("utf-8")}
    filled = {place: lookup.fill(text) for place, text in texts.items()}
    asked = _valid(filled[path])
    filled[path] = change(filled[path], request.settings)
    made = _valid(filled[path])
    _require_same(asked, made)
    _require_new(made, repository)
    order = sorted(filled, key=lambda place: place != path)
    return tuple(NewFile(place, filled[place]) for place in order)


def starter(today: date) -> tuple[NewFile, ...]:
    """Return the files of a working repository: a first tenant and all it needs, policies, CI."""
    texts = _texts(shipped("scaffolds") / "repository", "")
    files = {
        place.replace("dot-", "."): text.replace("@month@", f"{today:%Y-%m}")
        for place, text in texts.items()
    }
    for folder in COPIED:
        root = shipped(folder)
        for path in _files(root):
            files[f"{folder}/{path.relative_to(root).as_posix()}"] = path.read_text("utf-8")
    return tuple(NewFile(path, text) for path, text in sorted(files.items()))


def _texts(folder: Path, below: str) -> dict[str, str]:
    prefix = f"{below}/" if below else ""
    paths = {prefix + path.relative_to(folder).as_posix(): path for path in _files(folder)}
    return {place: path.read_text("utf-8") for place, path in paths.items()}


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _place(path: str, repository: Snapshot) -> str:
    """Return `path` in the layout that the repository has chosen."""
    tenants, catalog = repository.places.resources[:2]
    folder, _, rest = path.partition("/")
    return {"tenants": tenants, "catalog": catalog}[folder] + rest


def _valid(text: str) -> Resource:
    loaded = yaml.load(text.encode(), "scaffold")
    if loaded.problems:
        raise UsageError(loaded.problems[0].message, remedy=loaded.problems[0].remedy)
    document = loaded.documents[0].value
    try:
        return parse(document)
    except ValidationError as error:
        problems = explain(error, document)
        said = "; ".join(f"{dotted(problem.path)}: {problem.message}" for problem in problems)
        raise UsageError(said, remedy=problems[0].remedy) from error


def _named(request: Request) -> tuple[str, str]:
    name, at, version = request.name.partition("@")
    if at and request.what != "pack":
        raise UsageError(
            f"{request.name!r} names a version, and only a pack has one",
            remedy=f"write `cpctl new {request.what} {name}`",
        )
    return name, version or "1.0.0"


def _require_same(asked: Resource, made: Resource) -> None:
    """Raise UsageError where a setting made another thing of it: its files would be misplaced."""
    if (asked.kind, asked.identity) != (made.kind, made.identity):
        raise UsageError(
            f"--set made {made.kind} {made.identity} of {asked.kind} {asked.identity}",
            remedy="say what it is and is called with KIND and NAME; a pack also NAME@VERSION",
        )


def _require_new(resource: Resource, repository: Snapshot) -> None:
    found = repository.document(resource.kind, resource.identity)
    if found is not None:
        raise UsageError(
            f"{resource.kind} {resource.identity} is already declared in {found.path}",
            remedy=f"choose another name, or edit {found.path}",
        )
