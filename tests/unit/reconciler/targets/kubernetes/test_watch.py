"""A watch that lasts: whatever ends it, and however often, it is opened again."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from types import SimpleNamespace
from typing import Any, cast

import pytest

from reconciler.model import Nudge, Placement
from reconciler.targets.kubernetes.context import Cluster
from reconciler.targets.kubernetes.discovery import Kind
from reconciler.targets.kubernetes.drift import Rules
from reconciler.targets.kubernetes.inventory import Inventory, Record, Shard
from reconciler.targets.kubernetes.ownership import fingerprint
from reconciler.targets.kubernetes.watch import Watcher, backoff

PLACEMENT = Placement("acme/prod", "east")
ID = "v1/ConfigMap/acme/settings"
KIND = Kind("v1", "ConfigMap", "configmaps", namespaced=True, verbs=frozenset())
EVENT: dict[str, Any] = {
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


def changed(generation: int) -> dict[str, Any]:
    meta = {**EVENT["object"]["metadata"], "uid": "u", "generation": generation}
    return {"type": "MODIFIED", "object": {"metadata": meta}}


def on_record(event: dict[str, Any]) -> Record:
    return Record("", "u", "8", fingerprint(event["object"]["metadata"]))


@pytest.mark.parametrize(
    ("left", "seen"),
    [
        pytest.param(changed(3), [], id="as this process left it"),
        pytest.param(changed(2), [Nudge(PLACEMENT, frozenset({ID}))], id="somebody came after it"),
        pytest.param(None, [Nudge(PLACEMENT, frozenset({ID}))], id="it could not be changed"),
    ],
)
def test_while_an_object_is_being_changed_its_events_wait_for_the_outcome(
    left: dict[str, Any] | None, seen: list[Nudge]
) -> None:
    asked = threading.Event()
    made = cluster(Client([changed(2), changed(3)]))
    made.changing.add(ID)

    def stop() -> bool:
        if client.drained.is_set() and not asked.is_set():
            asked.set()  # one look with the change under way, and then its outcome
        elif asked.is_set():
            made.store.record = lambda *_: on_record(left) if left else None
            made.changing.discard(ID)
            looks.append(1)
        return len(looks) > 5

    client, looks = cast("Client", made.client), list[int]()
    nudges = [nudge for nudge in Watcher(made, "east").nudges(stop) if nudge.ids]

    assert nudges == seen


class Client:
    """First gives a list that is none, then a watch with one event."""

    def __init__(self, events: Sequence[Any] = (EVENT,)) -> None:
        self.lists = 0
        self.events = events
        self.drained = threading.Event()

    def get(self, *_: Any, **__: Any) -> Any:
        self.lists += 1
        return {} if self.lists == 1 else {"metadata": {"resourceVersion": "7"}}

    def stream(self, *_: Any, **__: Any) -> Any:
        return Events(self)


class Events:
    """What the client was given, and then nothing until it is stopped."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.stopped = threading.Event()

    def __iter__(self) -> Iterator[Any]:
        yield from self.client.events
        self.client.drained.set()
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
    made = SimpleNamespace(
        client=client, store=store, discovery=discovery, rules=Rules(()), changing=set()
    )
    return cast("Cluster", made)
