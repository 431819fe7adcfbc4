"""Deletes what an inventory holds and nobody desires any more, and nothing else.

Every deletion is bound to the uid and the version that were looked at. An object that lost our
label or was made again by others stays. A namespace or a definition that holds other people's
objects stays as well, and what they are is said.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.model import Action, Outcome, Placement, Result, Standing
from reconciler.targets.kubernetes import order
from reconciler.targets.kubernetes.client import FULL, METADATA
from reconciler.targets.kubernetes.context import Cluster
from reconciler.targets.kubernetes.discovery import Kind
from reconciler.targets.kubernetes.errors import ApiError
from reconciler.targets.kubernetes.identity import Ref, label_of, placement_label
from reconciler.targets.kubernetes.inventory import Inventory
from reconciler.targets.kubernetes.listing import pages
from reconciler.targets.kubernetes.options import PROPAGATION

Json = Any
Meta = Mapping[str, Json]
_TRIES = 4
_LOOK = 0.2  # seconds between two looks at what is being deleted
_NAMED = 5  # how many foreign objects a message names
# The cluster makes these in every namespace, or for the objects in it.
CLUSTERS_OWN = frozenset(
    {
        "Event",
        "Event.events.k8s.io",
        "Endpoints",
        "EndpointSlice.discovery.k8s.io",
        "Lease.coordination.k8s.io",
    }
)
CLUSTERS_NAMED = frozenset({("ServiceAccount", "default"), ("ConfigMap", "kube-root-ca.crt")})


class Pruner:
    """Deletes objects of one placement. Safe to use from several threads."""

    def __init__(self, cluster: Cluster, placement: Placement, inventory: Inventory) -> None:
        self._cluster = cluster
        self._label = placement_label(str(placement))
        self._inventory = inventory
        self._lock = threading.Lock()
        self._deleted: set[str] = set()  # uids

    def prune(self, action: Action, ref: Ref, kind: Kind | None) -> Outcome:
        """Delete one object and wait, within bounds, until it is gone. Raises ApiError."""
        if kind is None:
            if self._cluster.discovery.is_stale(ref):
                return _left(action, f"the server of the API group {ref.group} does not answer")
            return _done(action, f"{ref.group_kind} is no longer served")
        if ref.group_kind == "Namespace" and ref.name in self._cluster.rules.given:
            return _done(action, "left in place: it was given, not made")
        if action.id not in self._inventory.where:
            return _left(action, "it is not in the inventory")
        for attempt in range(_TRIES):
            outcome = self._attempt(action, ref, kind, first=attempt == 0)
            if outcome is not None:
                return outcome
        return _left(action, "it changes faster than it can be looked at")

    def _attempt(self, action: Action, ref: Ref, kind: Kind, *, first: bool) -> Outcome | None:
        """Look and delete once; None where the object changed in between."""
        meta = _looked_at(action, ref) if first else None
        if meta is None:
            meta = self._read(ref, kind)
            if meta is None:
                return _done(action, "it was gone already")
            if obstacle := self._obstacle(ref, kind, meta):
                return _left(action, obstacle)
        try:
            return self._delete(action, ref, kind, meta)
        except ApiError as error:
            if error.status == 404:
                return _done(action, "it was gone already")
            if error.status != 409:
                raise
            return None

    def _read(self, ref: Ref, kind: Kind) -> Meta | None:
        try:
            found = self._cluster.client.get(kind.path(ref), what=f"read {ref}", accept=METADATA)
        except ApiError as error:
            if error.status == 404:
                return None
            raise
        meta: Meta = found["metadata"]
        return meta

    def _obstacle(self, ref: Ref, kind: Kind, meta: Meta) -> str:
        """Why an object must not be deleted, or an empty string."""
        if label_of(meta) != self._label:
            return "it does not carry our label any more"
        record = self._inventory.record(str(ref))
        if record is not None and record.uid != meta["uid"]:
            return "it was deleted and made again since"
        if meta.get("deletionTimestamp"):
            return ""
        if ref.group_kind == "Namespace":
            return self._held("namespace", iter(self._foreign_in(ref.name)))
        if ref.group_kind == order.CRD:
            return self._held("definition", self._foreign_instances(ref, kind))
        return ""

    def _held(self, what: str, foreign: Iterator[str]) -> str:
        names = [name for name, _ in zip(foreign, range(_NAMED + 1), strict=False)]
        if not names:
            return ""
        more = " and more" if len(names) > _NAMED else ""
        return f"the {what} holds objects that are not ours: {', '.join(names[:_NAMED])}{more}"

    def _delete(self, action: Action, ref: Ref, kind: Kind, meta: Meta) -> Outcome:
        answer = self._cluster.client.write(
            "DELETE",
            kind.path(ref),
            {
                "apiVersion": "v1",
                "kind": "DeleteOptions",
                "propagationPolicy": PROPAGATION[self._cluster.options.propagation],
                "preconditions": {"uid": meta["uid"], "resourceVersion": meta["resourceVersion"]},
            },
            what=f"delete {ref}",
            accept=FULL,
            secret=ref.secret,
        )
        with self._lock:
            self._deleted.add(meta["uid"])
        if answer.body.get("kind") == "Status":
            return _done(action, "")  # nothing held it back: it is gone
        deadline = self._cluster.now() + self._cluster.options.deletion_wait
        while (found := self._read(ref, kind)) is not None and found["uid"] == meta["uid"]:
            if self._cluster.now() >= deadline:
                finalizers = ", ".join(found.get("finalizers") or ()) or "none of its own"
                reason = f"it is being deleted; finalizers: {finalizers}"
                return Outcome(action.id, action.verb, Result.WAITING, reason)
            self._cluster.pause(_LOOK)
        return _done(action, "")

    def _foreign_in(self, namespace: str) -> list[str]:
        """What a namespace holds that is neither ours, nor made from ours, nor the cluster's.

        Kinds are listed one after the other while the cluster collects what we deleted: a pod can
        be seen whose owner is gone by then. So what has an owner that is nowhere is looked at
        again, until it is gone too or the time for deletions is over. Others may have defined
        kinds since we last looked for any, and the server of an API group may be away: what it has
        there is not known then, and counts as somebody else's.
        """
        self._cluster.discovery.forget()
        if stale := self._cluster.discovery.catalogue().stale:
            return sorted(f"whatever {group} has there, which does not answer" for group in stale)
        deadline = self._cluster.now() + self._cluster.options.deletion_wait
        while True:
            found = self._held_by(namespace)
            ours = self._ours(found)
            foreign = {uid: entry for uid, entry in found.items() if uid not in ours}
            orphaned = any(_orphaned(meta, found) for _, meta in foreign.values())
            if not orphaned or self._cluster.now() >= deadline:
                return sorted(name for name, _ in foreign.values())
            self._cluster.pause(_LOOK)

    def _held_by(self, namespace: str) -> dict[str, tuple[str, Meta]]:
        """Return what a namespace holds beside the cluster's own: uid → (name, metadata)."""
        found: dict[str, tuple[str, Meta]] = {}
        for kind in self._contents():
            group = kind.api_version.rpartition("/")[0]
            group_kind = f"{kind.kind}.{group}" if group else kind.kind
            if group_kind in CLUSTERS_OWN:
                continue
            path = kind.collection(namespace)
            for item in pages(
                self._cluster.client, path, page_size=self._cluster.options.page_size
            ):
                meta = item["metadata"]
                if (group_kind, meta["name"]) not in CLUSTERS_NAMED:
                    found[meta["uid"]] = (f"{group_kind}/{meta['name']}", meta)
        return found

    def _contents(self) -> Iterator[Kind]:
        """Every kind that a namespace can hold, in one version each."""
        seen: set[tuple[str, str]] = set()
        for kind in self._cluster.discovery.catalogue().kinds.values():
            identity = (kind.api_version.rpartition("/")[0], kind.plural)
            if kind.namespaced and {"list", "delete"} <= kind.verbs and identity not in seen:
                seen.add(identity)
                yield kind

    def _ours(self, found: Mapping[str, tuple[str, Meta]]) -> set[str]:
        """The uids of what carries our label, and of what descends from it or is being deleted."""
        records = (self._inventory.record(identifier) for identifier in self._inventory.where)
        ours = {record.uid for record in records if record is not None} | self._deleted
        ours |= {uid for uid, (_, meta) in found.items() if label_of(meta) == self._label}
        grown = True
        while grown:
            more = {
                uid
                for uid, (_, meta) in found.items()
                if uid not in ours
                and any(owner["uid"] in ours for owner in meta.get("ownerReferences") or ())
            }
            ours |= more
            grown = bool(more)
        return ours

    def _foreign_instances(self, ref: Ref, kind: Kind) -> Iterator[str]:
        """Objects of a definition that are not ours: they would go with it."""
        definition = self._cluster.client.get(kind.path(ref), what=f"read {ref}")
        spec = definition["spec"]
        version = next(v["name"] for v in spec["versions"] if v.get("served"))
        path = f"/apis/{spec['group']}/{version}/{spec['names']['plural']}"
        for item in pages(self._cluster.client, path, page_size=self._cluster.options.page_size):
            meta = item["metadata"]
            if label_of(meta) != self._label:
                yield f"{spec['names']['kind']}/{meta.get('namespace') or '_'}/{meta['name']}"


def _orphaned(meta: Meta, found: Mapping[str, tuple[str, Meta]]) -> bool:
    """Whether an object has owners, and none of them is there any more."""
    owners = meta.get("ownerReferences") or ()
    return bool(owners) and not any(owner["uid"] in found for owner in owners)


def _looked_at(action: Action, ref: Ref) -> Meta | None:
    """The version that the plan was made from, where what it showed is all there is to know.

    It carried our label and the recorded uid then; deletion is bound to that very version.
    """
    uid, _, version = action.token.partition(":")
    whole = ref.group_kind in {"Namespace", order.CRD}  # what is inside may have changed since
    if action.before is not Standing.SURPLUS or whole or not (uid and version):
        return None
    return {"uid": uid, "resourceVersion": version}


def _done(action: Action, detail: str) -> Outcome:
    return Outcome(action.id, action.verb, Result.DONE, detail)


def _left(action: Action, reason: str) -> Outcome:
    remedy = "delete it by hand, or declare it again; releasing it from the inventory is safe"
    return Outcome(action.id, action.verb, Result.CONFLICT, reason, remedy)
