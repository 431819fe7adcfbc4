"""How each object fares: the kstatus rules, and the LISTs they are fed from.

Rules after sigs.k8s.io/cli-utils/pkg/kstatus/status. Pure but for `examine`. A kind without rules
is judged by its conditions, and is current where it has none and exists.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from reconciler.model import Health, HealthStatus, Placement, Resource
from reconciler.targets.kubernetes.client import FULL, METADATA_LIST
from reconciler.targets.kubernetes.context import Cluster
from reconciler.targets.kubernetes.discovery import Kind
from reconciler.targets.kubernetes.errors import ApiError
from reconciler.targets.kubernetes.identity import PLACEMENT_LABEL, Ref, parse, placement_label
from reconciler.targets.kubernetes.listing import pages

Json = Any
Object = Mapping[str, Json]
Verdict = tuple[HealthStatus, str]

CURRENT: Verdict = (HealthStatus.CURRENT, "")
# They exist or they do not; their content is never fetched for this.
_PLAIN = frozenset(
    {
        "ConfigMap",
        "Secret",
        "ServiceAccount",
        "LimitRange",
        "Role.rbac.authorization.k8s.io",
        "RoleBinding.rbac.authorization.k8s.io",
        "ClusterRole.rbac.authorization.k8s.io",
        "ClusterRoleBinding.rbac.authorization.k8s.io",
        "NetworkPolicy.networking.k8s.io",
    }
)


def examine(
    cluster: Cluster, placement: Placement, resources: Iterable[Resource]
) -> Iterator[Health]:
    """Say how each resource fares, from one LIST for each kind (and namespace, if few)."""
    refs = {resource.id: parse(resource.id) for resource in resources}
    scopes: dict[tuple[Kind, str], list[str]] = defaultdict(list)
    for identifier, ref in refs.items():
        kind = cluster.discovery.find(ref)
        if kind is None:
            yield Health(identifier, HealthStatus.NOT_FOUND, f"no kind {ref.group_kind} is served")
        else:
            scopes[kind, ref.namespace].append(identifier)
    selector = f"{PLACEMENT_LABEL}={placement_label(str(placement))}"

    def look(scope: tuple[Kind, str]) -> list[Health]:
        kind, namespace = scope
        wanted = {identifier: refs[identifier] for identifier in scopes[scope]}
        try:
            found = _objects(cluster, kind, namespace, wanted, selector)
        except ApiError as error:
            return [Health(i, HealthStatus.UNKNOWN, str(error)) for i in wanted]
        return [_health(i, ref, found.get(ref.name)) for i, ref in wanted.items()]

    for answers in cluster.parallel(look, list(scopes), lists=True):
        yield from answers


def _objects(
    cluster: Cluster, kind: Kind, namespace: str, wanted: Mapping[str, Ref], selector: str
) -> dict[str, Object]:
    """The objects of one kind and namespace by name."""
    ref = next(iter(wanted.values()))
    if not kind.namespaced and cluster.rules.given:
        return {r.name: found for r in wanted.values() if (found := _get(cluster, kind, r))}
    accept = METADATA_LIST if ref.group_kind in _PLAIN else FULL
    items = pages(
        cluster.client,
        kind.collection(namespace),
        selector=selector,
        page_size=cluster.options.page_size,
        accept=accept,
    )
    return {item["metadata"]["name"]: item for item in items}


def _get(cluster: Cluster, kind: Kind, ref: Ref) -> Object | None:
    try:
        found: Object = cluster.client.get(kind.path(ref), what=f"read {ref}")
    except ApiError as error:
        if error.status == 404:
            return None
        raise
    return found


def _health(identifier: str, ref: Ref, found: Object | None) -> Health:
    if found is None:
        return Health(identifier, HealthStatus.NOT_FOUND, "it does not exist")
    status, message = assess(ref.group_kind, found)
    return Health(identifier, status, message)


def assess(group_kind: str, found: Object) -> Verdict:
    """Judge one object; `group_kind` is such as "Deployment.apps"."""
    metadata = found.get("metadata") or {}
    if metadata.get("deletionTimestamp"):
        return HealthStatus.TERMINATING, "it is being deleted"
    status = found.get("status") or {}
    observed = status.get("observedGeneration")
    if observed is not None and observed != metadata.get("generation", observed):
        return _waiting("its controller has not seen the last change yet")
    rule = _RULES.get(group_kind)
    return _generic(found) if rule is None else rule(found)


def _waiting(message: str) -> Verdict:
    return HealthStatus.IN_PROGRESS, message


_UNSEEN = "no controller has seen it yet"


def _first(*unmet: tuple[bool, str]) -> Verdict:
    """In progress for the first of these that holds, else current."""
    return next((_waiting(message) for holds, message in unmet if holds), CURRENT)


def _failed(message: str) -> Verdict:
    return HealthStatus.FAILED, message


def _condition(found: Object, name: str) -> Mapping[str, Json]:
    for condition in (found.get("status") or {}).get("conditions") or ():
        if condition.get("type") == name:
            return condition  # type: ignore[no-any-return]
    return {}


def _is(found: Object, name: str, value: str) -> bool:
    return bool(_condition(found, name).get("status") == value)


def _said(found: Object, name: str) -> str:
    condition = _condition(found, name)
    return str(condition.get("message") or condition.get("reason") or name)


def _generic(found: Object) -> Verdict:
    """The common conditions: Stalled and Reconciling (kstatus), Ready, Available, Failed."""
    for name in ("Stalled", "Failed"):
        if _is(found, name, "True"):
            return _failed(_said(found, name))
    if _is(found, "Reconciling", "True"):
        return _waiting(_said(found, "Reconciling"))
    for name in ("Ready", "Available"):
        condition = _condition(found, name)
        if condition and condition.get("status") != "True":
            return _waiting(_said(found, name))
    return CURRENT


def _deployment(found: Object) -> Verdict:
    status, wanted = found.get("status") or {}, _replicas(found)
    if _condition(found, "Progressing").get("reason") == "ProgressDeadlineExceeded":
        return _failed(_said(found, "Progressing"))
    if _is(found, "ReplicaFailure", "True"):
        return _failed(_said(found, "ReplicaFailure"))
    updated, total = status.get("updatedReplicas", 0), status.get("replicas", 0)
    available = status.get("availableReplicas", 0)
    return _first(
        (status.get("observedGeneration") is None, _UNSEEN),
        (updated < wanted, f"{updated} of {wanted} replicas are updated"),
        (total > updated, f"{total - updated} old replicas are still there"),
        (available < wanted, f"{available} of {wanted} replicas are available"),
        (wanted > 0 and not _is(found, "Available", "True"), "it is not available yet"),
    )


def _stateful_set(found: Object) -> Verdict:
    status, wanted = found.get("status") or {}, _replicas(found)
    strategy = (found.get("spec") or {}).get("updateStrategy") or {}
    partition = (strategy.get("rollingUpdate") or {}).get("partition", 0)
    total, ready = status.get("replicas", 0), status.get("readyReplicas", 0)
    updated = status.get("updatedReplicas", 0)
    rolling = strategy.get("type") != "OnDelete" and wanted > 0
    revised = status.get("currentRevision") == status.get("updateRevision")
    return _first(
        (status.get("observedGeneration") is None, _UNSEEN),
        (total != wanted, f"{total} of {wanted} replicas exist"),
        (ready < wanted, f"{ready} of {wanted} replicas are ready"),
        (rolling and updated < wanted - partition, f"{updated} replicas are updated"),
        (rolling and not partition and not revised, "the new revision is not everywhere yet"),
    )


def _daemon_set(found: Object) -> Verdict:
    status = found.get("status") or {}
    if status.get("observedGeneration") is None:
        return _waiting(_UNSEEN)
    wanted = status.get("desiredNumberScheduled", 0)
    for key, word in (
        ("updatedNumberScheduled", "updated"),
        ("numberAvailable", "available"),
        ("numberReady", "ready"),
    ):
        if status.get(key, 0) < wanted:
            return _waiting(f"{status.get(key, 0)} of {wanted} pods are {word}")
    return CURRENT


def _replica_set(found: Object) -> Verdict:
    status, wanted = found.get("status") or {}, _replicas(found)
    if _is(found, "ReplicaFailure", "True"):
        return _failed(_said(found, "ReplicaFailure"))
    if status.get("observedGeneration") is None:
        return _waiting(_UNSEEN)
    available = status.get("availableReplicas", 0)
    return CURRENT if available >= wanted else _waiting(f"{available} of {wanted} are available")


def _job(found: Object) -> Verdict:
    status = found.get("status") or {}
    if _is(found, "Failed", "True"):
        return _failed(_said(found, "Failed"))
    if _is(found, "Complete", "True") or _is(found, "Suspended", "True"):
        return CURRENT
    # As in kstatus: a job that runs does what was asked for.
    return CURRENT if status.get("startTime") else _waiting("it has not started")


def _pod(found: Object) -> Verdict:
    phase = (found.get("status") or {}).get("phase")
    if phase == "Succeeded":
        return CURRENT
    if phase == "Failed":
        return _failed(str((found.get("status") or {}).get("message") or "the pod failed"))
    if phase == "Running" and _is(found, "Ready", "True"):
        return CURRENT
    for container in (found.get("status") or {}).get("containerStatuses") or ():
        waiting = (container.get("state") or {}).get("waiting") or {}
        if waiting.get("reason") in {"CrashLoopBackOff", "ImagePullBackOff", "ErrImagePull"}:
            return _failed(f"container {container.get('name')}: {waiting['reason']}")
    return _waiting(f"the pod is {phase or 'not scheduled'}")


def _phase(expected: str) -> Callable[[Object], Verdict]:
    def rule(found: Object) -> Verdict:
        phase = (found.get("status") or {}).get("phase")
        if phase == expected:
            return CURRENT
        if phase in {"Lost", "Failed"}:
            return _failed(f"it is {phase}")
        return _waiting(f"it is {phase or 'not seen by a controller yet'}")

    return rule


def _service(found: Object) -> Verdict:
    if (found.get("spec") or {}).get("type") != "LoadBalancer":
        return CURRENT
    balancer = (found.get("status") or {}).get("loadBalancer") or {}
    return CURRENT if balancer.get("ingress") else _waiting("its load balancer has no address yet")


def _definition(found: Object) -> Verdict:
    if _is(found, "NamesAccepted", "False"):
        return _failed(_said(found, "NamesAccepted"))
    if _is(found, "Established", "True"):
        return CURRENT
    return _waiting("it is not established yet")


def _api_service(found: Object) -> Verdict:
    return CURRENT if _is(found, "Available", "True") else _waiting(_said(found, "Available"))


def _replicas(found: Object) -> int:
    """How many are asked for; the default is one."""
    wanted = (found.get("spec") or {}).get("replicas")
    return 1 if wanted is None else int(wanted)


_RULES: Mapping[str, Callable[[Object], Verdict]] = {
    **dict.fromkeys(_PLAIN, lambda _: CURRENT),
    "Deployment.apps": _deployment,
    "StatefulSet.apps": _stateful_set,
    "DaemonSet.apps": _daemon_set,
    "ReplicaSet.apps": _replica_set,
    "Job.batch": _job,
    "Pod": _pod,
    "PersistentVolumeClaim": _phase("Bound"),
    "Namespace": _phase("Active"),
    "Service": _service,
    "CustomResourceDefinition.apiextensions.k8s.io": _definition,
    "APIService.apiregistration.k8s.io": _api_service,
}
