"""A snapshot made of another: the same but for the files in which two commits differ.

It is what `snapshot.read` gives, at a cost that grows with the change. The other one, the *origin*,
was found sound, so that only what changed can be wrong, and what refers to a name that went. Where
more than that could have become wrong (a pack, a name that stands twice), everything is looked at,
and where even a path is unusual nothing is derived and the commit is to be read.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Collection, Iterator, Mapping, MutableMapping, Set
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Final, cast

from controlplane.repo import checks, paths, yaml
from controlplane.repo.cache import ParseCache
from controlplane.repo.checks import Document
from controlplane.repo.git import Entry, EntryKind, GitRepository
from controlplane.repo.git.differing import Difference, differing
from controlplane.repo.image import Imaged, taken
from controlplane.repo.layout import CONTENT, REPOSITORY_FILE, Places
from controlplane.repo.overlaid import Overlaid
from controlplane.repo.parse import ParsedFile
from controlplane.repo.snapshot import Contents, Snapshot, parse_entry
from controlplane.repo.source import CommitSource
from controlplane.resources import Resource
from controlplane.resources.repository import Repository
from controlplane.values import FieldPath, Position, Problem

MOST: Final = 2000  # files; a change of more is read whole, which takes about as long
_FILES = frozenset({EntryKind.FILE, EntryKind.EXECUTABLE})
_ELSEWHERE = frozenset({"Pack", "Repository"})  # what these say concerns documents that stayed
TOGETHER: Final = frozenset({"Cluster", "ComputeEngine"})
"""Kinds of which a reference can mean either: what stayed may mean one that comes as well."""


@dataclass(frozen=True)
class _Made:
    """The files that differ from the origin, those that came and went among them."""

    changed: frozenset[str]
    new: tuple[str, ...]
    gone: frozenset[str]


class Derived(Snapshot):
    """A snapshot of which all but `changed` (paths) is its origin's. See `derive`."""

    def __init__(
        self,
        origin: Snapshot,
        source: CommitSource,
        contents: Contents,
        parsed: Mapping[str, ParsedFile],
        made: _Made,
    ) -> None:
        super().__init__(source, contents, parsed)
        self.origin, self.changed, self._made = origin, made.changed, made
        self._before = tuple(origin.in_files(made.changed))
        self._after = tuple(self.in_files(made.changed))
        self._own = {(d.kind, d.identity): d for d in self._after if d.identity}
        old, new = _named(self._before), _named(self._after)
        self.touched: frozenset[tuple[str, str]] = frozenset(old | new)
        """(kind, identity) of whatever stands in a file that differs."""
        self._went = old - new
        self._alone = len(new) == sum(bool(d.identity) for d in self._after) and not any(
            origin.document(*name) for name in new - old
        )
        self.plain: bool = (
            self._alone
            and not any(kind in _ELSEWHERE for kind, _ in self.touched)
            and not any(f"/{CONTENT}/" in path for path in made.changed)
            and not any(
                origin.document(other, identity)
                for kind, identity in new - old
                if kind in TOGETHER
                for other in TOGETHER - {kind}
            )
        )
        """Whether nothing that stayed can have become wrong but by referring to what went, and
        whatever stayed means what it meant, as far as that is still there."""

    @property
    def owners(self) -> Collection[str]:
        """The tenants that changed, or whose lock did."""
        return sorted({name for kind, name in self.touched if kind in ("Tenant", "PackLock")})

    @cached_property
    def index(self) -> Mapping[str, Mapping[str, Document]]:
        """The documents by kind and identity; of duplicates the first."""
        if not self.plain:
            return checks.index(self.documents)
        found = dict(self.origin.index)
        for kind in {kind for kind, _ in self.touched}:
            after = {d.identity: d for d in self._after if d.identity and d.kind == kind}
            went = {identity for gone, identity in self._went if gone == kind}
            found[kind] = Overlaid(found.get(kind, {}), after, went)
        return {kind: members for kind, members in found.items() if len(members)}

    @cached_property
    def problems(self) -> tuple[Problem, ...]:
        """Everything that is wrong, sorted by place."""
        if not self.plain:
            return self.everything_wrong()
        found = list(self.wrong_in_files(self.changed))
        if self._made.gone:
            found += self.payloads_of_nobody()
        unread = self.unread(self.changed)
        found += checks.check_changed(self._before, self._after, self.index, self._locate, unread)
        found += checks.missing(self._left_behind(), self.names, self._locate, unread)
        return tuple(sorted(set(found)))

    def _left_behind(self) -> Iterator[Document]:
        """Yield what stayed and refers to what went, or to something of that name."""
        if isinstance(self.origin, Imaged):
            found = {who for name in self._went for who in self.origin.referrers(name)}
            documents = (self.origin.document(*who) for who in sorted(found))
            yield from (d for d in documents if d is not None and d.path not in self.changed)
            return
        names = {identity for _, identity in self._went}
        for document in self.origin.documents if names else ():
            if document.path not in self.changed and any(
                reference.name in names for reference in document.parsed.references
            ):
                yield document

    def get(self, kind: str, identity: str) -> Resource | None:
        """Return a resource, None where it is not declared or not valid."""
        if (kind, identity) not in self.touched:
            return self.origin.get(kind, identity)
        return super().get(kind, identity)

    def of_kind(self, kind: str) -> Mapping[str, Resource]:
        """Return the valid resources of a kind by identity, each built when it is asked for."""
        if all(touched != kind for touched, _ in self.touched):
            return self.origin.of_kind(kind)
        return super().of_kind(kind)

    def repository(self) -> Repository | None:
        """Return the document in `repository.yaml`, which is the origin's."""
        return self.origin.repository()

    def valid(self, kind: str) -> list[str]:
        """Return the identities of the valid resources of a kind, sorted."""
        if not self.plain:
            return super().valid(kind)
        own = {identity: d.parsed.valid for (k, identity), d in self._own.items() if k == kind}
        before = self.origin.valid(kind)
        stayed = [i for i in before if i not in own and (kind, i) not in self._went]
        return sorted([*stayed, *(identity for identity, valid in own.items() if valid)])

    def below(self, prefix: str) -> Iterator[tuple[str, Entry]]:
        """Yield the files below `prefix` (ending in a slash) by their whole path, in order."""
        for path, entry in self.origin.below(prefix):
            if path not in self.changed:
                yield path, entry
            elif path in self.entries:
                yield path, self.entries[path]
        for path in self._made.new:
            if path.startswith(prefix):
                yield path, self.entries[path]

    def files(self, prefix: str) -> Mapping[str, Callable[[], bytes]]:
        """Return a way to read each file below `prefix` (ending in a slash), by its whole path."""
        if not any(path.startswith(prefix) for path in self.changed):
            return self.origin.files(prefix)
        return super().files(prefix)

    def content_digest(self, pack: str) -> str:
        """Return the digest of a pack's payload, by `name@version`; KeyError if unknown."""
        prefix = self.content_prefix(pack)
        if ("Pack", pack) in self.touched or any(p.startswith(prefix) for p in self.changed):
            return super().content_digest(pack)
        return self.origin.content_digest(pack)

    def _locate(self, document: Document, path: FieldPath) -> Position:
        if document.path not in self.changed:
            return self.origin._locate(document, path)
        return super()._locate(document, path)


