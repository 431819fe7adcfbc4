"""Sees within a moment that something of ours changed, and says which placement to look at.

One watch for each kind in an inventory (and namespace, where the account has only some). It sees
metadata only, and of it what carries our label: an object that is deleted or loses the label is
an event too. What a watch missed while it was broken is made up for by looking at everything.
What this process does itself is no news: an event on an object that it is just changing waits until
it is known what the change came to.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from reconciler.errors import InventoryDamagedError, ReconcilerError
from reconciler.model import Nudge, Placement
from reconciler.targets.kubernetes.client import METADATA_LIST, Stream, is_gone
from reconciler.targets.kubernetes.context import Cluster
from reconciler.targets.kubernetes.errors import ApiError
from reconciler.targets.kubernetes.identity import (
    PLACEMENT_ANNOTATION,
    PLACEMENT_LABEL,
    parse,
    placement_of,
)
from reconciler.targets.kubernetes.inventory import Record
from reconciler.targets.kubernetes.ownership import fingerprint

Json = Any
Scope = tuple[str, str, str]  # apiVersion, kind, namespace ("" for all)
_TICK = 0.2  # seconds between two looks at `stop`
_SHORT_TICK = 0.02  # the same while an event waits
_KINDS_EVERY = 25  # ticks between two looks for new kinds
_LIFE = 300  # seconds after which the server ends a watch and it is opened again
_LONGEST_BACKOFF = 30.0


def backoff(failures: int) -> float:
    """Return for how many seconds to wait after so many failures in a row, however many."""
    return min(0.2 * 2.0 ** min(failures, 16), _LONGEST_BACKOFF)


@dataclass(frozen=True)
class Seen:
    """An event: a version of an object, or that it is gone (then without a fingerprint)."""

    placement: Placement
    id: str
    fingerprint: str

    def is_news(self, record: Record | None) -> bool:
        """Whether it is neither a change of status nor what is on record as our own doing."""
        return not self.fingerprint or record is None or record.fingerprint != self.fingerprint


class Watcher:
    """The watches of one cluster."""

    def __init__(self, cluster: Cluster, target: str) -> None:
        self._cluster = cluster
        self._target = target
        self._events: queue.Queue[Nudge | Seen] = queue.Queue()
        self._waiting: dict[str, Seen] = {}  # the latest of each object that is being changed
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._streams: set[Stream] = set()
        self._threads: dict[Scope, threading.Thread] = {}

    def nudges(self, stop: Callable[[], bool]) -> Iterator[Nudge]:
        """Yield a nudge for each change, until `stop()`; then end all watches."""
        tick, edits = 0, -1
        try:
            while not stop():
                if tick % _KINDS_EVERY == 0 or edits != self._cluster.store.edits:
                    edits = self._cluster.store.edits
                    self._watch_new_kinds()
                tick += 1
                yield from self._next(_SHORT_TICK if self._waiting else _TICK)
        finally:
            self._end()

    def _next(self, patience: float) -> Iterator[Nudge]:
        """Wait for an event that long, and yield what there is to say now."""
        with suppress(queue.Empty):
            event = self._events.get(timeout=patience)
            if isinstance(event, Nudge):
                yield event
            else:
                self._waiting[event.id] = event
        for seen in list(self._waiting.values()):
            if seen.id in self._cluster.changing:
                continue
            del self._waiting[seen.id]
            if seen.is_news(self._cluster.store.record(str(seen.placement), seen.id)):
                yield Nudge(seen.placement, frozenset({seen.id}))

    def _watch_new_kinds(self) -> None:
        """Start a watch for every kind that an inventory holds and that has none yet."""
        inventories = []
        # What fails here is tried again soon, and the periodic pass says what is wrong. One
        # inventory that cannot be read must not leave the others unwatched.
        with suppress(ReconcilerError):
            for placement in self._cluster.store.placements(self._target):
                with suppress(InventoryDamagedError):
                    inventories.append(self._cluster.store.known(placement))
        given = self._cluster.rules.given
        refs = {
            (ref.api_version, ref.kind, ref.namespace if given else ""): ref
            for inventory in inventories
            for ref in map(parse, inventory.where)
            if ref.namespace or not given
        }
        alive = {scope for scope, thread in self._threads.items() if thread.is_alive()}
        for scope in refs.keys() - alive:
            thread = threading.Thread(
                target=self._follow, args=(scope,), name=f"watch-{scope[1]}", daemon=True
            )
            self._threads[scope] = thread
            thread.start()

    def _follow(self, scope: Scope) -> None:
        """Keep one watch open until the end."""
        failures = 0
        version = ""
        while not self._stopping.is_set():
            try:
                if not version:
                    version = self._begin(scope)
                version = self._read(scope, version)
                failures = 0
            except ApiError as error:
                version = ""
                failures += 0 if is_gone(error) else 1
            except Exception:  # noqa: BLE001 (whatever came of it, the watch is opened again)
                version = ""
                failures += 1
            if failures:
                self._stopping.wait(backoff(failures))

    def _begin(self, scope: Scope) -> str:
        """The version from which to watch; whatever happened before it deserves a look."""
        path = self._path(scope)
        answer = self._cluster.client.get(
            path,
            what=f"list {path}",
            accept=METADATA_LIST,
            labelSelector=PLACEMENT_LABEL,
            limit="1",
        )
        for placement in self._cluster.store.placements(self._target):
            self._events.put(Nudge(placement))
        return str(answer["metadata"]["resourceVersion"])

    def _read(self, scope: Scope, version: str) -> str:
        """Follow one watch until it ends, and return the version it got to."""
        path = self._path(scope)
        stream = self._cluster.client.stream(
            path,
            what=f"watch {path}",
            seconds=_LIFE,
            labelSelector=PLACEMENT_LABEL,
            resourceVersion=version,
            allowWatchBookmarks="true",
        )
        with self._lock:
            self._streams.add(stream)
        if self._stopping.is_set():
            stream.stop()
        try:
            for event in stream:
                version = self._event(scope, event)
        except ReconcilerError:
            if not self._stopping.is_set():
                raise
        finally:
            with self._lock:
                self._streams.discard(stream)
        return version

    def _event(self, scope: Scope, event: Mapping[str, Json]) -> str:
        """Note one event and return its version. Raises ApiError for one that is an error."""
        found = event["object"]
        if event["type"] == "ERROR":
            raise ApiError(
                f"watch {scope[1]}: {found.get('message', '')}",
                remedy="it is opened again",
                status=int(found.get("code", 0)),
                reason=str(found.get("reason", "")),
            )
        meta = found["metadata"]
        if event["type"] != "BOOKMARK":
            self._note(scope, event["type"], meta)
        return str(meta["resourceVersion"])

    def _note(self, scope: Scope, what: str, meta: Mapping[str, Json]) -> None:
        identifier = f"{scope[0]}/{scope[1]}/{meta.get('namespace') or '_'}/{meta['name']}"
        store = self._cluster.store
        name = store.owner_of(identifier) or (meta.get("annotations") or {}).get(
            PLACEMENT_ANNOTATION
        )
        placement = placement_of(name or "", self._target)
        if name is None or placement is None:
            return
        version = "" if what == "DELETED" else fingerprint(meta)
        self._events.put(Seen(placement, identifier, version))

    def _path(self, scope: Scope) -> str:
        api_version, kind, namespace = scope
        ref = parse(f"{api_version}/{kind}/{namespace or '_'}/_")
        found = self._cluster.discovery.find(ref)
        if found is None:
            raise ApiError(f"{kind} is not served", remedy="it is tried again", status=404)
        return found.collection(namespace)

    def _end(self) -> None:
        self._stopping.set()
        with self._lock:
            streams = list(self._streams)
        for stream in streams:
            with suppress(ReconcilerError, OSError, ValueError):
                stream.stop()
        for thread in self._threads.values():
            thread.join(timeout=5)
