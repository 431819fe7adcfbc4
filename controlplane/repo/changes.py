"""What changed between two snapshots, in the product's terms: subjects, fields, classes, reach.

Pure. Files with the same blob id are not looked at, so that the cost grows with the change. A
rename is shown as what it is, a resource that goes and another that comes, each naming the other:
it can hide neither a deletion nor a creation.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from controlplane.repo.checks import Document
from controlplane.repo.compare import FieldChange, compare
from controlplane.repo.derived import may_differ
from controlplane.repo.layout import CONTENT
from controlplane.repo.reach import Reach, Reverse
from controlplane.repo.snapshot import Snapshot
from controlplane.resources import Resource
from controlplane.resources.classes import change_class
from controlplane.values import Position

Operation = Literal["create", "update", "delete"]


@dataclass(frozen=True)
class SubjectChange:
    """One resource that came, went or became another.

    `path` is its file: at head, or at base where it went. `counterpart` is the identity of the
    resource of the same kind and the same content that went or came with it: a rename.
    """

    kind: str
    identity: str
    operation: Operation
    classes: frozenset[str]
    fields: tuple[FieldChange, ...]
    path: str
    counterpart: str = ""


@dataclass(frozen=True)
class FileChange:
    """One file that is no resource: a policy, a template, a pack's content.

    `pack` is the `name@version` of the pack whose content it is, "" otherwise.
    """

    path: str
    operation: Operation
    change_class: str
    pack: str = ""


@dataclass(frozen=True)
class Changes:
    """Everything that changed. `paths` are all files that differ, whatever they hold.

    `reached` is whom the parts of each class reach; `reach` is all of it.
    """

    subjects: tuple[SubjectChange, ...]
    files: tuple[FileChange, ...]
    paths: tuple[str, ...]
    reach: Reach
    reached: Mapping[str, Reach] = field(default_factory=dict)

    @property
    def classes(self) -> frozenset[str]:
        """Every class of change that occurs."""
        found = {name for subject in self.subjects for name in subject.classes}
        return frozenset(found | {file.change_class for file in self.files})

    def subject(self, kind: str, identity: str) -> SubjectChange | None:
        """Return the change to one resource, None where it stayed as it was."""
        wanted = (kind, identity)
        return next((s for s in self.subjects if (s.kind, s.identity) == wanted), None)

    def __bool__(self) -> bool:
        return bool(self.paths)


def changes(base: Snapshot, head: Snapshot) -> Changes:
    """Return what changed from `base` to `head`. Resources that are not valid are left out."""
    paths = _paths(base, head)
    subjects = tuple(_renames(base, head, list(_subjects(base, head, frozenset(paths)))))
    files = tuple(_files(base, head, paths))
    reached = _reach(base, head, subjects, files)
    whole = Reach()
    for part in reached.values():
        whole |= part
    return Changes(subjects, files, paths, whole, reached)


def where(change: SubjectChange, field: FieldChange, base: Snapshot, head: Snapshot) -> Position:
    """Return where a changed field stands: at head, or at base where it is gone."""
    snapshot = base if change.operation == "delete" else head
    return snapshot.locate(change.kind, change.identity, field.path)


def _paths(base: Snapshot, head: Snapshot) -> tuple[str, ...]:
    """Return the files of which content, kind or existence differ."""
    if base.tree_id == head.tree_id:
        return ()
    every = may_differ(base, head)
    return tuple(sorted(p for p in every if base.entries.get(p) != head.entries.get(p)))


def _subjects(
    base: Snapshot, head: Snapshot, paths: frozenset[str]
) -> Iterator[tuple[SubjectChange, Resource | None, Resource | None]]:
    touched = {
        (document.kind, document.identity)
        for snapshot in (base, head)
        for document in snapshot.in_files(paths)
        if document.identity
    }
    for kind, identity in sorted(touched):
        old, new = base.get(kind, identity), head.get(kind, identity)
        if old == new:
            continue
        fields = compare(old, new)
        operation: Operation = "update"
        if old is None or new is None:
            operation = "create" if old is None else "delete"
        classes = {field.change_class for field in fields}
        if operation != "update" or not classes:
            classes.add(change_class(kind, ()))
        document = _document(head if new is not None else base, kind, identity)
        change = SubjectChange(kind, identity, operation, frozenset(classes), fields, document.path)
        yield change, old, new


def _document(snapshot: Snapshot, kind: str, identity: str) -> Document:
    return snapshot.index[kind][identity]


def _renames(
    base: Snapshot,
    head: Snapshot,
    found: list[tuple[SubjectChange, Resource | None, Resource | None]],
) -> Iterator[SubjectChange]:
    """Name the counterpart of each resource that went while one with an equal spec came."""
    gone = [(change, old) for change, old, new in found if new is None]
    came = [(change, new) for change, old, new in found if old is None]
    pairs: dict[tuple[str, str], str] = {}
    taken: set[str] = set()
    for change, old in gone:
        for other, new in came:
            same = other.kind == change.kind and _spec(old) == _spec(new)
            if same and f"{other.kind}/{other.identity}" not in taken:
                taken.add(f"{other.kind}/{other.identity}")
                pairs[change.kind, change.identity] = other.identity
                pairs[other.kind, other.identity] = change.identity
                break
    for change, _, _ in found:
        yield replace(change, counterpart=pairs.get((change.kind, change.identity), ""))


def _spec(resource: Resource | None) -> object:
    return getattr(resource, "spec", None)


def _files(base: Snapshot, head: Snapshot, paths: tuple[str, ...]) -> Iterator[FileChange]:
    packs = {
        snapshot.content_prefix(identity): identity
        for snapshot in (base, head)
        for identity in snapshot.index.get("Pack", {})
    }
    for path in paths:
        snapshot = head if path in head.entries else base
        if snapshot.places.is_resource(path):
            continue
        operation: Operation = "update"
        if path not in base.entries or path not in head.entries:
            operation = "delete" if snapshot is base else "create"
        at = path.find(f"/{CONTENT}/")
        pack = packs.get(path[: at + len(CONTENT) + 2], "") if at >= 0 else ""
        yield FileChange(path, operation, _file_class(snapshot, path), pack)


def _file_class(snapshot: Snapshot, path: str) -> str:
    """Rules are policy; templates and packs' content decide what runs, which is security."""
    if path.startswith(snapshot.places.policies):
        return "policy"
    if path.startswith(snapshot.places.templates) or f"/{CONTENT}/" in path:
        return "security"
    return "routine"


def _reach(
    base: Snapshot,
    head: Snapshot,
    subjects: tuple[SubjectChange, ...],
    files: tuple[FileChange, ...],
) -> Mapping[str, Reach]:
    """Return whom the parts of each class reach, on either side."""
    found: dict[str, Reach] = defaultdict(Reach)
    if not subjects and not files:
        return found
    for file in files:
        found[file.change_class] |= Reach()
    everybody = {file.change_class for file in files if _concerns_everybody(head, file)}
    packs = {(file.pack, file.change_class) for file in files if file.pack}
    for snapshot in (base, head):
        reverse = Reverse.of_snapshot(snapshot)
        for name in everybody:
            found[name] |= reverse.everybody()
        for subject in subjects:
            if snapshot.document(subject.kind, subject.identity) is not None:
                reach = reverse.of(subject.kind, subject.identity)
                for name in subject.classes:
                    found[name] |= reach
        for pack, name in packs:
            if snapshot.document("Pack", pack) is not None:
                found[name] |= reverse.of("Pack", pack)
    return found


def _concerns_everybody(head: Snapshot, file: FileChange) -> bool:
    return file.path.startswith((head.places.policies, head.places.templates))
