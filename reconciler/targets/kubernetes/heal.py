"""Undoes drift: restores our fields and takes away what others added.

First ours, with a forced apply; then the additions, with a patch. Where the two cannot stand
together (two sources of one volume), the server refuses the first step: then both are done in one
patch. Controllers write status all the time, so a patch that meets a newer version is made anew.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reconciler.targets.kubernetes import fields
from reconciler.targets.kubernetes.attempt import Request
from reconciler.targets.kubernetes.client import FULL, JSON_PATCH
from reconciler.targets.kubernetes.context import Cluster
from reconciler.targets.kubernetes.errors import ApiError
from reconciler.targets.kubernetes.identity import MANAGER
from reconciler.targets.kubernetes.ownership import additions, disowned, owners

Json = Any
_TRIES = 6


def heal(cluster: Cluster, request: Request, apply: Callable[[], Json]) -> Json:
    """Undo drift and return the object; `apply` sends the forced apply. Raises ApiError."""
    healer = _Healer(cluster, request)
    try:
        live = apply()
    except ApiError as error:
        if error.status != 422 or error.immutable:
            raise
        healer.steadily(healer.restored, healer.read())
        live = apply()
    live = healer.steadily(healer.cleaned, live)
    return healer.steadily(healer.disowned, live)


class _Healer:
    """Patches one object."""

    def __init__(self, cluster: Cluster, request: Request) -> None:
        self._cluster = cluster
        self._request = request

    def steadily(self, step: Callable[[Json], Json], live: Json) -> Json:
        """Take `step`, again from a fresh look where the object changed in between."""
        for _ in range(_TRIES - 1):
            try:
                return step(live)
            except ApiError as error:
                if not error.stale:
                    raise
            live = self.read()
        return step(live)

    def restored(self, live: Json) -> Json:
        """Set our lost fields back and take additions out, in one patch."""
        owned = self._request.known.owned
        tree = fields.EMPTY if owned is None else owned.tree
        lost = fields.missing(tree, owners(live["metadata"]).ours)
        # Removals come after: they move the indexes of lists.
        changes = fields.restorations(live, self._request.body, lost)
        return self._patch(live, [*changes, *fields.removals(live, self._added(live))])

    def cleaned(self, live: Json) -> Json:
        """Take out what others added."""
        return self._patch(live, fields.removals(live, self._added(live)))

    def disowned(self, live: Json) -> Json:
        """Take from others' names what the server itself put back where it was removed.

        A default, for instance: it would be taken for an addition again with every pass.
        """
        left = self._added(live)
        if not left:
            return live
        value = disowned(live["metadata"], left)
        return self._patch(
            live, [{"op": "replace", "path": "/metadata/managedFields", "value": value}]
        )

    def read(self) -> Json:
        """The object as it is now."""
        request = self._request
        path = request.kind.path(request.ref)
        return self._cluster.client.get(path, what=f"read {request.ref}")

    def _added(self, live: Json) -> list[fields.Path]:
        who = owners(live["metadata"])
        return additions(self._request.ref, who, self._cluster.rules.allow)

    def _patch(self, live: Json, changes: list[dict[str, Json]]) -> Json:
        """Patch the very version that was read; nothing to change is nothing sent."""
        if not changes:
            return live
        ref = self._request.ref
        version = live["metadata"]["resourceVersion"]
        guard = {"op": "test", "path": "/metadata/resourceVersion", "value": version}
        return self._cluster.client.write(
            "PATCH",
            self._request.kind.path(ref),
            [guard, *changes],
            what=f"take what was added out of {ref}",
            content_type=JSON_PATCH,
            accept=FULL,
            secret=ref.secret,
            fieldManager=MANAGER,
        ).body
