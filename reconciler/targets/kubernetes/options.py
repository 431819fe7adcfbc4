"""The settings of one Kubernetes target, read and checked once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from reconciler.errors import TargetSettingsError
from reconciler.targets.kubernetes.drift import Rules
from reconciler.targets.kubernetes.ownership import DEFAULT_ALLOW, Allow

Json = Any
CONTROL_NAMESPACE = "controlplane-system"
PROPAGATION = {"background": "Background", "foreground": "Foreground"}
Seconds = Annotated[float, Field(ge=0, le=3600)]


@dataclass(frozen=True)
class Options:
    """How to reach a cluster and how to behave there.

    `namespaces` is empty for an account that may do everything, and otherwise names the only
    namespaces that are listed and watched. `control_namespace` holds the inventories; it is made
    if it is not there, unless `namespaces` are given. Times are in seconds.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", strict=True)

    kubeconfig: str | None = None
    context: str | None = None
    in_cluster: bool = False
    namespaces: tuple[str, ...] = ()
    control_namespace: str = CONTROL_NAMESPACE
    connections: Annotated[int, Field(ge=1, le=64)] = 4
    page_size: Annotated[int, Field(ge=1, le=5000)] = 500
    allow: tuple[Allow, ...] = ()
    propagation: Literal["background", "foreground"] = "background"
    read_timeout: Seconds = 30.0
    deletion_wait: Seconds = 30.0
    established_wait: Seconds = 30.0

    def rules(self) -> Rules:
        """What holds for every object."""
        return Rules((*DEFAULT_ALLOW, *self.allow), frozenset(self.namespaces))


def read(target: str, settings: Mapping[str, Json]) -> Options:
    """Check `settings` (names as in Options); TargetSettingsError names all that is wrong."""
    values = dict(settings)
    given = values.get("namespaces")
    if isinstance(given, list | tuple) and given:
        values.setdefault("control_namespace", given[0])
    try:
        return TypeAdapter(Options).validate_json(json.dumps(values))
    except (ValidationError, TypeError) as error:
        raise TargetSettingsError(
            f"target {target}: {_said(error)}",
            remedy=f"the settings are {', '.join(sorted(field.name for field in fields(Options)))}",
        ) from error


def _said(error: ValidationError | TypeError) -> str:
    """Which setting, and what is wrong with it."""
    if isinstance(error, TypeError):
        return str(error)
    return "; ".join(
        f"{'.'.join(str(part) for part in found['loc'])}: {found['msg']}"
        for found in error.errors(include_url=False)
    )
