"""The gate as a ValidatingWebhookConfiguration of a real API server."""

from __future__ import annotations

import base64
import copy
import json
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support import certificates, company
from tests.support.company import ROOT
from tests.support.kubernetes import ApiServer
from tests.support.serving import Serving, serving
from tests.support.waiting import eventually

CLUSTER, TENANT, NAMESPACE = "eu-central-1", "aurora-retail", "aurora-retail-prod"
MANIFEST = ROOT / "docs" / "kubernetes" / "admission" / "webhook.yaml"
HOOKS = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
CONTROLLER = "system:serviceaccount:kube-system:replicaset-controller"
DEPLOYMENTS = "system:serviceaccount:kube-system:deployment-controller"
PODS = f"/api/v1/namespaces/{NAMESPACE}/pods"


@dataclass
class Guarded:
    """An API server that asks a gate; `objects` is what the tenant's placement is rendered to."""

    api: ApiServer
    gate: Serving
    objects: list[Any]

    def one(self, kind: str) -> Any:
        """Return a copy of the first rendered object of a kind."""
        return copy.deepcopy(next(each for each in self.objects if each["kind"] == kind))

    def apply(self, body: Any, *, dry: bool = False) -> tuple[int, str]:
        """Apply an object as `kubectl apply --server-side` does; return status and message."""
        group = "api/v1" if body["apiVersion"] == "v1" else f"apis/{body['apiVersion']}"
        plural = {"NetworkPolicy": "networkpolicies", "Ingress": "ingresses"}.get(
            body["kind"], body["kind"].lower() + "s"
        )
        home = "" if body["kind"] == "Namespace" else f"namespaces/{NAMESPACE}/"
        path = f"/{group}/{home}{plural}/{body['metadata']['name']}?fieldManager=test&force=true"
        status, answer = self.api.call(
            "PATCH",
            path + ("&dryRun=All" if dry else ""),
            body,
            content_type="application/apply-patch+yaml",
        )
        return status, str(answer.get("message", ""))


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> certificates.ServerCertificate:
    return certificates.create(tmp_path_factory.mktemp("tls"))


def configuration(tls: certificates.ServerCertificate, port: int, name: str) -> Any:
    """Return the shipped manifest, filled in."""
    text = MANIFEST.read_text(encoding="utf-8")
    bundle = base64.b64encode(tls.authority.read_bytes()).decode()
    text = text.replace("gate.example.com:8485", f"127.0.0.1:{port}").replace(
        "/CLUSTER", f"/{CLUSTER}"
    )
    made = yaml.safe_load(text.replace("CA_BUNDLE", bundle))
    made["metadata"]["name"] = name
    return made


@pytest.fixture(scope="module")
def guarded(
    api_server: ApiServer,
    tls: certificates.ServerCertificate,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Guarded]:
    folder = tmp_path_factory.mktemp("guarded")
    company.repository(folder / "repository")
    options = ["--tls-cert", str(tls.certificate), "--tls-key", str(tls.key)]
    trusted = ssl.create_default_context(cafile=str(tls.authority))
    placement = company.rendered(TENANT)[f"{TENANT}/prod@{CLUSTER}"]
    objects = [dict(item.resource.body) for item in placement.objects]
    with serving(folder / "repository", folder / "gate", *options, tls=trusted) as gate:
        api_server.create(HOOKS, configuration(tls, gate.port, "gate"))
        found = Guarded(api_server, gate, objects)
        namespace = found.one("Namespace")
        assert eventually(lambda: found.apply(lacking(namespace))[0] == 403)
        try:
            for body in objects:
                status, message = found.apply(body)
                assert status in (200, 201), (body["kind"], message)
            yield found
        finally:
            api_server.call("DELETE", f"{HOOKS}/gate")
            api_server.call("DELETE", f"/api/v1/namespaces/{NAMESPACE}")


def lacking(namespace: Any) -> Any:
    """Return a namespace that says it is ours, and of which no tenant knows."""
    made = copy.deepcopy(namespace)
    made["metadata"]["name"] = "nobodys-home"
    return made


def test_what_is_declared_is_taken(guarded: Guarded) -> None:
    """The reconciler's own objects pass: the fixture applied all of them through the webhook."""
    assert guarded.apply(guarded.one("Deployment"))[0] == 200


