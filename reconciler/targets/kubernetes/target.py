"""The Kubernetes target: the port's methods, each handed to the module that decides.

This is the adapter's composition root. It owns the connections and the threads and nothing else.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar

from reconciler.model import (
    Action,
    Desired,
    Health,
    Nudge,
    Observation,
    Outcome,
    Placement,
    Resource,
)
from reconciler.targets.base import Target, unfenced
from reconciler.targets.kubernetes import options as settings_of
from reconciler.targets.kubernetes.apply import act
from reconciler.targets.kubernetes.client import Access, Client
from reconciler.targets.kubernetes.context import Cluster
from reconciler.targets.kubernetes.discovery import Discovery
from reconciler.targets.kubernetes.health import examine
from reconciler.targets.kubernetes.observe import observe
from reconciler.targets.kubernetes.options import Options
from reconciler.targets.kubernetes.store import InventoryStore
from reconciler.targets.kubernetes.watch import Watcher

Json = Any
READERS = 16  # LISTs that wait at the same time


class KubernetesTarget(Target):
    """One cluster, reached through its API server."""

    kind: ClassVar[str] = "kubernetes"

    def __init__(self, name: str, options: Options) -> None:
        """Load the credentials; TargetSettingsError if there are none."""
        super().__init__(name)
        client = Client(
            name,
            Access(options.kubeconfig, options.context, options.in_cluster),
            connections=options.connections,
            read_timeout=options.read_timeout,
        )
        store = InventoryStore(
            client, options.control_namespace, create_namespace=not options.namespaces
        )
        self._cluster = Cluster(
            client=client,
            discovery=Discovery(client),
            store=store,
            options=options,
            rules=options.rules(),
            pool=ThreadPoolExecutor(options.connections, thread_name_prefix=f"kubernetes-{name}"),
            readers=ThreadPoolExecutor(READERS, thread_name_prefix=f"kubernetes-{name}-list"),
            pause=time.sleep,
            now=time.monotonic,
        )

    @classmethod
    def connect(cls, name: str, settings: Mapping[str, Json]) -> KubernetesTarget:
        """Build the target from `settings`, whose names and meaning are those of Options."""
        return cls(name, settings_of.read(name, settings))

    def observe(self, desired: Desired) -> Observation:
        """See Target.observe."""
        return observe(self._cluster, desired)

    def claim(self, placement: Placement, ids: Collection[str]) -> None:
        """See Target.claim."""
        self._cluster.store.change(placement, lambda inventory: inventory.add(ids))

    def release(self, placement: Placement, ids: Collection[str]) -> None:
        """See Target.release."""
        self._cluster.store.change(placement, lambda inventory: inventory.remove(ids))

    def act(
        self,
        placement: Placement,
        actions: Sequence[Action],
        check: Callable[[], None] = unfenced,
    ) -> Iterator[Outcome]:
        """See Target.act."""
        return act(self._cluster, placement, actions, check)

    def health(self, placement: Placement, resources: Iterable[Resource]) -> Iterator[Health]:
        """See Target.health."""
        return examine(self._cluster, placement, resources)

    def placements(self) -> Iterator[Placement]:
        """See Target.placements."""
        return self._cluster.store.placements(self.name)

    def watch(self, stop: Callable[[], bool]) -> Iterator[Nudge]:
        """See Target.watch."""
        return Watcher(self._cluster, self.name).nudges(stop)

    def close(self) -> None:
        """Let go of threads and connections."""
        self._cluster.pool.shutdown(wait=True, cancel_futures=True)
        self._cluster.readers.shutdown(wait=True, cancel_futures=True)
        self._cluster.client.close()
