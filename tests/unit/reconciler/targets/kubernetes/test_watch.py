"""A watch that lasts: whatever ends it, and however often, it is opened again."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator
from contextlib import closing
from types import SimpleNamespace
from typing import Any, cast

from reconciler.model import Nudge, Placement
from reconciler.targets.kubernetes.context import Cluster
from reconciler.targets.kubernetes.discovery import Kind
from reconciler.targets.kubernetes.drift import Rules
from reconciler.targets.kubernetes.inventory import Inventory, Shard
from reconciler.targets.kubernetes.watch import Watcher, backoff

PLACEMENT = Placement("acme/prod", "east")
ID = "v1/ConfigMap/acme/settings"
KIND = Kind("v1", "ConfigMap", "configmaps", namespaced=True, verbs=frozenset())
EVENT = {
    "type": "DELETED",
    "object": {"metadata": {"name": "settings", "namespace": "acme", "resourceVersion": "8"}},
}


def test_however_often_it_fails_it_waits_within_bounds() -> None:
    waits = [backoff(failures) for failures in (1, 2, 5_000)]

    assert waits == [0.4, 0.8, 30.0]


def test_an_answer_that_cannot_be_read_does_not_end_the_watch() -> None:
    client = Client()
    watcher = Watcher(cluster(client), "east")
    nudges = watcher.nudges(lambda: False)
    with closing(cast("Generator[Nudge]", nudges)):
        seen = next(nudge for nudge in nudges if nudge.ids)

    assert seen == Nudge(PLACEMENT, frozenset({ID}))
    assert client.lists == 2


class Client:
    """First gives a list that is none, then a watch with one event."""

    def __init__(self) -> None:
        self.lists = 0

    def get(self, *_: Any, **__: Any) -> Any:
        self.lists += 1
        return {} if self.lists == 1 else {"metadata": {"resourceVersion": "7"}}

    def stream(self, *_: Any, **__: Any) -> Any:
        return Events()


class Events:
    """One event, and then nothing until it is stopped."""

    def __init__(self) -> None:
        self.stopped = threading.Event()

    def __iter__(self) -> Iterator[Any]:
        yield EVENT
        self.stopped.wait(30)

    def stop(self) -> None:
        self.stopped.set()


def cluster(client: Client) -> Cluster:
    shard = Shard(0, records={ID: None})
    inventory = Inventory(str(PLACEMENT), [shard], {ID: shard})
    store = SimpleNamespace(
        edits=0,
        placements=lambda _: iter([PLACEMENT]),
        known=lambda _: inventory,
        owner_of=lambda _: str(PLACEMENT),
        record=lambda *_: None,
    )
    discovery = SimpleNamespace(find=lambda _: KIND)
    made = SimpleNamespace(client=client, store=store, discovery=discovery, rules=Rules(()))
    return cast("Cluster", made)