def test_a_privileged_pod_is_denied_in_the_rules_words(guarded: Guarded) -> None:
    workload = guarded.one("Deployment")
    container = workload["spec"]["template"]["spec"]["containers"][0]
    container["securityContext"] |= {"privileged": True, "allowPrivilegeEscalation": True}

    status, message = guarded.apply(workload)

    assert status == 403
    assert "objects.gate.controlplane.dev" in message
    assert "[workloads/no-privilege]" in message
    assert "spec.template.spec.containers[0]" in message


def test_a_pod_of_a_known_controller_is_judged_as_what_made_it(guarded: Guarded) -> None:
    """A good one passes; one with another image is denied at its own field.

    The API server is asked as the controller, which has its right to make pods there.
    """
    template = guarded.one("Deployment")["spec"]["template"]
    owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "some", "uid": "1",
             "controller": True}  # fmt: skip
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {**template["metadata"], "name": "one", "ownerReferences": [owner]},
        "spec": template["spec"],
    }
    good, said = guarded.api.call("POST", PODS, pod, acting_as=CONTROLLER)
    worse = copy.deepcopy(pod)
    worse["metadata"]["name"] = "two"
    worse["spec"]["containers"][0]["image"] = "example.com/other:latest"
    bad, answer = guarded.api.call("POST", PODS, worse, acting_as=CONTROLLER)
    bare = copy.deepcopy(pod)
    bare["metadata"] = {"name": "three", "labels": template["metadata"]["labels"]}
    alone, words = guarded.api.call("POST", PODS, bare)
    forged = copy.deepcopy(pod)
    forged["metadata"]["name"] = "four"
    claimed, denial = guarded.api.call("POST", PODS, forged)

    assert (good, bad, alone, claimed) == (201, 403, 403, 403), said.get("message")
    assert "[workloads/known-kinds]" in denial["message"]
    assert "[workloads/image-digest] at spec.containers[0]" in answer["message"]
    assert "[workloads/known-kinds]" in words["message"]


def test_a_new_replica_set_may_begin_with_one_pod(guarded: Guarded) -> None:
    """A rollout scales it up step by step; how many there are to be, its Deployment says."""
    deployment = guarded.one("Deployment")
    owner = {"apiVersion": "apps/v1", "kind": "Deployment", "name": deployment["metadata"]["name"],
             "uid": "1", "controller": True}  # fmt: skip
    template = deployment["spec"]["template"]
    made = {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {**template["metadata"], "name": "next", "ownerReferences": [owner]},
        "spec": {"replicas": 1, "selector": deployment["spec"]["selector"], "template": template},
    }
    path = f"/apis/apps/v1/namespaces/{NAMESPACE}/replicasets"
    status, said = guarded.api.call("POST", path, made, acting_as=DEPLOYMENTS)
    assert status == 201, said.get("message")


def test_a_dry_run_is_judged_too(guarded: Guarded) -> None:
    workload = guarded.one("Deployment")
    workload["spec"]["template"]["spec"]["hostNetwork"] = True
    assert guarded.apply(workload, dry=True)[0] == 403
    assert guarded.apply(guarded.one("Deployment"), dry=True)[0] == 200


def test_what_protects_a_namespace_stays(guarded: Guarded) -> None:
    """The policy that denies everything may not go; another may, and the namespace may not."""
    policies = f"/apis/networking.k8s.io/v1/namespaces/{NAMESPACE}/networkpolicies"
    shut = next(
        each["metadata"]["name"]
        for each in guarded.objects
        if each["kind"] == "NetworkPolicy" and each["spec"]["podSelector"] == {}
        and not each["spec"].get("egress") and not each["spec"].get("ingress")
    )  # fmt: skip
    status, answer = guarded.api.call("DELETE", f"{policies}/{shut}")
    assert (status, "[workloads/network-policy]" in answer["message"]) == (403, True)
    status, answer = guarded.api.call("DELETE", f"/api/v1/namespaces/{NAMESPACE}")
    assert (status, "take the placement out of Git first" in answer["message"]) == (403, True)


def test_a_namespace_that_claims_to_be_ours_and_is_not_known_is_denied(guarded: Guarded) -> None:
    status, message = guarded.apply(lacking(guarded.one("Namespace")))
    assert (status, "no tenant has the namespace nobodys-home" in message) == (403, True)
    for label in ("controlplane.dev/tenant", "app.kubernetes.io/managed-by"):
        # A merge patch takes it away whoever owns it; other tests may have applied the same object.
        disowned = {"metadata": {"labels": {label: None}}}
        merge = "application/merge-patch+json"
        for part in ("", "/status"):
            path = f"/api/v1/namespaces/{NAMESPACE}{part}"
            assert guarded.api.call("PATCH", path, disowned, content_type=merge)[0] == 403


