"""SIGKILL at every durable write and every request of a pass over a real API server."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from reconciler.model import Desired, Placement, Resource
from reconciler.targets.kubernetes.client import FULL, JSON_PATCH, Access, Client
from reconciler.targets.kubernetes.errors import ApiError
from reconciler.targets.kubernetes.target import KubernetesTarget
from tests.integration.crash.world import Json, ReconcilerScenario
from tests.support.crashing import examine
from tests.support.kubernetes import ApiServer

OLD, NEW, CONTROL = "crash-old", "crash-new", "crash-control"
ACME, BRAVO = Placement("acme/prod", "cluster"), Placement("bravo/prod", "cluster")
KINDS = ("configmaps", "resourcequotas")


def resource(kind: str, name: str, namespace: str = "", **content: Json) -> Resource:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    body = {"apiVersion": "v1", "kind": kind, "metadata": metadata, **content}
    return Resource.of(f"v1/{kind}/{namespace or '_'}/{name}", body)


def config(name: str, value: str = "1", namespace: str = OLD) -> Resource:
    return resource("ConfigMap", name, namespace, data={"value": value})


QUOTA = resource("ResourceQuota", "drifted", OLD, spec={"hard": {"pods": "10"}})
HOME = resource("Namespace", OLD)
BEFORE = (Desired(ACME, "aa" * 20, (HOME, config("changed"), QUOTA, config("pruned"))),)
AFTER = (
    Desired(ACME, "bb" * 20, (HOME, config("changed", "2"), QUOTA, config("new"))),
    Desired(BRAVO, "bb" * 20, (resource("Namespace", NEW), config("new", namespace=NEW))),
)


class KubernetesScenario(ReconcilerScenario):
    """Something to create, in a namespace to create; to update, to heal, and to delete.

    The kubeconfig lies beside the world. All worlds use the same names on one server, one after
    the other, so that what is left at the end can be compared as it stands.
    """

    @property
    def kubeconfig(self) -> str:
        return str(self.folder.parent / "kubeconfig")

    def target(self) -> KubernetesTarget:
        # One connection: the points then come in the same order in every run.
        settings = {"kubeconfig": self.kubeconfig, "control_namespace": CONTROL, "connections": 1}
        return KubernetesTarget.connect("cluster", settings)

    def client(self) -> Client:
        return Client("administrator", Access(kubeconfig=self.kubeconfig), connections=1)

    def prepare(self) -> None:
        self.folder.mkdir(parents=True)
        client = self.client()
        for namespace in (OLD, NEW, CONTROL):
            wipe(client, namespace)
        self.make_keys()
        self.apply(BEFORE)
        raised = [
            {"op": "replace", "path": "/spec/hard/pods", "value": "1000"},
            {"op": "add", "path": "/spec/hard/services", "value": "1000"},
        ]
        path = f"/api/v1/namespaces/{OLD}/resourcequotas/drifted"
        client.write(
            "PATCH", path, raised, what="drift", content_type=JSON_PATCH, fieldManager="somebody"
        )
        client.close()

    def run(self) -> None:
        self.apply(AFTER)

    def final(self) -> tuple[Json, list[str]]:
        client, target = self.client(), self.target()
        state = {
            "objects": {namespace: contents(client, namespace) for namespace in (OLD, NEW)},
            "standing": {
                str(each.placement): {
                    identifier: live.standing.value
                    for identifier, live in target.observe(each).live.items()
                }
                for each in AFTER
            },
            "orphans": [list(target.observe(each).foreign) for each in AFTER],
            "state": self.remembered(AFTER),
        }
        wrong = list(self.unexplained(target, AFTER))
        target.close()
        client.close()
        return state, wrong


def wipe(client: Client, namespace: str) -> None:
    """Take a namespace away with what is in it; there is no controller here that would."""
    path = f"/api/v1/namespaces/{namespace}"
    try:
        client.get(path, what="look")
    except ApiError as error:
        assert error.status == 404
        return
    for kind in KINDS:
        client.write("DELETE", f"{path}/{kind}", None, what="wipe", accept=FULL)
    client.write("DELETE", path, None, what="wipe")
    bare = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
    client.write("PUT", f"{path}/finalize", {**bare, "spec": {"finalizers": []}}, what="wipe")


def contents(client: Client, namespace: str) -> dict[str, Any]:
    """Everything in a namespace, without the server's bookkeeping."""
    found: dict[str, Any] = {}
    for kind in KINDS:
        answer = client.get(f"/api/v1/namespaces/{namespace}/{kind}", what="look")
        for item in answer["items"]:
            metadata = item["metadata"]
            marks = {key: metadata.get(key) for key in ("labels", "annotations")}
            content = {key: item.get(key) for key in ("data", "spec")}
            found[f"{kind}/{metadata['name']}"] = {**marks, **content}
    return found


def test_the_next_pass_ends_where_an_unharmed_one_does(
    api_server: ApiServer, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    (tmp_path / "kubeconfig").write_bytes(api_server.kubeconfig.read_bytes())

    report = examine(f"{__name__}:KubernetesScenario", tmp_path, timeout=900)

    record_property("counted: crash points, Kubernetes", len(report.points))
    assert report.problems == []
    for place in ("state.intent", "kubernetes.patch", "kubernetes.delete", "evidence: "):
        assert any(place in point for point in report.points), place
