"""`cpctl reconcile --watch` as a process, with real API servers as its targets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.cluster import Cluster, Document
from tests.support.fleet import TENANT, Fleet
from tests.support.kubernetes import ApiServer, running
from tests.support.waiting import eventually

CATALOGUE = "catalog/clusters/local.yaml"
NAMESPACE = "namespaces/acme-dev"
CONFIG = f"/api/v1/{NAMESPACE}/configmaps/hello"
SERVICE = f"/api/v1/{NAMESPACE}/services/hello"
DEPLOYMENT = f"/apis/apps/v1/{NAMESPACE}/deployments/hello"
MERGE = "application/merge-patch+json"


def place(repository: Path, targets: Iterable[str]) -> None:
    """Place the tenant on these clusters."""
    local = repository / CATALOGUE
    declared = local.read_text().replace("kind: directory", "kind: kubernetes")
    declared += "  runtimes: {kubernetes: 1.35.3}\n"
    tenant = repository / TENANT
    placed = "    - {environment: dev, target: local}\n"
    for name in targets:
        named = re.sub(r"(name|credentialsRef): local", rf"\1: {name}", declared)
        local.with_name(f"{name}.yaml").write_text(named)
    places = "".join(placed.replace("local", name) for name in targets)
    tenant.write_text(tenant.read_text().replace(placed, places))


@contextmanager
def following(folder: Path, **clusters: Cluster) -> Iterator[Fleet]:
    """Run the reconciler on these clusters; nothing is looked at because time has passed."""
    fleet = Fleet(folder, lambda repository: place(repository, clusters))
    reach = [f"--connect={name}=kubernetes:{c.kubeconfig}" for name, c in clusters.items()]
    try:
        fleet.start("--interval", "1h", "--resync", "1h", *reach)
        yield fleet
    finally:
        fleet.close()


def read(cluster: Cluster, path: str) -> Document:
    """Return an object, empty if it is not there."""
    status, found = cluster.call("GET", path)
    return found if status == 200 else {}


def replicas(cluster: Cluster) -> int:
    return int(read(cluster, DEPLOYMENT).get("spec", {}).get("replicas", 0))


def roll_out(cluster: Cluster, number: int) -> None:
    """Wait for the Deployment to ask for so many, and report them as its controller would."""
    assert eventually(lambda: replicas(cluster) == number)
    status = {
        "observedGeneration": read(cluster, DEPLOYMENT)["metadata"]["generation"],
        **dict.fromkeys(("replicas", "updatedReplicas", "availableReplicas"), number),
        "readyReplicas": number,
        "conditions": [{"type": "Available", "status": "True"}],
    }
    code, answer = cluster.call(
        "PATCH", f"{DEPLOYMENT}/status", {"status": status}, content_type=MERGE
    )
    assert code == 200, answer


def test_an_edit_and_a_deletion_are_healed_through_the_watch(
    api_server: ApiServer, tmp_path: Path
) -> None:
    with following(tmp_path, local=api_server) as fleet:
        roll_out(api_server, 1)
        # A placement that has converged is looked at again only when the watch says so.
        fleet.says("placement=acme/dev@local phase=converged")
        edit: Document = {"data": {"index.html": "Goodbye"}}
        path = f"{CONFIG}?fieldManager=somebody-else"
        assert api_server.call("PATCH", path, edit, content_type=MERGE)[0] == 200
        fleet.says("verb=heal", "/ConfigMap/", "result=done")
        assert read(api_server, CONFIG)["data"] == {"index.html": "Hello"}

        before = read(api_server, SERVICE)["metadata"]["uid"]
        assert api_server.call("DELETE", SERVICE)[0] == 200
        assert eventually(lambda: bool(read(api_server, SERVICE)))
        assert read(api_server, SERVICE)["metadata"]["uid"] != before
        assert fleet.stop() == 0
        fleet.verify()


def test_a_cluster_that_is_away_holds_up_no_other_and_catches_up(
    api_server: ApiServer, tmp_path: Path
) -> None:
    folder = tmp_path / "other-cluster"
    folder.mkdir()
    with (
        running(ApiServer(folder)) as other,
        following(tmp_path, local=api_server, other=other) as fleet,
    ):
        for cluster in (api_server, other):
            roll_out(cluster, 1)
        fleet.says("placement=acme/dev@local phase=converged")
        fleet.says("placement=acme/dev@other phase=converged")
        other.stop()
        fleet.replicas(2)
        revision = fleet.judged("two", "Two")
        fleet.says("revision-taken-up", revision)
        roll_out(api_server, 2)
        fleet.says("target-away", "target=other")
        status, words = fleet.ask("/readyz")
        assert (status, "target other does not answer" in words) == (200, True)
        assert "controlplane_targets_unreachable 1.0" in fleet.ask("/metrics")[1]

        other.start()
        roll_out(other, 2)
        fleet.says("target-back", "target=other")
        assert eventually(lambda: fleet.phases("acme/dev@other")[-1] == "converged")
        assert "unreachable" in fleet.phases("acme/dev@other")
        assert "target other" not in fleet.ask("/readyz")[1]
        assert fleet.stop() == 0
        fleet.verify()