def test_finalizers_open_no_way_to_the_labels_of_a_namespace(guarded: Guarded) -> None:
    """Its controller takes them off a namespace that goes; with labels in the same request it is denied."""
    path = f"/api/v1/namespaces/{NAMESPACE}"
    _, live = guarded.api.call("GET", path)
    live["spec"]["finalizers"] = []
    weaker = copy.deepcopy(live)
    weaker["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] = "privileged"
    status, answer = guarded.api.call("PUT", f"{path}/finalize", weaker)
    assert (status, "[isolation/pod-security]" in answer["message"]) == (403, True)
    assert guarded.api.call("PUT", f"{path}/finalize", live)[0] == 200


def test_other_namespaces_are_left_alone(guarded: Guarded) -> None:
    made = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "not-ours"}}
    assert guarded.api.call("POST", "/api/v1/namespaces/default/configmaps", made)[0] == 201


def test_without_an_answer_the_api_server_denies(
    guarded: Guarded, tls: certificates.ServerCertificate
) -> None:
    """A gate that is not there, and one that has no room: both deny."""
    guarded.api.create(HOOKS, configuration(tls, 1, "nobody-there"))
    try:
        assert eventually(lambda: guarded.apply(guarded.one("ConfigMap"))[0] == 500)
        status, message = guarded.apply(guarded.one("ConfigMap"))
        assert (status, "failed calling webhook" in message) == (500, True)
    finally:
        guarded.api.call("DELETE", f"{HOOKS}/nobody-there")
    assert eventually(lambda: guarded.apply(guarded.one("ConfigMap"))[0] == 200)


def test_a_gate_without_room_lets_nothing_pass(
    guarded: Guarded, tls: certificates.ServerCertificate, tmp_path: Path
) -> None:
    """While others keep it busy, a bad object is denied whatever becomes of the question."""
    root = guarded.gate.process.args[4]
    options = ["--tls-cert", str(tls.certificate), "--tls-key", str(tls.key), "--max-waiting", "1"]
    sample = {
        "apiVersion": "controlplane.dev/envelope/v1",
        "subject": {"kind": "Tenant", "name": "some", "resource": {}},
    }
    many = json.dumps({"envelopes": [sample] * 50}).encode()
    bad = guarded.one("Deployment")
    bad["spec"]["template"]["spec"]["hostNetwork"] = True
    with serving(Path(root), tmp_path, *options, tls=guarded.gate.tls) as busy:
        stop = threading.Event()

        def keep_busy() -> None:
            while not stop.is_set():
                busy.ask("POST", "/v1/decisions", many)

        guarded.api.call("DELETE", f"{HOOKS}/gate")
        guarded.api.create(HOOKS, configuration(tls, busy.port, "busy"))
        threads = [threading.Thread(target=keep_busy) for _ in range(3)]
        for thread in threads:
            thread.start()
        try:
            assert eventually(lambda: guarded.apply(bad)[0] != 200)
            seen = {guarded.apply(bad)[0] for _ in range(10)}
        finally:
            stop.set()
            for thread in threads:
                thread.join()
            guarded.api.create(HOOKS, configuration(tls, guarded.gate.port, "gate"))
            guarded.api.call("DELETE", f"{HOOKS}/busy")
        shed = 'controlplane_gate_answers_total{endpoint="/v1/admission",status="429"}'
        assert shed in busy.ask("GET", "/metrics").body.decode()
    assert not seen & {200, 201}


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ({}, "apiVersion"),
        ({"apiVersion": "admission.k8s.io/v1beta1", "kind": "AdmissionReview"}, "apiVersion"),
        ({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview"}, "request"),
        (
            {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
             "request": {"operation": "CONNECT", "object": {"metadata": {}}, "kind": {}}},
            "request.operation",
        ),
    ],
)  # fmt: skip
def test_what_is_no_review_gets_no_review(guarded: Guarded, value: Any, place: str) -> None:
    reply = guarded.gate.post(f"/v1/admission/{CLUSTER}", value)
    assert (reply.status, reply.json()["place"], reply.json()["allow"]) == (422, place, False)
    assert guarded.gate.post("/v1/admission/nowhere", value).status == 404
