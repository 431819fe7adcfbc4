"""The Kubernetes fixtures: a whole cluster acts, users have no rights, nothing is left behind."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
import uuid
from pathlib import Path

import pytest

from tests.support import existing, kubernetes
from tests.support.cluster import Cluster, Document
from tests.support.kubernetes import ApiServer
from tests.support.process import members
from tests.support.waiting import eventually

RBAC_GROUP = "rbac.authorization.k8s.io"


def _namespace(server: Cluster) -> str:
    name = f"test-{uuid.uuid4().hex[:8]}"
    server.create("/api/v1/namespaces", {"metadata": {"name": name}})
    return name


def _deployment(replicas: int) -> Document:
    labels = {"app": "web"}
    image = "registry.example/web@sha256:" + "0" * 64
    return {
        "metadata": {"name": "web"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{"name": "web", "image": image}]},
            },
        },
    }


def test_a_deployment_becomes_available_and_its_namespace_is_deleted(
    whole_cluster: Cluster,
) -> None:
    namespace = _namespace(whole_cluster)
    collection = f"/apis/apps/v1/namespaces/{namespace}/deployments"
    whole_cluster.create(collection, _deployment(3))

    def available() -> bool:
        _, deployment = whole_cluster.call("GET", f"{collection}/web")
        return deployment["status"].get("availableReplicas") == 3

    assert eventually(available), whole_cluster.call("GET", f"/api/v1/namespaces/{namespace}/pods")
    path = f"/api/v1/namespaces/{namespace}"
    assert whole_cluster.call("DELETE", path)[0] == 200
    assert eventually(lambda: whole_cluster.call("GET", path)[0] == 404)


def test_on_the_bare_api_server_nothing_acts(api_server: ApiServer) -> None:
    namespace = _namespace(api_server)
    collection = f"/apis/apps/v1/namespaces/{namespace}/deployments"
    api_server.create(collection, _deployment(1))
    assert api_server.call("GET", f"{collection}/web")[1]["status"] == {}


def test_a_new_user_may_do_nothing_until_a_role_is_bound(api_server: ApiServer) -> None:
    namespace, user = _namespace(api_server), api_server.new_user()
    collection = f"/api/v1/namespaces/{namespace}/configmaps"
    assert api_server.call("GET", collection, user=user)[0] == 403
    rbac = f"/apis/{RBAC_GROUP}/v1"
    rule = {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["list"]}
    api_server.create(
        f"{rbac}/namespaces/{namespace}/roles", {"metadata": {"name": "reader"}, "rules": [rule]}
    )
    api_server.create(
        f"{rbac}/namespaces/{namespace}/rolebindings",
        {
            "metadata": {"name": "reader"},
            "roleRef": {"apiGroup": RBAC_GROUP, "kind": "Role", "name": "reader"},
            "subjects": [{"apiGroup": RBAC_GROUP, "kind": "User", "name": user}],
        },
    )
    assert eventually(lambda: api_server.call("GET", collection, user=user)[0] == 200)
    assert user != api_server.new_user()


@pytest.mark.xdist_group("kubernetes")
@pytest.mark.requires("etcd", "kube-apiserver")
def test_a_server_comes_back_with_its_data_and_leaves_no_process(tmp_path: Path) -> None:
    server = ApiServer(tmp_path, users={"carol": ["system:masters"]})
    with kubernetes.running(server):
        namespace = _namespace(server)
        first = server.groups
        server.stop()
        assert [members(group) for group in first] == [[], []]
        server.start()
        status, _ = server.call("GET", f"/api/v1/namespaces/{namespace}", user="carol")
        assert status == 200
        groups = server.groups
        assert all(members(group) for group in groups)
    assert [members(group) for group in groups] == [[], []]


@pytest.mark.requires("kubectl")
def test_an_existing_cluster_is_used_through_its_kubeconfig(
    api_server: ApiServer, tmp_path: Path
) -> None:
    with kubernetes.running(existing.ExistingCluster(tmp_path, api_server.kubeconfig)) as cluster:
        namespace, user = _namespace(cluster), cluster.new_user()
        assert api_server.call("GET", f"/api/v1/namespaces/{namespace}")[0] == 200
        assert cluster.call("GET", f"/api/v1/namespaces/{namespace}", user=user)[0] == 403
        text = cluster.kubeconfig_for(user).read_text(encoding="utf-8")
        (entry,) = json.loads(text)["clusters"]
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(f"{entry['cluster']['server']}/api/v1/namespaces/{namespace}")
        groups = cluster.groups
    assert [members(group) for group in groups] == [[], []]
