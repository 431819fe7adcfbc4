"""One server-side apply, real or dry, and what to do when it meets another manager.

The first request never forces. The server then names every field that is somebody else's, and
this module decides: left to them (the allow list), ours to take back (we owned it before), or a
conflict, which is reported and not touched.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.model import FieldChange
from reconciler.targets.kubernetes import fields
from reconciler.targets.kubernetes.body import change, without
from reconciler.targets.kubernetes.client import APPLY, METADATA, Answer, Client
from reconciler.targets.kubernetes.discovery import Kind
from reconciler.targets.kubernetes.drift import Known, Rules
from reconciler.targets.kubernetes.errors import ApiError, Cause
from reconciler.targets.kubernetes.fields import EMPTY, Path
from reconciler.targets.kubernetes.identity import MANAGER, Ref
from reconciler.targets.kubernetes.ownership import Entry, is_allowed

Json = Any
_CONFLICT = re.compile(r'conflict with "(?P<manager>[^"]*)"(?: with subresource "(?P<sub>[^"]*)")?')


@dataclass(frozen=True)
class Request:
    """What is to be applied: `known` and `digest` say which fields were ours before."""

    ref: Ref
    kind: Kind
    body: Mapping[str, Json]
    digest: str
    known: Known
    take: bool = False  # take never-owned fields as well: asked for by a person


@dataclass(frozen=True)
class Applied:
    """What came of it. `forced` tells that fields of ours had been taken by others."""

    answer: Answer
    body: Mapping[str, Json]
    forced: bool = False


class ForeignFieldsError(ApiError):
    """Fields that were never ours belong to other managers; `changes` names them."""

    def __init__(self, request: Request, error: ApiError, causes: tuple[Cause, ...]) -> None:
        named = "; ".join(f"{cause.field} is {manager_of(cause)}'s" for cause in causes)
        super().__init__(
            f"{request.ref}: {named}",
            remedy="let the other manager give the fields up, leave them out, or take them",
            status=error.status,
            reason=error.reason,
            causes=causes,
        )

    def changes(self, request: Request, live: Json) -> tuple[FieldChange, ...]:
        """The conflicting fields with both values."""
        return tuple(
            change(
                request.ref,
                path,
                desired=fields.value_at(request.body, path),
                live=fields.value_at(live, path),
                manager=manager_of(cause),
            )
            for cause in self.causes
            if (path := _path(request.body, cause))
        )


def manager_of(cause: Cause) -> str:
    """Who holds the field of a conflict."""
    match = _CONFLICT.search(cause.message)
    return match["manager"] if match else ""


def apply(
    client: Client,
    request: Request,
    rules: Rules,
    *,
    dry_run: bool = False,
    accept: str = METADATA,
) -> Applied:
    """Apply, settling conflicts.

    Raises ForeignFieldsError for those that are not ours to settle, ApiError for any refusal.
    """
    query = {"fieldManager": MANAGER, "fieldValidation": "Strict"}
    if dry_run:
        query["dryRun"] = "All"

    def send(body: Mapping[str, Json], *, force: bool) -> Answer:
        return client.write(
            "PATCH",
            request.kind.path(request.ref),
            body,
            what=f"apply {request.ref}",
            content_type=APPLY,
            accept=accept,
            secret=request.ref.secret,
            **query,
            force="true" if force else "false",
        )

    try:
        return Applied(send(request.body, force=False), request.body)
    except ApiError as error:
        if not error.conflicting:
            raise
        body, force = _settle(request, error, rules)
    return Applied(send(body, force=force), body, forced=force)


def _settle(request: Request, error: ApiError, rules: Rules) -> tuple[Mapping[str, Json], bool]:
    """What to send after a conflict: the body without what is left to others, and with force."""
    left: list[Path] = []
    foreign: list[Cause] = []
    others = 0
    is_ours = _was_ours(request)
    for cause in error.conflicting:
        path = _path(request.body, cause)
        if path and is_allowed(request.ref, _holder(cause), path, rules.allow):
            left.append(path)
            continue
        others += 1
        if not request.take and not is_ours(cause.field):
            foreign.append(cause)
    if foreign:
        raise ForeignFieldsError(request, error, tuple(foreign)) from error
    return without(request.body, left), others > 0


def _was_ours(request: Request) -> Callable[[str], bool]:
    """Whether we owned a field when we last left the object.

    Where what is desired has not changed since, that was everything in it.
    """
    record, owned = request.known.record, request.known.owned
    if record is not None and record.digest == request.digest:
        return lambda _: True
    tree = EMPTY if owned is None else owned.tree
    held = {fields.show(path) for path in fields.members(tree)}
    return held.__contains__


def _holder(cause: Cause) -> Entry:
    match = _CONFLICT.search(cause.message)
    subresource = (match["sub"] or "") if match else ""
    return Entry(manager_of(cause), "", subresource, "", EMPTY)


def _path(body: Json, cause: Cause) -> Path | None:
    return fields.find(body, cause.field)
