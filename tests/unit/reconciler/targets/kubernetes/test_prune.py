"""What a namespace holds is known only where every API group has answered."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from reconciler.model import Action, Placement, Result, Standing, Verb
from reconciler.targets.kubernetes.context import Cluster
from reconciler.targets.kubernetes.discovery import Catalogue, Kind
from reconciler.targets.kubernetes.drift import Rules
from reconciler.targets.kubernetes.identity import PLACEMENT_LABEL, parse, placement_label
from reconciler.targets.kubernetes.inventory import Inventory
from reconciler.targets.kubernetes.options import Options
from reconciler.targets.kubernetes.prune import Pruner

ID = "v1/Namespace/_/acme"
PLACEMENT = Placement("acme/prod", "east")
KIND = Kind("v1", "Namespace", "namespaces", namespaced=False, verbs=frozenset())


class Client:
    """Holds one namespace of ours and counts what is deleted."""

    def __init__(self) -> None:
        self.deleted: list[str] = []

    def get(self, *_: Any, **__: Any) -> Any:
        labels = {PLACEMENT_LABEL: placement_label(str(PLACEMENT))}
        return {"metadata": {"name": "acme", "uid": "u", "resourceVersion": "1", "labels": labels}}

    def write(self, _: str, path: str, *__: Any, **___: Any) -> Any:
        self.deleted.append(path)
        return SimpleNamespace(body={"kind": "Status"})


def pruned(client: Client, *stale: str) -> Any:
    discovery = SimpleNamespace(
        forget=lambda: None, catalogue=lambda: Catalogue({}, frozenset(stale))
    )
    cluster = SimpleNamespace(
        client=client,
        discovery=discovery,
        options=Options(),
        rules=Rules(()),
        now=lambda: 0.0,
    )
    inventory = Inventory(str(PLACEMENT))
    inventory.add([ID])
    pruner = Pruner(cast("Cluster", cluster), PLACEMENT, inventory)
    return pruner.prune(Action(ID, Verb.PRUNE, Standing.SURPLUS), parse(ID), KIND)


def test_an_api_group_that_is_away_keeps_the_namespace() -> None:
    client = Client()
    outcome = pruned(client, "metrics.example")

    assert outcome.result is Result.CONFLICT
    assert "metrics.example" in outcome.detail
    assert client.deleted == []


def test_an_empty_namespace_goes() -> None:
    client = Client()

    assert pruned(client).result is Result.DONE
    assert client.deleted == ["/api/v1/namespaces/acme"]
