"""Carries out actions: wave after wave, several objects of a wave at a time, one outcome each.

Decides what a refused request means for its action, and what is remembered of an object that was
applied. What is deleted, and whether it may be, is in `prune.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from reconciler.errors import ReconcilerError, TargetUnavailableError
from reconciler.model import Action, Outcome, Placement, Resource, Result, Verb
from reconciler.targets.kubernetes import attempt, order
from reconciler.targets.kubernetes.attempt import Request
from reconciler.targets.kubernetes.body import applied
from reconciler.targets.kubernetes.client import FULL, METADATA
from reconciler.targets.kubernetes.context import Cluster
from reconciler.targets.kubernetes.discovery import Kind
from reconciler.targets.kubernetes.drift import Known
from reconciler.targets.kubernetes.errors import ApiError
from reconciler.targets.kubernetes.heal import heal
from reconciler.targets.kubernetes.identity import Ref, parse
from reconciler.targets.kubernetes.inspect import record_of, token
from reconciler.targets.kubernetes.inventory import Inventory, Owned, Record, Shard
from reconciler.targets.kubernetes.ownership import additions, owners
from reconciler.targets.kubernetes.prune import Pruner

Json = Any
_SERVED_WAIT = 0.1  # seconds between two looks for a new definition


def act(
    cluster: Cluster,
    placement: Placement,
    actions: Sequence[Action],
    check: Callable[[], None],
) -> Iterator[Outcome]:
    """Carry out `actions` in the order their kinds need; see Target.act."""
    fenced = replace(cluster, client=cluster.client.fenced(check))
    return _Run(fenced, placement, actions, check).outcomes()


@dataclass
class _Run:
    """One sequence of actions on one placement."""

    cluster: Cluster
    placement: Placement
    actions: Sequence[Action]
    check: Callable[[], None]
    failed: set[str] = field(default_factory=set)
    applied: dict[str, tuple[Record, Owned]] = field(default_factory=dict)
    unreachable: str = ""

    def outcomes(self) -> Iterator[Outcome]:
        """One outcome for each action, as soon as it is known."""
        try:
            inventory = self.cluster.store.known(self.placement)
        except ReconcilerError as error:
            yield from (_failed(action, error) for action in self.actions)
            return
        resources = [action.resource for action in self.actions if action.resource is not None]
        defined = order.defined_kinds(resources)
        worker = _Worker(self, inventory, Pruner(self.cluster, self.placement, inventory), defined)
        try:
            for wave in order.waves(self.actions):
                for outcome in self.cluster.as_ready(worker.carry_out, wave):
                    if outcome.result is not Result.DONE:
                        self.failed.add(outcome.id)
                    yield outcome
                if any(parse(action.id).group_kind == order.CRD for action in wave):
                    self.cluster.discovery.forget()
        finally:
            self._remember()

    def _remember(self) -> None:
        """Note what was applied. It only saves work: where it cannot be written, work is done."""
        if not self.applied:
            return

        def edit(inventory: Inventory) -> list[Shard]:
            noted = (
                inventory.remember(identifier, *known) for identifier, known in self.applied.items()
            )
            return [shard for shard in noted if shard is not None]

        with suppress(ReconcilerError):
            self.check()
            self.cluster.store.change(self.placement, edit)


@dataclass(frozen=True)
class _Worker:
    """Carries out one action at a time, in any thread."""

    run: _Run
    inventory: Inventory
    pruner: Pruner
    defined: Mapping[tuple[str, str], str]

    @property
    def cluster(self) -> Cluster:
        """Where to work."""
        return self.run.cluster

    def carry_out(self, action: Action) -> Outcome:
        """Do it and say how it ended; never raises."""
        if self.run.unreachable:
            return _skipped(action, self.run.unreachable)
        ref = parse(action.id)
        lacking = [need for need in order.needs(ref, self.defined) if need in self.run.failed]
        if lacking and action.resource is not None:
            return _skipped(action, f"{lacking[0]} is not there")
        self.cluster.changing.add(action.id)
        try:
            return self._do(action, ref)
        except ReconcilerError as error:
            if isinstance(error, TargetUnavailableError):
                self.run.unreachable = f"{self.cluster.client.name} stopped answering"
            return _refused(action, error)
        finally:
            self.cluster.changing.discard(action.id)

    def _do(self, action: Action, ref: Ref) -> Outcome:
        if action.verb is Verb.FORGET:
            return Outcome(action.id, action.verb, Result.DONE, "it was gone already")
        kind = self.cluster.discovery.find(ref)
        if action.resource is None:
            return self.pruner.prune(action, ref, kind)
        if kind is None:
            reason = f"pending on a definition of {ref.api_version} {ref.kind}"
            return Outcome(action.id, action.verb, Result.WAITING, reason)
        if action.verb is Verb.RECREATE:
            gone = self.pruner.prune(action, ref, kind)
            if gone.result is not Result.DONE:
                return gone
        return self._apply(action, action.resource, ref, kind)

    def _apply(self, action: Action, resource: Resource, ref: Ref, kind: Kind) -> Outcome:
        request = Request(
            ref,
            kind,
            applied(resource, self.run.placement, ref),
            resource.digest,
            Known(self.inventory.record(action.id), self.inventory.owned(action.id)),
            take=action.verb is Verb.TAKE,
        )
        if action.verb is Verb.HEAL:
            meta = heal(self.cluster, request, lambda: self._send(request, FULL))["metadata"]
        else:
            meta = self._send(request, METADATA)["metadata"]
        if meta.get("deletionTimestamp"):
            reason = f"pending on the end of {action.id}, which is being deleted"
            return Outcome(action.id, action.verb, Result.WAITING, reason)
        if ref.group_kind == order.CRD:
            self._wait_until_served(request)
        if not additions(ref, owners(meta), self.cluster.rules.allow):
            record, owned = record_of(meta, resource.digest)
            self.run.applied[action.id] = record, owned
            self.inventory.remember(action.id, record, None)  # a watch knows it for our doing
        # else somebody added to it since it was observed: that is news, and not in sync
        return Outcome(action.id, action.verb, Result.DONE, token=token(meta))

    def _send(self, request: Request, accept: str) -> Json:
        """Apply; where the kind's definition is of this run, wait until it is served."""
        definition = (request.ref.api_version, request.ref.kind) in self.defined
        deadline = self.cluster.now() + self.cluster.options.established_wait
        while True:
            try:
                return attempt.apply(
                    self.cluster.client, request, self.cluster.rules, accept=accept
                ).answer.body
            except ApiError as error:
                early = definition and error.status == 404 and self.cluster.now() < deadline
                if not early:
                    raise
            self.cluster.pause(_SERVED_WAIT)

    def _read(self, request: Request) -> Json:
        path = request.kind.path(request.ref)
        return self.cluster.client.get(path, what=f"read {request.ref}")

    def _wait_until_served(self, request: Request) -> None:
        """Wait until a definition is established: its objects can be applied then."""
        deadline = self.cluster.now() + self.cluster.options.established_wait
        while not _established(self._read(request)):
            if self.cluster.now() >= deadline:
                raise ApiError(
                    f"{request.ref}: it was applied and is not served yet",
                    remedy="look at its conditions; the next pass tries again",
                    status=202,
                )
            self.cluster.pause(_SERVED_WAIT)


