"""One object that is not plainly untouched: what exactly is different, and whose doing it is.

Metadata decides where it can (`drift.py`). Values are fetched only to be shown. Where an apply
would do something that cannot be foretold here, the server is asked with a dry run; one that
fails makes the object unknown, never in sync.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.model import FieldChange, Live, Placement, Resource, Standing
from reconciler.targets.kubernetes import attempt, fields
from reconciler.targets.kubernetes.attempt import ForeignFieldsError, Request
from reconciler.targets.kubernetes.body import applied, change, differences
from reconciler.targets.kubernetes.client import FULL
from reconciler.targets.kubernetes.context import Cluster
from reconciler.targets.kubernetes.discovery import Kind
from reconciler.targets.kubernetes.drift import Answer, Judgement, Known, judge
from reconciler.targets.kubernetes.errors import ApiError
from reconciler.targets.kubernetes.fields import Path
from reconciler.targets.kubernetes.identity import (
    DIGEST_ANNOTATION,
    Ref,
    digest_of,
    label_of,
    namespace_id,
    placement_label,
)
from reconciler.targets.kubernetes.inventory import Inventory, Owned, Record
from reconciler.targets.kubernetes.ownership import fingerprint, owners

Json = Any
Meta = Mapping[str, Json]
_DIGEST: Path = ("f:metadata", "f:annotations", f"f:{DIGEST_ANNOTATION}")


def token(meta: Meta) -> str:
    """The version mark of an object: its uid and resourceVersion."""
    return f"{meta.get('uid', '')}:{meta.get('resourceVersion', '')}"


def record_of(meta: Meta, digest: str) -> tuple[Record, Owned]:
    """What to remember of an object that is in sync."""
    who = owners(meta)
    record = Record(digest, meta["uid"], meta["resourceVersion"], fingerprint(meta))
    return record, Owned(who.ours, who.time)


class Inspector:
    """Looks into the objects of one placement."""

    def __init__(self, cluster: Cluster, placement: Placement, inventory: Inventory) -> None:
        self._cluster = cluster
        self._placement = placement
        self._inventory = inventory
        self._label = placement_label(str(placement))

    def surplus(self, ref: Ref, meta: Meta) -> Live:
        """An object of the inventory that is no longer desired."""
        identifier = str(ref)
        if label_of(meta) != self._label:
            reason = "it does not carry our label any more: it is not deleted"
            return Live(identifier, Standing.CONFLICT, reason=reason, token=token(meta))
        record = self._inventory.record(identifier)
        if record is not None and record.uid != meta.get("uid"):
            reason = "it was deleted and made again since: it is not deleted"
            return Live(identifier, Standing.CONFLICT, reason=reason, token=token(meta))
        leaving = "it is being deleted" if meta.get("deletionTimestamp") else ""
        return Live(identifier, Standing.SURPLUS, reason=leaving, token=token(meta))

    def desired(self, ref: Ref, kind: Kind, resource: Resource, meta: Meta) -> Live:
        """An object that is desired and that its record does not show untouched."""
        body = applied(resource, self._placement, ref)
        known = self._known(ref)
        verdict = judge(
            ref,
            meta,
            label=self._label,
            digest=resource.digest,
            body=body,
            known=known,
            rules=self._cluster.rules,
        )
        request = Request(ref, kind, body, resource.digest, known)
        try:
            return self._answer(request, resource, meta, verdict)
        except ApiError as error:
            return _refused(resource.id, error, token(meta))

    def _answer(self, request: Request, resource: Resource, meta: Meta, verdict: Judgement) -> Live:
        mark = token(meta)
        match verdict.answer:
            case Answer.IN_SYNC:
                self._inventory.remember(resource.id, *record_of(meta, resource.digest))
                return Live(resource.id, Standing.IN_SYNC, token=mark)
            case Answer.LEAVING:
                reason = f"pending on the end of {resource.id}, which is being deleted"
                return Live(resource.id, Standing.PENDING, reason=reason, token=mark)
            case Answer.FOREIGN:
                return self._foreign(request, resource, verdict, mark)
            case Answer.DRIFTED:
                live = self._read(request)
                found = self._drifts(request, verdict, live)
                return Live(resource.id, Standing.DRIFTED, found, token=mark)
            case Answer.TRY:
                return self._try(request, resource, meta, verdict)

    def _known(self, ref: Ref) -> Known:
        identifier = str(ref)
        return Known(self._inventory.record(identifier), self._inventory.owned(identifier))

    def _read(self, request: Request) -> Json:
        path = request.kind.path(request.ref)
        return self._cluster.client.get(path, what=f"read {request.ref}", accept=FULL)

    def _drifts(self, request: Request, verdict: Judgement, live: Json) -> tuple[FieldChange, ...]:
        """Every drifted field with the value it should have, the one it has, and by whom."""
        who = owners(live["metadata"])
        ref = request.ref
        return tuple(
            change(
                ref,
                path,
                desired=None if is_added else fields.value_at(request.body, path),
                live=fields.value_at(live, path),
                manager=who.manager_of(path),
            )
            for paths, is_added in ((verdict.missing, False), (verdict.added, True))
            for path in paths
        )

    def _lost(self, request: Request, live: Json) -> tuple[Path, ...]:
        """Fields that were ours when last recorded and are not now."""
        owned = request.known.owned
        tree = fields.EMPTY if owned is None else owned.tree
        return tuple(fields.missing(tree, owners(live["metadata"]).ours))

    def _foreign(self, request: Request, resource: Resource, verdict: Judgement, mark: str) -> Live:
        """Somebody else's object: show what taking it over would change."""
        live = self._read(request)
        changes: tuple[FieldChange, ...] = ()
        try:
            attempt.apply(self._cluster.client, request, self._cluster.rules, dry_run=True)
        except ForeignFieldsError as error:
            changes = error.changes(request, live)
        return Live(resource.id, Standing.CONFLICT, changes, verdict.reason, mark)

    def _try(self, request: Request, resource: Resource, meta: Meta, verdict: Judgement) -> Live:
        """Ask the server what an apply would do."""
        live = self._read(request)
        mark = token(live["metadata"])
        try:
            dry = attempt.apply(
                self._cluster.client, request, self._cluster.rules, dry_run=True, accept=FULL
            )
        except ForeignFieldsError as error:
            changes = error.changes(request, live)
            return Live(resource.id, Standing.CONFLICT, changes, str(error), mark)
        except ApiError as error:
            lost = self._lost(request, live)
            if error.immutable or error.status != 422 or not (lost or verdict.added):
                raise
            # What others did may be what stands in the way; healing takes it out as well.
            found = self._drifts(request, Judgement(Answer.DRIFTED, lost, verdict.added), live)
            return Live(resource.id, Standing.DRIFTED, found, str(error), mark)
        who = owners(live["metadata"])
        changes = tuple(
            change(request.ref, path, desired=wanted, live=held, manager=who.manager_of(path))
            for path, held, wanted in differences(live, dry.answer.body)
            if path != _DIGEST
        )
        added = self._drifts(request, Judgement(Answer.DRIFTED, (), verdict.added), live)
        same = resource.digest == digest_of(meta)
        if same and not changes and not added:
            self._inventory.remember(resource.id, *record_of(live["metadata"], resource.digest))
            return Live(resource.id, Standing.IN_SYNC, token=mark)
        drifted = dry.forced or added or same or not who.ours
        standing = Standing.DRIFTED if drifted else Standing.OUTDATED
        return Live(resource.id, standing, (*changes, *added), token=mark)


def _refused(identifier: str, error: ApiError, mark: str) -> Live:
    """What a failed read or dry run means."""
    if error.immutable:
        return Live(identifier, Standing.IMMUTABLE, reason=str(error), token=mark)
    namespaces = error.status == 404 and 'namespaces "' in str(error)
    if namespaces:
        name = identifier.rsplit("/", 2)[1]
        return Live(identifier, Standing.PENDING, reason=f"pending on {namespace_id(name)}")
    return Live(identifier, Standing.UNKNOWN, reason=f"{error} ({error.remedy})", token=mark)
