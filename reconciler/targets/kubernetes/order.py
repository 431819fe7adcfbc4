"""In which order objects are applied and deleted, and which of them others have to wait for.

A wave holds what may be applied at the same time. Deletion goes through the waves backwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from reconciler.model import Action, Resource, Verb
from reconciler.targets.kubernetes.identity import Ref, namespace_id, parse

Json = Any

_WAVES: tuple[str, ...] = (
    "Namespace",
    "CustomResourceDefinition.apiextensions.k8s.io "
    "PriorityClass.scheduling.k8s.io StorageClass.storage.k8s.io",
    "ServiceAccount Role.rbac.authorization.k8s.io RoleBinding.rbac.authorization.k8s.io "
    "ClusterRole.rbac.authorization.k8s.io ClusterRoleBinding.rbac.authorization.k8s.io",
    "ResourceQuota LimitRange NetworkPolicy.networking.k8s.io "
    "PodDisruptionBudget.policy ValidatingAdmissionPolicy.admissionregistration.k8s.io "
    "ValidatingAdmissionPolicyBinding.admissionregistration.k8s.io",
    "ConfigMap Secret",
    "PersistentVolume PersistentVolumeClaim",
    "Service",
    "Deployment.apps StatefulSet.apps DaemonSet.apps ReplicaSet.apps Job.batch CronJob.batch "
    "Pod ReplicationController",
    "Ingress.networking.k8s.io HorizontalPodAutoscaler.autoscaling "
    "APIService.apiregistration.k8s.io "
    "ValidatingWebhookConfiguration.admissionregistration.k8s.io "
    "MutatingWebhookConfiguration.admissionregistration.k8s.io",
)
_WAVE_OF = {name: number for number, names in enumerate(_WAVES) for name in names.split()}
_OTHERS = len(_WAVES)  # custom resources: after whatever may have to admit or run them
CRD = "CustomResourceDefinition.apiextensions.k8s.io"


def wave(ref: Ref) -> int:
    """The number of the wave in which an object is applied."""
    return _WAVE_OF.get(ref.group_kind, _OTHERS)


def waves(actions: Iterable[Action]) -> list[list[Action]]:
    """Sort actions into the groups that follow each other: first what is made, then what goes."""
    applied: dict[int, list[Action]] = {}
    deleted: dict[int, list[Action]] = {}
    for action in actions:
        going = action.verb in {Verb.PRUNE, Verb.FORGET}
        (deleted if going else applied).setdefault(wave(parse(action.id)), []).append(action)
    return [
        *(applied[number] for number in sorted(applied)),
        *(deleted[number] for number in sorted(deleted, reverse=True)),
    ]


def defined_kinds(resources: Iterable[Resource]) -> dict[tuple[str, str], str]:
    """The kinds that the CRDs among `resources` define: (apiVersion, kind) → the CRD's id."""
    found: dict[tuple[str, str], str] = {}
    for resource in resources:
        if parse(resource.id).group_kind == CRD:
            spec: Mapping[str, Json] = resource.body.get("spec") or {}
            kind = (spec.get("names") or {}).get("kind", "")
            for version in spec.get("versions") or ():
                found[f"{spec.get('group')}/{version.get('name')}", kind] = resource.id
    return found


def needs(ref: Ref, defined: Mapping[tuple[str, str], str]) -> tuple[str, ...]:
    """The ids without which an object cannot be applied."""
    found = [namespace_id(ref.namespace)] if ref.namespace else []
    definition = defined.get((ref.api_version, ref.kind))
    return (*found, definition) if definition else tuple(found)