def found_sound(base: Snapshot, head: Snapshot) -> bool:
    """Whether `head` was derived from `base`, in which nothing was found then."""
    return isinstance(head, Derived) and head.origin is base


def may_differ(base: Snapshot, head: Snapshot) -> Set[str]:
    """Return the paths among which all are that differ between two snapshots."""
    one, other = _since(base), _since(head)
    if one[0] is other[0]:
        return one[1] | other[1]
    return base.entries.keys() | head.entries.keys()


def _since(snapshot: Snapshot) -> tuple[Snapshot, frozenset[str]]:
    if isinstance(snapshot, Derived):
        return snapshot.origin, snapshot.changed
    return snapshot, frozenset()


def derive(
    origin: Snapshot, repository: GitRepository, revision: str, parse: ParseCache
) -> Derived | None:
    """Return the snapshot of a commit, None where that is to be read from the beginning.

    `origin` is a commit's snapshot in which lint found nothing. Raises what `snapshot.read` does.
    """
    if origin.commit is None or isinstance(origin, Derived):
        return None
    source, places = CommitSource(repository, revision), origin.places
    found = differing(repository, origin.tree_id, source.tree_id, lambda p: _enters(places, p))
    differences = [
        each for each in islice(found, MOST + 1) if _is_read(places, each.after or each.before)
    ]
    if len(differences) > MOST or _unusual(origin, source, differences):
        return None
    entries: dict[str, Entry] = {}
    parsed: dict[str, ParsedFile] = {}
    changed: set[str] = set()
    gone: set[str] = set()
    for each in differences:
        before, after = (_file(entry) for entry in (each.before, each.after))
        if after is not None:
            entries[after.path] = after
            if places.is_resource(after.path):
                parsed[after.path] = parse_entry(source, after, parse)
        elif before is not None:
            gone.add(before.path)  # also where a directory came in its place
        changed.update(entry.path for entry in (before, after) if entry is not None)
    made = _Made(
        frozenset(changed),
        tuple(path for path in entries if path not in origin.entries),
        frozenset(gone),
    )
    unparsed = [path for path in gone if path in origin.parsed]
    contents = Contents(places, Overlaid(origin.entries, entries, gone), ())
    return Derived(origin, source, contents, Overlaid(origin.parsed, parsed, unparsed), made)


