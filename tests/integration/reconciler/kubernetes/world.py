"""A placement on a real API server: what is desired of it, and what others do to it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from reconciler.model import Action, Desired, Live, Outcome, Placement, Plan, Resource, Verb
from reconciler.plan import PlanOptions, plan
from reconciler.targets.kubernetes.target import KubernetesTarget
from tests.support.cluster import Cluster

Body = dict[str, Any]
REMOVALS = (Verb.PRUNE, Verb.FORGET)
IMAGE = "registry.example/app@sha256:" + "0" * 64
PLURALS = {
    "ClusterRole": "apis/rbac.authorization.k8s.io/v1/clusterroles",
    "ConfigMap": "api/v1/configmaps",
    "CustomResourceDefinition": "apis/apiextensions.k8s.io/v1/customresourcedefinitions",
    "Deployment": "apis/apps/v1/deployments",
    "Namespace": "api/v1/namespaces",
    "NetworkPolicy": "apis/networking.k8s.io/v1/networkpolicies",
    "PersistentVolumeClaim": "api/v1/persistentvolumeclaims",
    "ResourceQuota": "api/v1/resourcequotas",
    "Role": "apis/rbac.authorization.k8s.io/v1/roles",
    "Secret": "api/v1/secrets",
    "Service": "api/v1/services",
    "ServiceAccount": "api/v1/serviceaccounts",
    "Widget": "apis/{group}/v1/widgets",
}


def unique(name: str) -> str:
    return f"{name}-{uuid.uuid4().hex[:8]}"


def identifier(body: Mapping[str, Any]) -> str:
    metadata = body["metadata"]
    where = metadata.get("namespace", "_")
    return f"{body['apiVersion']}/{body['kind']}/{where}/{metadata['name']}"


class World:
    """One cluster seen through a target, with an administrator beside it."""

    def __init__(
        self, cluster: Cluster, *, kubeconfig: Path | None = None, **settings: Any
    ) -> None:
        self.cluster = cluster
        self.placement = Placement(f"acme/{unique('prod')}", "cluster")
        self.namespace = unique("acme-prod")
        self.control = settings.pop("control_namespace", unique("control"))
        options = {"deletion_wait": 1.0, "control_namespace": self.control, **settings}
        self.target = KubernetesTarget.connect(
            "cluster", {"kubeconfig": str(kubeconfig or cluster.kubeconfig), **options}
        )

    def again(self) -> World:
        """The same placement, seen by a process that remembers nothing."""
        other = World(self.cluster, control_namespace=self.control)
        other.placement, other.namespace = self.placement, self.namespace
        return other

    def desired(self, *bodies: Body) -> Desired:
        resources = tuple(Resource.of(identifier(body), body) for body in bodies)
        return Desired(self.placement, "r1", resources)

    def look(self, *bodies: Body, **permitted: bool) -> Plan:
        desired = self.desired(*bodies)
        options = PlanOptions(**{"allow_empty": True, **permitted})
        return plan(desired, self.target.observe(desired), options)

    def live(self, *bodies: Body) -> dict[str, Live]:
        return dict(self.target.observe(self.desired(*bodies)).live)

    def carry_out(self, made: Plan) -> dict[str, Outcome]:
        kept = [action for action in made.actions if action.verb not in REMOVALS]
        gone = [action for action in made.actions if action.verb in REMOVALS]
        self.target.claim(self.placement, [action.id for action in kept])
        outcomes = [*self.act(kept), *self.act(gone)]
        done = [o.id for o in outcomes if o.verb in REMOVALS and o.result == "done"]
        self.target.release(self.placement, done)
        return {outcome.id: outcome for outcome in outcomes}

    def act(self, actions: list[Action]) -> list[Outcome]:
        return list(self.target.act(self.placement, actions))

    def converge(self, *bodies: Body, **permitted: bool) -> dict[str, Outcome]:
        return self.carry_out(self.look(*bodies, **permitted))

    def path(self, body: Mapping[str, Any], subresource: str = "") -> str:
        group = body["apiVersion"].rpartition("/")[0]
        root, _, plural = PLURALS[body["kind"]].format(group=group).rpartition("/")
        metadata = body["metadata"]
        inside = f"/namespaces/{metadata['namespace']}" if "namespace" in metadata else ""
        end = f"/{subresource}" if subresource else ""
        return f"/{root}{inside}/{plural}/{quote(metadata['name'], safe='')}{end}"

    def read(self, body: Mapping[str, Any]) -> Body | None:
        status, answer = self.cluster.call("GET", self.path(body))
        return answer if status == 200 else None

    def found(self, body: Mapping[str, Any]) -> Body:
        answer = self.read(body)
        assert answer is not None, identifier(body)
        return answer

    def patch(
        self, body: Mapping[str, Any], *changes: Body, manager: str = "evil", subresource: str = ""
    ) -> None:
        """Change it with a JSON patch, as `kubectl edit` does."""
        path = f"{self.path(body, subresource)}?fieldManager={manager}"
        kind = "application/json-patch+json"
        status, answer = self.cluster.call("PATCH", path, list(changes), content_type=kind)  # type: ignore[arg-type]
        assert status == 200, answer

    def apply(self, body: Body, *, manager: str = "evil", force: bool = True) -> None:
        """Apply it as another manager."""
        path = f"{self.path(body)}?fieldManager={manager}&force={json.dumps(force)}"
        kind = "application/apply-patch+yaml"
        status, answer = self.cluster.call("PATCH", path, body, content_type=kind)
        assert status in {200, 201}, answer

    def delete(self, body: Mapping[str, Any]) -> None:
        status, answer = self.cluster.call("DELETE", self.path(body))
        assert status in {200, 202}, answer

    # What can be desired, small and whole.

    def namespace_body(self) -> Body:
        return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.namespace}}

    def named(self, name: str) -> Body:
        return {"name": name, "namespace": self.namespace}

    def config_map(self, name: str = "settings", **data: str) -> Body:
        return {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": self.named(name),
            "data": data or {"colour": "blue"},
        }

    def secret(self, value: str) -> Body:
        return {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": self.named("token"),
            "stringData": {"token": value},
        }

    def deployment(self, replicas: int | None = 0) -> Body:
        spec: Body = {
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {
                    "containers": [
                        {"name": "web", "image": IMAGE, "ports": [{"containerPort": 8080}]}
                    ],
                    "volumes": [{"name": "config", "configMap": {"name": "settings"}}],
                },
            },
        }
        if replicas is not None:
            spec["replicas"] = replicas
        return {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": self.named("web") | {"labels": {"app": "web"}},
            "spec": spec,
        }

    def quota(self) -> Body:
        return {
            "apiVersion": "v1",
            "kind": "ResourceQuota",
            "metadata": self.named("quota"),
            "spec": {"hard": {"pods": "10"}},
        }

    def network_policy(self) -> Body:
        return {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": self.named("default-deny"),
            "spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]},
        }

    def role(self, name: str = "reader") -> Body:
        return {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "Role",
            "metadata": self.named(name),
            "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}],
        }

    def definition(self) -> Body:
        group = f"{self.namespace}.example"
        return {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": f"widgets.{group}"},
            "spec": {
                "group": group,
                "scope": "Namespaced",
                "names": {"kind": "Widget", "plural": "widgets", "singular": "widget"},
                "versions": [
                    {
                        "name": "v1",
                        "served": True,
                        "storage": True,
                        "schema": {
                            "openAPIV3Schema": {
                                "type": "object",
                                "x-kubernetes-preserve-unknown-fields": True,
                            }
                        },
                    }
                ],
            },
        }

    def widget(self, name: str = "one") -> Body:
        return {
            "apiVersion": f"{self.namespace}.example/v1",
            "kind": "Widget",
            "metadata": self.named(name),
            "spec": {"size": 1},
        }
