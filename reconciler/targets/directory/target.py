"""The directory target: one folder of manifests for each placement, changed all at once.

A new tree is built beside the old one, made durable and put in its place in one step, so that
whoever reads the folder, or commits it, sees all of a change or nothing of it. Files that are
not ours are carried over. The inventory lies in the tree and changes with it.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar, Self

from reconciler.crashpoints import reached
from reconciler.errors import ReconcilerError, TargetSettingsError, TargetUnavailableError
from reconciler.manifests import to_yaml
from reconciler.model import (
    Action,
    Desired,
    Health,
    HealthStatus,
    Nudge,
    Observation,
    Outcome,
    Placement,
    Resource,
    Result,
    Standing,
    Verb,
)
from reconciler.targets.base import Target, unfenced
from reconciler.targets.directory import files, inventory, watch
from reconciler.targets.directory.inventory import Entry, Inventory
from reconciler.targets.directory.names import file_name, placement_name, placement_path
from reconciler.targets.directory.observe import Found, stand

Json = Any
_WORK = ".controlplane"  # beside the placements: what is being built, and nothing to commit


class DirectoryTarget(Target):
    """Manifests under one root folder, which is made if the folder it lies in exists."""

    kind: ClassVar[str] = "directory"

    def __init__(
        self, name: str, root: Path, *, pause: Callable[[float], None] = time.sleep
    ) -> None:
        super().__init__(name)
        self._root = root
        self._pause = pause

    @classmethod
    def connect(cls, name: str, settings: Mapping[str, Json]) -> Self:
        """Read the one setting, `path`; raises TargetSettingsError."""
        path = settings.get("path")
        if set(settings) != {"path"} or not isinstance(path, str) or not path:
            raise TargetSettingsError(
                f"target {name}: a directory has one setting, path; found {sorted(settings)}",
                remedy="name the folder to write manifests to, such as path: rendered",
            )
        root = Path(path).resolve()
        for folder in (root, root.parent):  # a missing one may be mounted later
            if folder.exists() and not folder.is_dir():
                raise TargetSettingsError(
                    f"target {name}: {folder} is not a folder",
                    remedy="name the folder to write manifests to, or clear the path",
                )
        return cls(name, root)

    def observe(self, desired: Desired) -> Observation:
        """See Target.observe. Foreign are the other entries of the placement's folder."""
        placement = desired.placement
        with self._reading(placement):
            tree = self._tree(placement)
            recorded = self._load(placement)
            wanted = {resource.id: resource for resource in desired.resources}
            known = wanted.keys() | recorded.entries.keys()
            live = {
                i: stand(i, wanted.get(i), recorded.entries.get(i), _find(tree, i)) for i in known
            }
            others = _entries(tree) - {file_name(i) for i in known} - {inventory.NAME}
        foreign = tuple(sorted(_shown(name) for name in others))
        return Observation(placement, live, frozenset(recorded.entries), foreign)

    def claim(self, placement: Placement, ids: Collection[str]) -> None:
        """See Target.claim."""
        with self._writing(placement):
            recorded = self._load(placement)
            claimed = recorded.with_claims(ids)
            if claimed != recorded:
                self._make_tree(placement)
                self._store(placement, claimed)

    def release(self, placement: Placement, ids: Collection[str]) -> None:
        """See Target.release. An empty folder without inventory is removed."""
        with self._writing(placement):
            recorded = self._load(placement)
            kept = recorded.without(ids)
            if kept.entries and kept != recorded:
                self._store(placement, kept)
            elif not kept.entries:
                self._dissolve(placement)

    def act(
        self,
        placement: Placement,
        actions: Sequence[Action],
        check: Callable[[], None] = unfenced,
    ) -> Iterator[Outcome]:
        """See Target.act. Outcomes are known when the whole new tree is in place."""
        if not actions:
            return
        try:
            with self._writing(placement):
                outcomes = self._rebuild(placement, actions, check)
        except ReconcilerError as error:
            outcomes = [
                Outcome(a.id, a.verb, Result.FAILED, str(error), error.remedy) for a in actions
            ]
        yield from outcomes

    def health(self, placement: Placement, resources: Iterable[Resource]) -> Iterator[Health]:
        """See Target.health. A manifest fares well by being there."""
        with self._reading(placement):
            tree = self._tree(placement)
            there = {resource.id: _find(tree, resource.id).there for resource in resources}
        for identifier, found in there.items():
            yield Health(identifier, HealthStatus.CURRENT if found else HealthStatus.NOT_FOUND)

    def placements(self) -> Iterator[Placement]:
        """See Target.placements."""
        with self._reaching():
            found = sorted(watch.trees(self._root, skip=_WORK))
        for path in found:
            yield Placement(placement_name(PurePosixPath(path)), self.name)

    def watch(self, stop: Callable[[], bool]) -> Iterator[Nudge]:
        """See Target.watch. Folders are looked at again and again; nothing is read."""
        for path in watch.changes(self._root, stop, self._pause, skip=_WORK):
            yield Nudge(Placement(placement_name(PurePosixPath(path)), self.name))

    def _rebuild(
        self, placement: Placement, actions: Sequence[Action], check: Callable[[], None]
    ) -> list[Outcome]:
        """Build the tree in which `actions` are done and put it in place of the one there is."""
        tree, recorded = self._tree(placement), self._load(placement)
        new = self._work("new", placement)
        outcomes = [_judge(tree, recorded, action) for action in actions]
        done = {o.id for o in outcomes if o.result is Result.DONE}
        todo = [action for action in actions if action.id in done]
        if not todo:
            return outcomes
        replaced = {file_name(action.id) for action in todo} | {inventory.NAME}
        new.mkdir()
        for name in _entries(tree) - replaced:
            files.share(tree / name, new)
        entries = {action.id: _write(new, action) for action in todo}
        files.write_new(new / inventory.NAME, inventory.dump(recorded.with_entries(entries)))
        reached("directory.tree.written")
        files.sync([new / name for name in replaced if (new / name).exists()])
        files.sync([new])
        check()
        files.exchange(new, tree, old=self._work("old", placement))
        self._clean(placement)
        return outcomes

    def _load(self, placement: Placement) -> Inventory:
        path = self._tree(placement) / inventory.NAME
        data = files.read_regular(path)
        if data is None and not path.is_symlink() and not path.exists():
            return Inventory(str(placement))
        return inventory.parse(data or b"", str(placement), str(path))

    def _store(self, placement: Placement, value: Inventory) -> None:
        path = self._tree(placement) / inventory.NAME
        beside = self._root / _WORK
        files.replace(path, inventory.dump(value), beside=beside, point="directory.inventory")

    def _make_work(self) -> None:
        """Make the folder in which trees are built; version control is to leave it alone."""
        work = self._root / _WORK
        if not (work / ".gitignore").exists():
            work.mkdir(parents=True, exist_ok=True)
            with suppress(FileExistsError):  # somebody else is a moment earlier
                files.write_new(work / ".gitignore", b"*\n")
            files.sync([work / ".gitignore", work, self._root, self._root.parent])

    def _make_tree(self, placement: Placement) -> None:
        """Make the placement's folder, durably."""
        tree = self._tree(placement)
        for folder in [*reversed(tree.relative_to(self._root).parents), tree]:
            (self._root / folder).mkdir(exist_ok=True)
            files.sync([(self._root / folder).parent])

    def _dissolve(self, placement: Placement) -> None:
        """Remove the inventory, and the folders that are empty without it; again after a crash."""
        tree = self._tree(placement)
        if tree.exists():
            (tree / inventory.NAME).unlink(missing_ok=True)
            files.sync([tree])
            reached("directory.inventory.removed")
        for folder in [tree, *tree.parents[: len(tree.relative_to(self._root).parts) - 1]]:
            if folder.exists():
                if any(folder.iterdir()):
                    return
                folder.rmdir()
                reached("directory.folder.removed")

    def _tree(self, placement: Placement) -> Path:
        return self._root / placement_path(placement.name)

    def _work(self, what: str, placement: Placement) -> Path:
        mark = hashlib.sha256(placement.name.encode()).hexdigest()
        return self._root / _WORK / f"{mark}.{what}"

    def _clean(self, placement: Placement) -> None:
        """Delete what was being built, or was replaced."""
        files.remove_tree(self._work("old", placement))
        files.remove_tree(self._work("new", placement))

    @contextmanager
    def _writing(self, placement: Placement) -> Iterator[None]:
        """Hold the placement alone, with nothing left over from a crash."""
        with self._reaching():
            self._check_path(placement)
            self._make_work()
            with files.locked(self._work("lock", placement)):
                files.restore(self._tree(placement), old=self._work("old", placement))
                self._clean(placement)
                yield

    @contextmanager
    def _reading(self, placement: Placement) -> Iterator[None]:
        """Hold the placement still, whole even if a crash broke off an exchange."""
        with self._reaching():
            self._check_path(placement)
            if not (self._root / _WORK).exists():
                yield
                return
            with files.locked(self._work("lock", placement)):
                files.restore(self._tree(placement), old=self._work("old", placement))
                yield

    @contextmanager
    def _reaching(self) -> Iterator[None]:
        """Turn what the file system says into what a target says."""
        try:
            self._require_parent()
            yield
        except OSError as error:
            raise TargetUnavailableError(
                f"target {self.name}: {error}",
                remedy=f"see that {self._root} can be read and written, and that there is room",
                retry_after=5.0,
            ) from error

    def _require_parent(self) -> None:
        """Refuse to make more than the target itself: what is above may be a missing mount."""
        parent = self._root.parent
        if not parent.is_dir():
            raise TargetUnavailableError(
                f"target {self.name}: there is no folder {parent}",
                remedy=f"mount what belongs there, or make it: mkdir -p {parent}",
                retry_after=5.0,
            )

    def _check_path(self, placement: Placement) -> None:
        """Refuse a path that leads through a link, or into or around another placement's folder."""
        tree = self._tree(placement)
        if tree == self._root or _WORK in tree.relative_to(self._root).parts:
            raise _unusable(self.name, tree, "it is not a name for a folder")
        for folder in [tree, *tree.parents[: len(tree.relative_to(self._root).parts)]]:
            if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
                raise _unusable(self.name, folder, "it is not a folder, or a link to one")
            if folder not in {tree, self._root} and (folder / inventory.NAME).exists():
                raise _unusable(self.name, folder, "another placement has it")
        if not (tree / inventory.NAME).exists() and any(watch.trees(tree, skip="")):
            raise _unusable(self.name, tree, "other placements lie in it")


