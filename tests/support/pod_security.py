"""Pods that break one control of the Pod Security Standards each, in any place a pod can be.

The controls are those of https://kubernetes.io/docs/concepts/security/pod-security-standards/,
profile restricted, which holds those of baseline.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from controlplane.policy.envelope import Subject

Json = Any
Fields = Sequence[str]

CONTAINER: Mapping[str, Json] = {
    "name": "api",
    "image": f"registry.example.com/api@sha256:{'4f' * 32}",
    "livenessProbe": {"tcpSocket": {"port": 8080}},
    "readinessProbe": {"tcpSocket": {"port": 8080}},
    "resources": {
        "limits": {"memory": "64Mi"},
        "requests": {"cpu": "50m", "memory": "64Mi"},
    },
    "securityContext": {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
    },
}
POD: Mapping[str, Json] = {
    "automountServiceAccountToken": False,
    "serviceAccountName": "api",
    "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
}
LISTS = ("containers", "initContainers", "ephemeralContainers")
KINDS: Mapping[str, Fields] = {
    "Pod": (),
    "Deployment": ("spec", "template"),
    "StatefulSet": ("spec", "template"),
    "DaemonSet": ("spec", "template"),
    "ReplicaSet": ("spec", "template"),
    "ReplicationController": ("spec", "template"),
    "PodTemplate": ("template",),
    "Job": ("spec", "template"),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
}
_REMOVED = object()


@dataclass(frozen=True)
class Breach:
    """A field that breaks a control, in a pod's template or in each of its containers."""

    control: str
    rule: str
    fields: Fields
    value: Json
    of_container: bool = False


def _pod(control: str, rule: str, fields: str, value: Json) -> Breach:
    return Breach(control, f"workloads/{rule}", fields.split("."), value)


def _container(control: str, rule: str, fields: str, value: Json) -> Breach:
    return Breach(control, f"workloads/{rule}", fields.split("."), value, of_container=True)


_SC = "securityContext"
_ANNOTATION = "container.apparmor.security.beta.kubernetes.io/api"
BREACHES: Sequence[Breach] = (
    _pod("HostProcess", "host-process", f"spec.{_SC}.windowsOptions.hostProcess", True),
    _container("HostProcess", "host-process", f"{_SC}.windowsOptions.hostProcess", True),
    _pod("Host Namespaces", "no-privilege", "spec.hostNetwork", True),
    _pod("Host Namespaces", "no-privilege", "spec.hostPID", True),
    _pod("Host Namespaces", "no-privilege", "spec.hostIPC", True),
    _container("Privileged Containers", "no-privilege", f"{_SC}.privileged", True),
    _container("Capabilities", "no-privilege", f"{_SC}.capabilities.add", ["NET_ADMIN"]),
    _container("Capabilities", "no-privilege", f"{_SC}.capabilities.drop", ["NET_RAW"]),
    _container("Capabilities", "no-privilege", f"{_SC}.capabilities", _REMOVED),
    _pod(
        "HostPath Volumes",
        "volume-types",
        "spec.volumes",
        [{"name": "v", "hostPath": {"path": "/"}}],
    ),
    _container("Host Ports", "host-ports", "ports", [{"containerPort": 80, "hostPort": 80}]),
    _container(
        "Host Probes / Lifecycle Hooks", "probe-host", "livenessProbe.tcpSocket.host", "10.0.0.1"
    ),
    _container(
        "Host Probes / Lifecycle Hooks",
        "probe-host",
        "lifecycle.postStart.httpGet.host",
        "10.0.0.1",
    ),
    _pod("AppArmor", "apparmor", f"spec.{_SC}.appArmorProfile.type", "Unconfined"),
    _container("AppArmor", "apparmor", f"{_SC}.appArmorProfile.type", "Unconfined"),
    Breach(
        "AppArmor", "workloads/apparmor", ("metadata", "annotations", _ANNOTATION), "unconfined"
    ),
    _pod("SELinux", "selinux", f"spec.{_SC}.seLinuxOptions.type", "spc_t"),
    _container("SELinux", "selinux", f"{_SC}.seLinuxOptions.user", "system_u"),
    _container("SELinux", "selinux", f"{_SC}.seLinuxOptions.role", "system_r"),
    _container("/proc Mount Type", "proc-mount", f"{_SC}.procMount", "Unmasked"),
    _pod("Seccomp", "seccomp", f"spec.{_SC}.seccompProfile", _REMOVED),
    _pod("Seccomp", "seccomp", f"spec.{_SC}.seccompProfile.type", "Unconfined"),
    _container("Seccomp", "seccomp", f"{_SC}.seccompProfile.type", "Unconfined"),
    _pod("Sysctls", "sysctls", f"spec.{_SC}.sysctls", [{"name": "kernel.msgmax", "value": "1"}]),
    _pod("Volume Types", "volume-types", "spec.volumes", [{"name": "v", "nfs": {"server": "x"}}]),
    _container("Privilege Escalation", "no-privilege", f"{_SC}.allowPrivilegeEscalation", True),
    _container("Privilege Escalation", "no-privilege", f"{_SC}.allowPrivilegeEscalation", _REMOVED),
    _pod("Running as Non-root", "no-privilege", f"spec.{_SC}.runAsNonRoot", False),
    _container("Running as Non-root", "no-privilege", f"{_SC}.runAsNonRoot", False),
    _pod("Running as Non-root user", "root-user", f"spec.{_SC}.runAsUser", 0),
    _container("Running as Non-root user", "root-user", f"{_SC}.runAsUser", 0),
)


def subjects(breach: Breach | None) -> Iterator[Subject]:
    """Yield a placement for every kind of workload and list of containers, with the breach in it.

    Without a breach they keep to the standard. A container of its own stands beside the broken one.
    """
    for kind in KINDS:
        for name in LISTS if breach is not None and breach.of_container else LISTS[:1]:
            yield _subject(f"{kind} {name}", kind, _template(breach, name))


def _template(breach: Breach | None, name: str) -> Json:
    template: Json = {"metadata": {}, "spec": copy.deepcopy(dict(POD))}
    template["spec"]["containers"] = [copy.deepcopy(dict(CONTAINER, name="main"))]
    if name != "containers":
        template["spec"][name] = []
    template["spec"][name].append(copy.deepcopy(dict(CONTAINER)))
    if breach is not None:
        _break(template["spec"][name][-1] if breach.of_container else template, breach)
    return template


def _break(holder: Json, breach: Breach) -> None:
    for step in breach.fields[:-1]:
        holder = holder.setdefault(step, {})
    if breach.value is _REMOVED:
        del holder[breach.fields[-1]]
    else:
        holder[breach.fields[-1]] = breach.value


def _subject(name: str, kind: str, template: Json) -> Subject:
    body: Json = {"apiVersion": "v1", "kind": kind, "metadata": {"name": "api"}}
    place = body
    for step in KINDS[kind]:
        place = place.setdefault(step, {})
    place["spec"] = template["spec"]
    place.setdefault("metadata", {}).update(template["metadata"])
    resource = {"tenant": "acme", "environment": "prod", "target": "eu", "objects": [body]}
    return Subject("Placement", name, resource)
