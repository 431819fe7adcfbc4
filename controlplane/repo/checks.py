"""What can only be seen across files: duplicates, references that resolve to nothing, cycles.

Works on parsed documents and their recorded references; asks for the place of a field only where
something is wrong.
"""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache

from controlplane.repo.layout import REPOSITORY_FILE
from controlplane.repo.parse import FoundReference, ParsedDocument
from controlplane.resources.versions import PackVersion, VersionRange
from controlplane.values import FieldPath, Position, Problem, dotted

# Fields through which a resource depends on another of its own kind, so that a circle is an error.
_CHAINS: Mapping[str, FieldPath] = {
    "Tenant": ("spec", "parent"),
    "PricePlan": ("spec", "supersedes"),
    "Environment": ("spec", "after"),
    "Pack": ("spec", "fallback"),
}


@dataclass(frozen=True)
class Document:
    """One document of a snapshot: `index` is its number in the file, from 0."""

    path: str
    index: int
    blob_id: str
    parsed: ParsedDocument

    @property
    def kind(self) -> str:
        """The kind it declares, "" where that cannot be told."""
        return self.parsed.kind

    @property
    def identity(self) -> str:
        """What tells it from others of its kind, "" where that cannot be told."""
        return self.parsed.identity

    @property
    def position(self) -> Position:
        """Where the document begins."""
        return Position(self.path, self.parsed.line)


Locate = Callable[[Document, FieldPath], Position]
Index = Mapping[str, Mapping[str, Document]]


def index(documents: Sequence[Document]) -> dict[str, dict[str, Document]]:
    """Return the documents by kind and identity; of duplicates the first in order of paths."""
    found: dict[str, dict[str, Document]] = defaultdict(dict)
    for document in documents:
        if document.identity:
            found[document.kind].setdefault(document.identity, document)
    return dict(found)


class Names:
    """Which names a reference can mean."""

    def __init__(self, known: Index) -> None:
        self._known = known
        self._packs: dict[str, list[str]] = defaultdict(list)
        for identity in known.get("Pack", {}):
            name, _, version = identity.partition("@")
            self._packs[name].append(version)

    def versions(self, pack: str) -> list[str]:
        """Return the versions of a pack that there are, well-formed or not, in no order."""
        return self._packs.get(pack, [])

    def resolve(self, reference: FoundReference) -> tuple[tuple[str, str], ...]:
        """Return the (kind, identity) of everything that `reference` can mean."""
        found: list[tuple[str, str]] = []
        for kind in reference.kinds:
            if kind == "Pack":
                versions = self.versions(reference.name)
                fitting = [v for v in versions if within(reference.range, v)]
                found.extend((kind, f"{reference.name}@{version}") for version in fitting)
            elif reference.name in self._known.get(kind, {}):
                found.append((kind, reference.name))
        return tuple(found)

    def known(self, kinds: tuple[str, ...]) -> list[str]:
        """Return every name of these kinds, for a suggestion."""
        plain = {name for kind in kinds if kind != "Pack" for name in self._known.get(kind, {})}
        return sorted(plain | (set(self._packs) if "Pack" in kinds else set()))


@lru_cache(maxsize=65536)
def within(range_text: str, version: str) -> bool:
    """Whether a version lies in a range ("" for any); answered from memory when asked again."""
    if not range_text:
        return True
    try:
        return VersionRange.parse(range_text).contains(PackVersion.parse(version))
    except ValueError:
        return False


def check(
    documents: Sequence[Document], known: Index, locate: Locate, unread: Set[str] = frozenset()
) -> Iterator[Problem]:
    """Yield every problem between documents, in no particular order.

    `unread` are words in the paths of files of which nothing can be told: what is called so may be
    declared there, so that nobody is told that it is missing.
    """
    names = Names(known)
    yield from _duplicates(documents, known, locate)
    yield from missing(documents, names, locate, unread)
    yield from _cycles(known, names, locate)


def check_changed(
    before: Sequence[Document],
    after: Sequence[Document],
    known: Index,
    locate: Locate,
    unread: Set[str] = frozenset(),
) -> Iterator[Problem]:
    """Yield every problem in which documents are that were sound as `before` and became `after`.

    Only where no name stands twice, and no version of a pack came or went. What stayed can become
    wrong only by a circle, for which a link must come, or where what it refers to went (`missing`).
    """
    names = Names(known)
    yield from missing(after, names, locate, unread)
    if not _links(after) <= _links(before):
        yield from _cycles(known, names, locate)


