"""From the bytes of one file to its documents, the references they make, and all its problems.

The outcome depends on the bytes alone, so that it can be cached under the blob's id: positions
are kept without the path. Whether references resolve is for `checks`, which sees every file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from controlplane.repo import yaml
from controlplane.repo.yaml.limits import DEFAULT, Limits
from controlplane.repo.yaml.strict import StrictDocument
from controlplane.resources import Resource, parse
from controlplane.resources.problems import FieldProblem, explain
from controlplane.resources.references import references
from controlplane.values import FieldPath, Position, Problem


@dataclass(frozen=True)
class FoundReference:
    """A field that names another resource. `range` is "" where any version will do."""

    path: FieldPath
    kinds: tuple[str, ...]
    name: str
    range: str = ""


@dataclass(frozen=True)
class ParsedDocument:
    """One document of a file.

    `kind` and `identity` are "" where they cannot be told. Only where `valid` does `data` give a
    resource; otherwise the file has a problem that says why. `resource` spares building it again
    where it was built already.
    """

    kind: str
    identity: str
    line: int
    valid: bool
    data: Any
    references: tuple[FoundReference, ...]
    resource: Resource | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class ParsedFile:
    """A file; the path of the problems' positions is ""."""

    documents: tuple[ParsedDocument, ...]
    problems: tuple[Problem, ...]


def parse_file(data: bytes, limits: Limits = DEFAULT) -> ParsedFile:
    """Return everything that can be said about a file from its bytes alone."""
    loaded = yaml.load(data, "", limits)
    problems = list(loaded.problems)
    documents: list[ParsedDocument] = []
    suspects: list[tuple[int, tuple[FieldProblem, ...]]] = []
    for index, document in enumerate(loaded.documents):
        parsed, wrong = _document(document)
        documents.append(parsed)
        if wrong:
            suspects.append((index, wrong))
    if not documents and not problems:
        text = "the file holds no resource"
        problems.append(Problem(Position(""), "file/empty", text, "write one, or remove the file"))
    if suspects:
        problems.extend(_placed(suspects, yaml.places(data, "", limits), problems))
    return ParsedFile(tuple(documents), _bounded(sorted(problems), limits.problems))


def _bounded(problems: list[Problem], most: int) -> tuple[Problem, ...]:
    """Return the first `most`, and behind them that there may be more: readers stop there too."""
    if len(problems) < most:
        return tuple(problems)
    text = f"{most} problems of this file are shown, and no more are looked for"
    more = Problem(
        problems[most - 1].position, "file/too-many-problems", text, "mend these, then look again"
    )
    return (*problems[:most], more)


def _document(document: yaml.LoadedDocument) -> tuple[ParsedDocument, tuple[FieldProblem, ...]]:
    """Return the document and what the model has against it."""
    wrong: tuple[FieldProblem, ...] = ()
    resource: Resource | None = None
    if document.complete:
        try:
            resource = parse(document.value)
        except ValidationError as error:
            wrong = explain(error, document.value)
    kind, identity = _name(document.value)
    if resource is not None:
        kind, identity = resource.kind, resource.identity
    found = tuple(_references(resource)) if resource is not None else ()
    valid = resource is not None and not document.faulty
    parsed = ParsedDocument(
        kind, identity, document.line, valid, document.value, found, resource if valid else None
    )
    return parsed, wrong


def _references(resource: Resource) -> Iterator[FoundReference]:
    for each in references(resource):
        text = "" if each.version_range is None else str(each.version_range)
        yield FoundReference(each.path, each.kinds, each.name, text)


def _name(value: Any) -> tuple[str, str]:
    """Return kind and identity of a document that may be wrong, as far as they can be told."""
    if not isinstance(value, dict):
        return "", ""
    kind, metadata, spec = value.get("kind"), value.get("metadata"), value.get("spec")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    if not isinstance(kind, str) or not isinstance(name, str):
        return "", ""
    version = spec.get("version") if isinstance(spec, dict) and kind == "Pack" else None
    return kind, f"{name}@{version}" if isinstance(version, str) else name


def _placed(
    suspects: list[tuple[int, tuple[FieldProblem, ...]]],
    places: list[StrictDocument],
    known: list[Problem],
) -> Iterator[Problem]:
    """Give each problem its place, leaving out those that only follow from a problem of YAML."""
    taken = {problem.position for problem in known}
    for index, wrong in suspects:
        for each in wrong:
            key = each.code in ("extra_forbidden", "missing")
            line, column = places[index].locate(each.path, key=key)
            position = Position("", line, column)
            if position not in taken:
                code = f"field/{each.code.replace('_', '-')}"
                yield Problem(position, code, each.message, each.remedy)
