"""Who owns which field of a live object, and which foreign fields are nobody's business.

Reads `metadata.managedFields`. Ours is what our manager applied. Foreign is what any other
manager holds outside `metadata` and `status`; a field that nobody holds is a default.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from reconciler.targets.kubernetes import fields
from reconciler.targets.kubernetes.fields import Path, Tree
from reconciler.targets.kubernetes.identity import MANAGER, Ref

Json = Any
_NOT_CONTENT = frozenset({"f:metadata", "f:status", "f:apiVersion", "f:kind"})


@dataclass(frozen=True)
class Allow:
    """Foreign fields that are left alone. Each pattern may hold `*`, which matches anything.

    `kind` is matched with "Deployment.apps", `field` with a path such as
    `.spec.template.spec.containers[name="istio-proxy"]*`, `subresource` with "scale" and such.
    """

    kind: str = "*"
    manager: str = "*"
    field: str = "*"
    subresource: str = "*"

    def matches(self, kind: str, manager: str, subresource: str, path: str) -> bool:
        """Whether this rule is about that field."""
        return (
            _glob(self.kind, kind)
            and _glob(self.manager, manager)
            and _glob(self.subresource, subresource)
            and _glob(self.field, path)
        )


# What the cluster's own controllers write into the content of other people's objects.
DEFAULT_ALLOW: tuple[Allow, ...] = (
    # An autoscaler runs in the controller manager and sets replicas through `scale`.
    Allow(manager="kube-controller-manager", subresource="scale", field=".spec.replicas"),
    Allow(
        kind="PersistentVolumeClaim", manager="kube-controller-manager", field=".spec.volumeName"
    ),
    Allow(kind="PersistentVolumeClaim", manager="kube-scheduler"),
    Allow(kind="PersistentVolume", manager="kube-controller-manager", field=".spec.claimRef*"),
    Allow(kind="ServiceAccount", manager="kube-controller-manager", field=".secrets*"),
    Allow(kind="Pod", manager="kube-scheduler", field=".spec.nodeName"),
    # `kubectl rollout restart` and such mark the pod template.
    Allow(field=".spec.template.metadata.annotations.kubectl.kubernetes.io/*"),
    # cert-manager and the service CA put their bundle where a webhook asks for it.
    Allow(manager="*cainjector*", field="*.caBundle"),
)


@dataclass(frozen=True)
class Entry:
    """One entry of managedFields."""

    manager: str
    operation: str
    subresource: str
    time: str
    tree: Tree

    @property
    def ours(self) -> bool:
        """Whether it is what we applied."""
        return self.manager == MANAGER and self.operation == "Apply" and not self.subresource


@dataclass(frozen=True)
class Owners:
    """The managedFields of one object, read."""

    ours: Tree
    time: str
    foreign: tuple[Entry, ...] = field(default=())

    def manager_of(self, path: Path) -> str:
        """Who holds the field at `path`, something inside it or what it is inside of."""
        holders = {entry.manager for entry in self.foreign if _holds(entry.tree, path)}
        return ", ".join(sorted(holders))


def entries(meta: Mapping[str, Json]) -> Iterator[Entry]:
    """The managedFields of an object's metadata."""
    for raw in meta.get("managedFields") or ():
        yield Entry(
            raw.get("manager", ""),
            raw.get("operation", ""),
            raw.get("subresource", ""),
            raw.get("time", ""),
            raw.get("fieldsV1") or {},
        )


def owners(meta: Mapping[str, Json]) -> Owners:
    """Sort an object's managers into us and the others."""
    ours: Tree = fields.EMPTY
    time = ""
    foreign: list[Entry] = []
    for entry in entries(meta):
        if entry.ours:
            ours, time = entry.tree, entry.time
        else:
            foreign.append(entry)
    return Owners(ours, time, tuple(foreign))


def additions(ref: Ref, who: Owners, allow: Sequence[Allow]) -> list[Path]:
    """Content that others added to an object of ours and that is not allowed."""
    found: dict[Path, None] = {}
    for entry in who.foreign:
        content = {key: child for key, child in entry.tree.items() if key not in _NOT_CONTENT}

        def permitted(path: Path, entry: Entry = entry) -> bool:
            return is_allowed(ref, entry, path, allow)

        found |= dict.fromkeys(fields.additions(content, who.ours, permitted))
    return list(found)


def is_allowed(ref: Ref, entry: Entry, path: Path, allow: Sequence[Allow]) -> bool:
    """Whether the allow list lets `entry`'s manager hold `path`."""
    shown = fields.show(path)
    return any(
        rule.matches(ref.group_kind, entry.manager, entry.subresource, shown) for rule in allow
    )


def is_yielded(ref: Ref, who: Owners, path: Path, allow: Sequence[Allow]) -> bool:
    """Whether a field that was ours now belongs to a manager to whom the list leaves it."""
    return any(
        _holds(entry.tree, path) and is_allowed(ref, entry, path, allow) for entry in who.foreign
    )


def disowned(meta: Mapping[str, Json], paths: Iterable[Path]) -> list[dict[str, Json]]:
    """The managedFields of an object with `paths` held by nobody but us."""
    left = list(paths)
    result: list[dict[str, Json]] = []
    for raw in meta.get("managedFields") or ():
        tree: Tree = raw.get("fieldsV1") or {}
        if raw.get("manager") != MANAGER or raw.get("operation") != "Apply":
            for path in left:
                tree = fields.without(tree, path)
        if tree:
            result.append({**raw, "fieldsV1": tree})
    return result


def fingerprint(meta: Mapping[str, Json]) -> str:
    """Name everything that decides whether an object is as we left it; status changes nothing.

    Equal fingerprints mean: same object, same owners of the same fields, same generation. A
    value cannot change without its owner changing, unless our own manager name is used, which
    our entry's time shows.
    """
    who = [
        (
            raw.get("manager"),
            raw.get("operation"),
            raw.get("subresource"),
            raw.get("apiVersion"),
            raw.get("time") if raw.get("manager") == MANAGER else None,
            raw.get("fieldsV1"),
        )
        for raw in meta.get("managedFields") or ()
        if raw.get("subresource") != "status"
    ]
    who.sort(key=lambda entry: (str(entry[0]), str(entry[1]), str(entry[2])))
    seen = [meta.get("uid"), meta.get("generation"), meta.get("deletionTimestamp"), who]
    text = json.dumps(seen, separators=(",", ":")).encode()
    return hashlib.blake2b(text, digest_size=12).hexdigest()


def _holds(tree: Tree, path: Path) -> bool:
    for segment in path:
        if segment not in tree:
            return False
        tree = tree[segment]
    return True


@lru_cache(maxsize=1024)
def _pattern(glob: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in glob.split("*")), re.DOTALL)


def _glob(glob: str, text: str) -> bool:
    return glob == "*" or _pattern(glob).fullmatch(text) is not None
