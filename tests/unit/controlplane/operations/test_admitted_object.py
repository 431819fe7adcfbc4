"""How an AdmissionReview is read, and how rules see what it is about."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from controlplane.operations.admitted_object import ReviewError, review, seen

POD: Any = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "a", "uid": "1", "managedFields": [], "labels": {"b": "c"}},
    "spec": {"containers": [{"name": "x"}]},
    "status": {"phase": "Running"},
}
REVIEW: Any = {
    "apiVersion": "admission.k8s.io/v1",
    "kind": "AdmissionReview",
    "request": {
        "uid": "u",
        "operation": "CREATE",
        "kind": {"group": "", "version": "v1", "kind": "Pod"},
        "namespace": "n",
        "name": "a",
        "object": POD,
        "dryRun": True,
    },
}


def test_a_review_is_read() -> None:
    found = review(REVIEW)
    assert (found.uid, found.operation, found.title, found.dry_run) == (
        "u",
        "CREATE",
        "Pod n/a",
        True,
    )
    gone = copy.deepcopy(REVIEW)
    gone["request"] |= {"operation": "DELETE", "object": None, "oldObject": POD}
    assert review(gone).body == POD


@pytest.mark.parametrize(
    "path",
    ["apiVersion", "kind", "request", "request.uid", "request.operation", "request.object",
     "request.object.metadata", "request.object.kind", "request.kind"],
)  # fmt: skip
def test_whatever_is_missing_is_named(path: str) -> None:
    value = copy.deepcopy(REVIEW)
    *way, last = path.split(".")
    holder = value
    for step in way:
        holder = holder[step]
    del holder[last]
    with pytest.raises(ReviewError) as found:
        review(value)
    assert found.value.place == path


def test_rules_see_what_one_would_declare() -> None:
    found = seen(POD, "n")
    assert found.body == {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "a", "labels": {"b": "c"}, "namespace": "n"},
        "spec": POD["spec"],
    }


def test_a_namespace_that_loses_its_finalizers_is_what_it_was() -> None:
    """So that the namespace of a tenant that left Git can end."""
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}}
    assert seen({**namespace, "spec": {"finalizers": ["kubernetes"]}}, "").body == namespace


@pytest.mark.parametrize(
    ("version", "owner", "kind"),
    [("apps/v1", "ReplicaSet", "Deployment"), ("apps/v1", "DaemonSet", "DaemonSet"),
     ("batch/v1", "Job", "Job"), ("example.com/v1", "ReplicaSet", "Pod")],
)  # fmt: skip
def test_a_controllers_pod_is_seen_as_what_made_it(version: str, owner: str, kind: str) -> None:
    pod = copy.deepcopy(POD)
    pod["metadata"]["ownerReferences"] = [
        {"apiVersion": version, "kind": owner, "controller": True}
    ]
    found = seen(pod, "n", by_controller=True)
    assert (found.body["kind"], found.child) == (kind, kind != "Pod")
    path = (*found.inside, "spec", "containers", 0)
    assert found.own(path) == ("spec", "containers", 0)
    assert seen(pod, "n").body["kind"] == "Pod"  # anybody can write an owner
    pod["metadata"]["ownerReferences"][0]["controller"] = False
    assert seen(pod, "n", by_controller=True).body["kind"] == "Pod"


@pytest.mark.parametrize(
    ("user", "believed"),
    [("system:kube-controller-manager", True),
     ("system:serviceaccount:kube-system:replicaset-controller", True),
     ("system:serviceaccount:acme-prod:replicaset-controller", False),
     ("system:serviceaccount:kube-system:default", False),
     ("system:kube-controller-manager-2", False), ("system:admin", False), ("", False)],
)  # fmt: skip
def test_only_controllers_of_kubernetes_are_believed(user: str, believed: bool) -> None:
    asked = copy.deepcopy(REVIEW)
    asked["request"]["userInfo"] = {"username": user}
    assert review(asked).by_controller is believed