def _established(definition: Json) -> bool:
    conditions = (definition.get("status") or {}).get("conditions") or ()
    return any(c.get("type") == "Established" and c.get("status") == "True" for c in conditions)


def _refused(action: Action, error: ReconcilerError) -> Outcome:
    """What an error means for an action."""
    if not isinstance(error, ApiError):
        return _failed(action, error)
    said = str(error)
    homeless = error.status == 404 and 'namespaces "' in said
    leaving = any(cause.reason == "NamespaceTerminating" for cause in error.causes)
    if homeless or leaving or error.status == 202:
        return Outcome(action.id, action.verb, Result.WAITING, said, error.remedy)
    if error.status == 409:
        return Outcome(action.id, action.verb, Result.CONFLICT, said, error.remedy)
    if error.immutable:
        remedy = 'put the old value back, or annotate it with controlplane.dev/recreate: "true"'
        return Outcome(action.id, action.verb, Result.FAILED, said, remedy)
    return _failed(action, error)


def _failed(action: Action, error: ReconcilerError) -> Outcome:
    return Outcome(action.id, action.verb, Result.FAILED, str(error), error.remedy)


def _skipped(action: Action, reason: str) -> Outcome:
    return Outcome(action.id, action.verb, Result.SKIPPED, reason, "the next pass tries again")