def _file(entry: Entry | None) -> Entry | None:
    """Return an entry that is a file; None for nothing, and for a directory."""
    return entry if entry is not None and entry.kind in _FILES else None


def _named(documents: Collection[Document]) -> set[tuple[str, str]]:
    return {(d.kind, d.identity) for d in documents if d.identity}


def _enters(places: Places, directory: str) -> bool:
    """Whether a directory (ending in a slash) holds what is read, or holds one that does."""
    return any(d.startswith(directory) or directory.startswith(d) for d in places.roots)


def _is_read(places: Places, entry: Entry | None) -> bool:
    """Whether a path is one of a snapshot's: at the top, or below a directory that is read."""
    return entry is not None and ("/" not in entry.path or entry.path.startswith(places.roots))


def _unusual(origin: Snapshot, source: CommitSource, found: Collection[Difference]) -> bool:
    """Whether the whole revision must be read to say what the change makes of it."""
    for each in found:
        for entry in (each.before, each.after):
            if entry is not None and entry.kind not in (*_FILES, EntryKind.TREE):
                return True
    came = [each.after for each in found if each.after is not None]
    files = [entry for entry in came if entry.kind in _FILES]
    if any(entry.path == REPOSITORY_FILE for entry in _either(found)):
        return True
    resources = [entry for entry in files if origin.places.is_resource(entry.path)]
    if any(source.size(entry) > yaml.DEFAULT.size for entry in resources):
        return True
    new = [each.after for each in found if each.before is None and each.after is not None]
    # The order of files that are no resources could count for whoever goes through them.
    if any(not origin.places.is_resource(entry.path) for entry in new):
        return True
    # What Windows takes for the same path is looked for only where paths come.
    return any(paths.check(came, lambda entry: entry.path, _taken(origin) if new else {}))


def _either(found: Collection[Difference]) -> Iterator[Entry]:
    for each in found:
        yield from (entry for entry in (each.before, each.after) if entry is not None)


def _taken(origin: Snapshot) -> MutableMapping[str, str]:
    """Return the paths of the origin, folded, to add to; worked out once for each."""
    if isinstance(origin, Imaged):
        return ChainMap({}, cast("MutableMapping[str, str]", origin.taken))  # the first is written
    if __name__ not in origin.worked_out:
        origin.worked_out[__name__] = taken(origin)
    return ChainMap({}, origin.worked_out[__name__])
