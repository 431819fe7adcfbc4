"""The kstatus rules, one case for each way they can answer."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.model import HealthStatus
from reconciler.targets.kubernetes.health import assess

CURRENT, WAITING, FAILED = (
    HealthStatus.CURRENT,
    HealthStatus.IN_PROGRESS,
    HealthStatus.FAILED,
)
ROLLED_OUT = {
    "observedGeneration": 1,
    "replicas": 2,
    "updatedReplicas": 2,
    "readyReplicas": 2,
    "availableReplicas": 2,
    "currentRevision": "a",
    "updateRevision": "a",
    "conditions": [{"type": "Available", "status": "True"}],
}
DAEMONS = {
    "observedGeneration": 1,
    "desiredNumberScheduled": 2,
    "updatedNumberScheduled": 2,
    "numberAvailable": 2,
    "numberReady": 2,
}
ON_DELETE = {"updateStrategy": {"type": "OnDelete"}}
PARTED = {"updateStrategy": {"rollingUpdate": {"partition": 1}}}


def condition(name: str, status: str = "True", **more: str) -> dict[str, Any]:
    return {"conditions": [{"type": name, "status": status, **more}]}


@pytest.mark.parametrize(
    ("kind", "spec", "status", "expected"),
    [
        ("Deployment.apps", {}, {}, WAITING),
        ("Deployment.apps", {"replicas": 0}, {"observedGeneration": 1}, CURRENT),
        ("Deployment.apps", {"replicas": 2}, ROLLED_OUT, CURRENT),
        ("Deployment.apps", {"replicas": 2}, ROLLED_OUT | {"updatedReplicas": 1}, WAITING),
        ("Deployment.apps", {"replicas": 2}, ROLLED_OUT | {"replicas": 3}, WAITING),
        ("Deployment.apps", {"replicas": 2}, ROLLED_OUT | {"availableReplicas": 1}, WAITING),
        ("Deployment.apps", {"replicas": 2}, ROLLED_OUT | {"conditions": []}, WAITING),
        (
            "Deployment.apps",
            {},
            ROLLED_OUT
            | condition("Progressing", "False", reason="ProgressDeadlineExceeded", message="slow"),
            FAILED,
        ),
        ("Deployment.apps", {}, ROLLED_OUT | condition("ReplicaFailure"), FAILED),
        ("StatefulSet.apps", {"replicas": 2}, ROLLED_OUT, CURRENT),
        ("StatefulSet.apps", {"replicas": 2}, {}, WAITING),
        ("StatefulSet.apps", {"replicas": 3}, ROLLED_OUT, WAITING),
        ("StatefulSet.apps", {"replicas": 2}, ROLLED_OUT | {"readyReplicas": 1}, WAITING),
        ("StatefulSet.apps", {"replicas": 2}, ROLLED_OUT | {"updateRevision": "b"}, WAITING),
        ("StatefulSet.apps", {"replicas": 2}, ROLLED_OUT | {"updatedReplicas": 1}, WAITING),
        (
            "StatefulSet.apps",
            {"replicas": 2} | PARTED,
            ROLLED_OUT | {"updatedReplicas": 1, "updateRevision": "b"},
            CURRENT,
        ),
        (
            "StatefulSet.apps",
            {"replicas": 2} | ON_DELETE,
            ROLLED_OUT | {"updatedReplicas": 0, "updateRevision": "b"},
            CURRENT,
        ),
        ("DaemonSet.apps", {}, DAEMONS, CURRENT),
        ("DaemonSet.apps", {}, {}, WAITING),
        ("DaemonSet.apps", {}, DAEMONS | {"numberReady": 1}, WAITING),
        ("ReplicaSet.apps", {}, {"observedGeneration": 1, "availableReplicas": 1}, CURRENT),
        ("ReplicaSet.apps", {}, {"observedGeneration": 1}, WAITING),
        ("ReplicaSet.apps", {}, {}, WAITING),
        ("ReplicaSet.apps", {}, condition("ReplicaFailure"), FAILED),
        ("Job.batch", {}, {}, WAITING),
        ("Job.batch", {}, {"startTime": "now"}, CURRENT),
        ("Job.batch", {}, condition("Complete"), CURRENT),
        ("Job.batch", {}, condition("Failed"), FAILED),
        ("Pod", {}, {}, WAITING),
        ("Pod", {}, {"phase": "Succeeded"}, CURRENT),
        ("Pod", {}, {"phase": "Failed"}, FAILED),
        ("Pod", {}, {"phase": "Running"}, WAITING),
        ("Pod", {}, {"phase": "Running"} | condition("Ready"), CURRENT),
        (
            "Pod",
            {},
            {
                "phase": "Running",
                "containerStatuses": [
                    {"name": "app", "state": {"waiting": {"reason": "CrashLoopBackOff"}}}
                ],
            },
            FAILED,
        ),
        ("PersistentVolumeClaim", {}, {"phase": "Bound"}, CURRENT),
        ("PersistentVolumeClaim", {}, {"phase": "Pending"}, WAITING),
        ("PersistentVolumeClaim", {}, {"phase": "Lost"}, FAILED),
        ("Namespace", {}, {"phase": "Active"}, CURRENT),
        ("Namespace", {}, {}, WAITING),
        ("Service", {}, {}, CURRENT),
        ("Service", {"type": "LoadBalancer"}, {}, WAITING),
        ("Service", {"type": "LoadBalancer"}, {"loadBalancer": {"ingress": [{}]}}, CURRENT),
        (
            "CustomResourceDefinition.apiextensions.k8s.io",
            {},
            condition("Established"),
            CURRENT,
        ),
        ("CustomResourceDefinition.apiextensions.k8s.io", {}, {}, WAITING),
        (
            "CustomResourceDefinition.apiextensions.k8s.io",
            {},
            condition("NamesAccepted", "False"),
            FAILED,
        ),
        ("APIService.apiregistration.k8s.io", {}, condition("Available"), CURRENT),
        ("APIService.apiregistration.k8s.io", {}, condition("Available", "False"), WAITING),
        ("ConfigMap", {}, {}, CURRENT),
        ("Widget.ex.com", {}, {}, CURRENT),
        ("Widget.ex.com", {}, condition("Ready"), CURRENT),
        ("Widget.ex.com", {}, condition("Ready", "False"), WAITING),
        ("Widget.ex.com", {}, condition("Ready", "Unknown"), WAITING),
        ("Widget.ex.com", {}, condition("Reconciling"), WAITING),
        ("Widget.ex.com", {}, condition("Stalled"), FAILED),
    ],
)
def test_rules(
    kind: str, spec: dict[str, Any], status: dict[str, Any], expected: HealthStatus
) -> None:
    found = {"metadata": {"generation": 1}, "spec": spec, "status": status}
    verdict, message = assess(kind, found)

    assert verdict is expected
    assert (message == "") is (expected is CURRENT)


def test_a_change_no_controller_has_seen_is_in_progress() -> None:
    found = {"metadata": {"generation": 2}, "spec": {"replicas": 2}, "status": ROLLED_OUT}
    assert assess("Deployment.apps", found)[0] is WAITING
    assert assess("Widget.ex.com", found)[0] is WAITING


def test_what_is_being_deleted_is_terminating() -> None:
    found = {"metadata": {"deletionTimestamp": "now"}}
    assert assess("ConfigMap", found)[0] is HealthStatus.TERMINATING
