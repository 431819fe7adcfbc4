"""How everything of one placement stands, with as few requests as there are kinds.

Each kind is listed once, metadata only. Whatever its record shows untouched is in sync; only the
rest is looked into (`inspect.py`). An object that LIST by our label does not show may still
exist, without the label: that is asked before anything is called absent.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from reconciler.model import Desired, Live, Observation, Placement, Resource, Standing
from reconciler.targets.kubernetes import order
from reconciler.targets.kubernetes.client import METADATA
from reconciler.targets.kubernetes.context import Cluster
from reconciler.targets.kubernetes.discovery import Kind
from reconciler.targets.kubernetes.drift import unchanged
from reconciler.targets.kubernetes.errors import ApiError
from reconciler.targets.kubernetes.identity import (
    PLACEMENT_LABEL,
    Ref,
    namespace_id,
    parse,
    placement_label,
)
from reconciler.targets.kubernetes.inspect import Inspector, token
from reconciler.targets.kubernetes.inventory import Inventory
from reconciler.targets.kubernetes.listing import pages

Json = Any
Meta = Mapping[str, Json]
FEW = 8  # objects that are asked for one by one rather than by listing their kind
NEAR = 4  # namespaces that are listed one by one rather than the whole cluster


def observe(cluster: Cluster, desired: Desired) -> Observation:
    """Say how every desired and every inventoried object stands; write nothing.

    Raises TargetUnavailableError, and InventoryDamagedError where what is ours is not known.
    """
    return _Pass(cluster, desired).run()


class _Pass:
    """One look at one placement."""

    def __init__(self, cluster: Cluster, desired: Desired) -> None:
        self.cluster = cluster
        self.placement: Placement = desired.placement
        self.wanted: dict[str, Resource] = {r.id: r for r in desired.resources}
        self.inventory: Inventory = cluster.store.load(desired.placement)
        self.refs: dict[str, Ref] = {
            identifier: parse(identifier) for identifier in {**self.wanted, **self.inventory.where}
        }
        self.live: dict[str, Live] = {}
        self.metas: dict[str, Meta] = {}
        self.kinds: dict[tuple[str, str], Kind] = {}
        self.stray: set[str] = set()  # with our label, and neither desired nor in the inventory

    def run(self) -> Observation:
        """Look, and answer for every id exactly once."""
        self._drop_renamed()
        self._find_kinds()
        self._list()
        rest = self._settle_untouched()
        self._probe(rest)
        self._inspect(rest)
        self._stay_out()
        return Observation(
            self.placement, self.live, self.inventory.ids(), tuple(sorted(self.stray))
        )

    def _drop_renamed(self) -> None:
        """An id that only names another version of a desired object is not a second object."""
        current = {self.refs[identifier].versionless for identifier in self.wanted}
        for identifier in self.inventory.where:
            if identifier not in self.wanted and self.refs[identifier].versionless in current:
                reason = "the same object is desired under another API version"
                self.live[identifier] = Live(identifier, Standing.ABSENT, reason=reason)

    def _find_kinds(self) -> None:
        """Find every kind, looking afresh once where one is not known."""
        discovery = self.cluster.discovery
        by_kind = {(r.api_version, r.kind): r for r in self.refs.values()}
        if any(discovery.find(ref) is None for ref in by_kind.values()):
            discovery.forget()
        for key, ref in by_kind.items():
            kind = discovery.find(ref)
            if kind is not None:
                self.kinds[key] = kind
        defined = order.defined_kinds(self.wanted.values())
        for identifier, ref in self.refs.items():
            if identifier not in self.live and (ref.api_version, ref.kind) not in self.kinds:
                self.live[identifier] = self._kind_missing(identifier, ref, defined)

    def _kind_missing(
        self, identifier: str, ref: Ref, defined: Mapping[tuple[str, str], str]
    ) -> Live:
        if self.cluster.discovery.is_stale(ref):
            reason = f"the server of the API group {ref.group} does not answer"
            return Live(identifier, Standing.UNKNOWN, reason=reason)
        if identifier not in self.wanted:
            return Live(identifier, Standing.ABSENT, reason=f"{ref.group_kind} is no longer served")
        definition = defined.get((ref.api_version, ref.kind))
        waits_for = definition or f"a definition of {ref.api_version} {ref.kind}"
        return Live(identifier, Standing.PENDING, reason=f"pending on {waits_for}")

    def _open(self) -> Iterable[tuple[str, Ref]]:
        """What is not answered yet."""
        return [(i, ref) for i, ref in self.refs.items() if i not in self.live]

    def _list(self) -> None:
        """List every kind by our label; what cannot be listed is unknown."""
        collections: dict[Kind, set[str]] = defaultdict(set)
        for _, ref in self._open():
            collections[self.kinds[ref.api_version, ref.kind]].add(ref.namespace)
        given = self.cluster.rules.given
        scopes: list[tuple[Kind, str]] = []
        for kind, namespaces in collections.items():
            if kind.namespaced and (given or len(namespaces) <= NEAR):
                scopes += [(kind, namespace) for namespace in sorted(namespaces)]
            elif kind.namespaced or not given:
                scopes.append((kind, ""))
        selector = f"{PLACEMENT_LABEL}={placement_label(str(self.placement))}"
        self.cluster.parallel(lambda scope: self._list_scope(*scope, selector), scopes, lists=True)

    def _list_scope(self, kind: Kind, namespace: str, selector: str) -> None:
        prefix = f"{kind.api_version}/{kind.kind}/"
        try:
            for item in pages(
                self.cluster.client,
                kind.collection(namespace),
                selector=selector,
                page_size=self.cluster.options.page_size,
            ):
                meta = item["metadata"]
                identifier = f"{prefix}{meta.get('namespace') or '_'}/{meta['name']}"
                if identifier in self.refs:
                    self.metas[identifier] = meta
                elif selector:
                    self.stray.add(identifier)
        except ApiError as error:
            for identifier, ref in self._open():
                if self.kinds[ref.api_version, ref.kind] == kind and namespace in {
                    "",
                    ref.namespace,
                }:
                    self.live[identifier] = Live(identifier, Standing.UNKNOWN, reason=str(error))

    def _settle_untouched(self) -> list[str]:
        """Answer for everything whose record shows it untouched; return the other ids."""
        rest: list[str] = []
        for identifier in self.refs:
            if identifier in self.live:
                continue
            meta = self.metas.get(identifier)
            resource = self.wanted.get(identifier)
            record = self.inventory.record(identifier)
            if (
                meta is not None
                and resource is not None
                and record is not None
                and unchanged(meta, record, resource.digest)
            ):
                self.live[identifier] = Live(identifier, Standing.IN_SYNC, token=token(meta))
            else:
                rest.append(identifier)
        return rest

    def _probe(self, rest: Iterable[str]) -> None:
        """Find what exists without our label, and answer for what does not exist."""
        unseen = [i for i in rest if i not in self.metas]
        waits = self._unusable_namespaces(self.refs[i].namespace for i in unseen)
        groups: dict[tuple[Kind, str], list[str]] = defaultdict(list)
        for identifier in unseen:
            ref = self.refs[identifier]
            # In a namespace that is missing nothing can exist; one that is going may hold it yet.
            if waits.get(ref.namespace) != namespace_id(ref.namespace):
                groups[self.kinds[ref.api_version, ref.kind], ref.namespace].append(identifier)
        given = self.cluster.rules.given
        many = [
            group
            for group, identifiers in groups.items()
            if len(identifiers) > FEW and (group[0].namespaced or not given)
        ]
        single = [i for group, ids in groups.items() if group not in many for i in ids]
        self.cluster.parallel(self._probe_one, single)
        self.cluster.parallel(lambda group: self._list_scope(*group, ""), many, lists=True)
        for identifier in unseen:
            if identifier not in self.metas and identifier not in self.live:
                self.live[identifier] = self._absent(identifier, waits)

    def _probe_one(self, identifier: str) -> None:
        ref = self.refs[identifier]
        path = self.kinds[ref.api_version, ref.kind].path(ref)
        try:
            found = self.cluster.client.get(path, what=f"read {ref}", accept=METADATA)
        except ApiError as error:
            if error.status != 404:
                self.live[identifier] = Live(identifier, Standing.UNKNOWN, reason=str(error))
            return
        self.metas[identifier] = found["metadata"]

    def _unusable_namespaces(self, names: Iterable[str]) -> dict[str, str]:
        """Which of these namespaces do not exist or are going: name → what has to happen first."""
        waits: dict[str, str] = {}

        def ask(name: str) -> None:
            path = f"/api/v1/namespaces/{name}"
            try:
                found = self.cluster.client.get(path, what=f"read {name}", accept=METADATA)
            except ApiError as error:
                if error.status == 404:
                    waits[name] = namespace_id(name)
                return  # without permission to ask, the apply will say
            if found["metadata"].get("deletionTimestamp"):
                waits[name] = f"the end of {namespace_id(name)}, which is being deleted"

        self.cluster.parallel(ask, sorted({name for name in names if name}))
        return waits

    def _stay_out(self) -> None:
        """Make nothing in a namespace that is desired and is somebody else's.

        What others run there would come under our policies and quota, and what runs for us under
        their labels.
        """
        theirs = {
            self.refs[identifier].name
            for identifier, live in self.live.items()
            if live.standing is Standing.CONFLICT
            and self.refs[identifier].group_kind == "Namespace"
            and identifier not in self.inventory.where
        }
        for identifier, live in self.live.items() if theirs else ():
            namespace = self.refs[identifier].namespace
            if live.standing is Standing.ABSENT and namespace in theirs:
                reason = f"its namespace {namespace} is somebody else's"
                self.live[identifier] = Live(identifier, Standing.CONFLICT, reason=reason)

    def _absent(self, identifier: str, waits: Mapping[str, str]) -> Live:
        namespace = self.refs[identifier].namespace
        if identifier in self.wanted and namespace in waits:
            reason = f"pending on {waits[namespace]}"
            return Live(identifier, Standing.PENDING, reason=reason)
        return Live(identifier, Standing.ABSENT)

    def _inspect(self, rest: Iterable[str]) -> None:
        """Judge one by one what changed in any way."""
        inspector = Inspector(self.cluster, self.placement, self.inventory)

        def look(identifier: str) -> Live:
            ref = self.refs[identifier]
            kind = self.kinds[ref.api_version, ref.kind]
            resource = self.wanted.get(identifier)
            meta = self.metas[identifier]
            if resource is None:
                return inspector.surplus(ref, meta)
            return inspector.desired(ref, kind, resource, meta)

        todo = [i for i in rest if i not in self.live]
        self.live |= {live.id: live for live in self.cluster.parallel(look, todo)}