def _links(documents: Sequence[Document]) -> set[tuple[str, str, str]]:
    """Return (kind, identity, name) of each reference that can be part of a circle."""
    return {
        (document.kind, document.identity, reference.name)
        for document in documents
        if (field := _CHAINS.get(document.kind))
        for reference in document.parsed.references
        if reference.path[: len(field)] == field
    }


def _duplicates(documents: Sequence[Document], known: Index, locate: Locate) -> Iterator[Problem]:
    for document in documents:
        if document.kind == "Repository" and document.path != REPOSITORY_FILE:
            yield Problem(
                document.position,
                "repository/misplaced",
                "a Repository belongs in repository.yaml at the root",
                "move it there; there is one for each repository",
            )
        if not document.identity:
            continue
        first = known[document.kind][document.identity]
        if first is not document:
            yield Problem(
                locate(document, ("metadata", "name")),
                "reference/duplicate",
                f"{document.kind} {document.identity} is declared twice, first at {first.position}",
                "keep one, or give this one another name",
            )


def missing(
    documents: Iterable[Document], names: Names, locate: Locate, unread: Set[str]
) -> Iterator[Problem]:
    """Yield each reference of some documents that means nothing."""
    for document in documents:
        for reference in document.parsed.references:
            if reference.name not in unread and not names.resolve(reference):
                message, remedy, path = _unresolved(reference, names)
                position = locate(document, path)
                yield Problem(position, "reference/missing", message, remedy)


def _unresolved(reference: FoundReference, names: Names) -> tuple[str, str, FieldPath]:
    """Return message, remedy and the field that is to blame: the name, or its range."""
    kinds = " or ".join(reference.kinds)
    versions = names.versions(reference.name) if "Pack" in reference.kinds else []
    if versions:
        there = ", ".join(sorted(versions, key=_by_number))
        message = f"no version of pack {reference.name} is within {reference.range}"
        remedy = f"there is {there}; widen the range or add the version"
        return message, remedy, (*reference.path[:-1], "version")
    near = difflib.get_close_matches(reference.name, names.known(reference.kinds), n=1)
    article = "an" if kinds[0] in "AEIOU" else "a"
    remedy = (
        f"did you mean `{near[0]}`?" if near else f"declare it, or name {article} {kinds} there is"
    )
    return f"there is no {kinds} called {reference.name!r}", remedy, reference.path


def _by_number(version: str) -> tuple[int, ...]:
    return tuple(int(part) if part.isdigit() else 0 for part in version.split("."))


def _cycles(known: Index, names: Names, locate: Locate) -> Iterator[Problem]:
    for kind, field in _CHAINS.items():
        edges = {
            identity: [
                (reference, target)
                for reference in document.parsed.references
                if reference.path[: len(field)] == field
                for target_kind, target in names.resolve(reference)
                if target_kind == kind
            ]
            for identity, document in known.get(kind, {}).items()
        }
        for circle in _circles({i: [t for _, t in found] for i, found in edges.items()}):
            first = circle[0]
            reference = next(r for r, t in edges[first] if t == circle[1 % len(circle)])
            way = " → ".join((*circle, first))
            yield Problem(
                locate(known[kind][first], reference.path),
                "reference/cycle",
                f"`{dotted(field)}` leads back to where it began: {way}",
                "remove one of these references",
            )


def _circles(edges: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, ...]]:
    """Yield one way round for each set of nodes that lead back to themselves.

    Depth-first without recursion, each node and edge once, beginning at the smallest name.
    """
    done: set[str] = set()
    for start in sorted(edges):
        path: list[str] = []
        on_path: dict[str, int] = {}
        stack: list[tuple[str, bool]] = [(start, False)]
        while stack:
            node, leaving = stack.pop()
            if leaving:
                path.pop()
                del on_path[node]
                done.add(node)
            elif node in on_path:
                yield _from_smallest(path[on_path[node] :])
            elif node not in done:
                on_path[node] = len(path)
                path.append(node)
                stack.append((node, True))
                stack.extend((target, False) for target in edges.get(node, ()))


def _from_smallest(circle: list[str]) -> tuple[str, ...]:
    at = circle.index(min(circle))
    return (*circle[at:], *circle[:at])