def _unusable(name: str, path: Path, why: str) -> TargetSettingsError:
    return TargetSettingsError(
        f"target {name}: {path}: {why}", remedy="rename the placement, or clear the path"
    )


def _entries(tree: Path) -> set[str]:
    return {entry.name for entry in tree.iterdir()} if tree.is_dir() else set()


def _shown(name: str) -> str:
    """Return the name of a file as text that evidence can hold: it may be of any bytes."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _find(tree: Path, identifier: str) -> Found:
    path = tree / file_name(identifier)
    content = files.read_regular(path)
    return Found(content is not None or os.path.lexists(path), content)


def _judge(tree: Path, recorded: Inventory, action: Action) -> Outcome:
    """Say whether an action may be done; the outcome is true once the new tree is in place."""
    entry = recorded.entries.get(action.id)
    if entry is None:
        detail = "it is not in the inventory"
        return Outcome(action.id, action.verb, Result.FAILED, detail, "claim it first")
    found = _find(tree, action.id)
    live = stand(action.id, action.resource, entry, found)
    if live.standing is Standing.CONFLICT and action.verb is not Verb.TAKE:
        remedy = "move that file away, or take its place with --take-conflicts"
        return Outcome(action.id, action.verb, Result.CONFLICT, live.reason, remedy)
    if action.verb is Verb.FORGET and found.there:
        return Outcome(action.id, action.verb, Result.FAILED, "it is there again")
    content = hashlib.sha256(to_yaml(action.resource.body)).hexdigest() if action.resource else ""
    return Outcome(action.id, action.verb, Result.DONE, token=content)


def _write(new: Path, action: Action) -> Entry:
    """Write a resource's file, or leave it out where it is to go; return what to record of it."""
    if action.resource is None:
        return Entry()
    data = to_yaml(action.resource.body)
    files.write_new(new / file_name(action.id), data)
    return Entry(action.resource.digest, hashlib.sha256(data).hexdigest())
