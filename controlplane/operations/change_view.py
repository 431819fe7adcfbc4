"""The change as rules see it, and where in the files what they find in it stands.

Pure. Requirements, owners and people are read from the base only, so that no change says who must
agree to it; what a waiver in it says is read from the head.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from controlplane.operations.owners import owned
from controlplane.operations.people import People
from controlplane.operations.requirements import Needed, needed
from controlplane.operations.subjects import ChangeContext, change_subject
from controlplane.policy.envelope import Subject
from controlplane.repo.changes import Changes, SubjectChange, where
from controlplane.repo.snapshot import Snapshot
from controlplane.values import FieldPath, Position
from evidence.canonical import Json

JUDGING = frozenset({"Environment", "Repository"})
"""Kinds whose settings say what findings weigh."""


@dataclass(frozen=True)
class ChangeView:
    """One change, between two snapshots; `emergency` where an approval claims one."""

    base: Snapshot
    head: Snapshot
    changes: Changes
    emergency: bool = False

    def authors(self) -> list[Json]:
        """Return whom the head's commit names as its author."""
        if self.head.commit is None:
            return []
        return People.of(self.base).authors(iter([self.head.commit.author]))

    def subject(self, authors: Sequence[Json]) -> Subject:
        """Return the subject `Change`, written by `authors`."""
        context = ChangeContext(
            authors=authors,
            requirements=[each.to_json() for each in self.requirements()],
            owners=self.owners(),
            emergency=self.emergency,
            references=self._references(),
        )
        return change_subject(self.changes, _commit(self.base), _commit(self.head), context)

    def requirements(self) -> list[Needed]:
        """Return the approvals that the change needs."""
        return needed(self.base, self.changes, emergency=self.emergency)

    def owners(self) -> list[Json]:
        """Return whose files it touches."""
        repository = self.base.repository()
        owners = repository.spec.code_owners if repository else ()
        return owned(self.changes.paths, owners, self._classes())

    def _classes(self) -> Mapping[str, frozenset[str]]:
        """Return the classes of what changed in each file."""
        found = {file.path: frozenset({file.change_class}) for file in self.changes.files}
        for each in self.changes.subjects:
            found[each.path] = found.get(each.path, frozenset()) | each.classes
        return found

    def locate(self, path: FieldPath) -> Position | None:
        """Return where what a finding about the change points at stands; None for all of it."""
        match path:
            case ("files", int(index), *_) if index < len(self.changes.files):
                return self._first_line(self.changes.files[index].path)
            case ("subjects", int(index), *_) if index < len(self.changes.subjects):
                return self._resource(self.changes.subjects[index])
            case ("owners", int(index), *_) if index < len(self.owners()):
                return self._first_line(self.owners()[index]["paths"][0])
            case ("blastRadius", *_):
                return self._first()
            case ("requirements", int(index), *_) if index < len(self.requirements()):
                found = self.requirements()[index]
                return self.base.locate(found.kind, found.name, found.path)
        return None

    def _references(self) -> Mapping[str, Mapping[str, Json]]:
        """Return the trust roots of the base, and the waivers that change as the head has them."""
        roots = {name: r.for_policy() for name, r in self.base.of_kind("TrustRoot").items()}
        names = [each.identity for each in self.changes.subjects if each.kind == "Waiver"]
        waivers = {name: self.head.get("Waiver", name) for name in names}
        return {
            "TrustRoot": roots,
            "Waiver": {name: each.for_policy() for name, each in waivers.items() if each},
        }

    def _first(self) -> Position | None:
        """Return the first thing that changed: whom all of it reaches stands nowhere."""
        if self.changes.subjects:
            return self._resource(self.changes.subjects[0])
        return self._first_line(self.changes.files[0].path) if self.changes.files else None

    def _resource(self, change: SubjectChange) -> Position:
        if change.operation == "update" and change.fields:
            return where(change, change.fields[0], self.base, self.head)
        snapshot = self.base if change.operation == "delete" else self.head
        return snapshot.locate(change.kind, change.identity, ())

    def _first_line(self, path: str) -> Position:
        """Return the first line of a file that differs from the base."""
        old, new = (_lines(snapshot, path) for snapshot in (self.base, self.head))
        same = next((i for i, pair in enumerate(zip(old, new, strict=False)) if _differ(pair)), -1)
        line = same if same >= 0 else min(len(old), len(new), max(len(new) - 1, 0))
        return Position(path, line + 1)


def _differ(pair: tuple[bytes, bytes]) -> bool:
    return pair[0] != pair[1]


def _lines(snapshot: Snapshot, path: str) -> list[bytes]:
    data = snapshot.file(path)
    return data.splitlines() if data is not None else []


def _commit(snapshot: Snapshot) -> Json:
    """Return what rules may know of a commit; who it says wrote it is a claim, not a proof."""
    if snapshot.commit is None:
        return {}
    author = snapshot.commit.author
    return {"id": snapshot.commit.id, "author": {"name": author.name, "email": author.email}}


def concerns_judging(changes: Changes) -> bool:
    """Whether a change touches how changes are judged: policies, or what findings weigh."""
    settings = any(subject.kind in JUDGING for subject in changes.subjects)
    return settings or any(file.change_class == "policy" for file in changes.files)
