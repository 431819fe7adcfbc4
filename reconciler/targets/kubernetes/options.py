"""The settings of one Kubernetes target, read and checked once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.errors import TargetSettingsError
from reconciler.targets.kubernetes.drift import Rules
from reconciler.targets.kubernetes.ownership import DEFAULT_ALLOW, Allow

Json = Any
CONTROL_NAMESPACE = "controlplane-system"
PROPAGATION = {"background": "Background", "foreground": "Foreground"}


@dataclass(frozen=True)
class Options:
    """How to reach a cluster and how to behave there.

    `namespaces` is empty for an account that may do everything, and otherwise names the only
    namespaces that are listed and watched. `control_namespace` holds the inventories; it is made
    if it is not there, unless `namespaces` are given. Times are in seconds.
    """

    kubeconfig: str | None = None
    context: str | None = None
    in_cluster: bool = False
    namespaces: tuple[str, ...] = ()
    control_namespace: str = CONTROL_NAMESPACE
    connections: int = 4
    page_size: int = 500
    allow: tuple[Allow, ...] = field(default=())
    propagation: str = "background"
    read_timeout: float = 30.0
    deletion_wait: float = 30.0
    established_wait: float = 30.0

    def rules(self) -> Rules:
        """What holds for every object."""
        return Rules((*DEFAULT_ALLOW, *self.allow), frozenset(self.namespaces))


def read(target: str, settings: Mapping[str, Json]) -> Options:
    """Check `settings` (names as in Options); TargetSettingsError names what is wrong."""
    values = dict(settings)
    known = set(Options.__dataclass_fields__)
    if unknown := sorted(set(values) - known):
        raise _wrong(target, f"there is no setting {unknown[0]}", f"use one of {sorted(known)}")
    try:
        if "allow" in values:
            values["allow"] = tuple(Allow(**entry) for entry in values["allow"])
        if "namespaces" in values:
            values["namespaces"] = tuple(str(name) for name in values["namespaces"])
    except TypeError as error:
        raise _wrong(target, str(error), "see docs/kubernetes/ownership.md") from error
    if values.get("namespaces") and "control_namespace" not in values:
        values["control_namespace"] = values["namespaces"][0]
    options = Options(**values)
    _check(target, options)
    return options


def _check(target: str, options: Options) -> None:
    if not 1 <= options.connections <= 64:
        raise _wrong(target, "connections is not between 1 and 64", "4 is a good number")
    if not 1 <= options.page_size <= 5000:
        raise _wrong(target, "page_size is not between 1 and 5000", "500 is a good number")
    if options.propagation not in PROPAGATION:
        raise _wrong(target, f"propagation {options.propagation!r}", "background or foreground")


def _wrong(target: str, what: str, remedy: str) -> TargetSettingsError:
    return TargetSettingsError(f"target {target}: {what}", remedy=remedy)
