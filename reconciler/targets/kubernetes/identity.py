"""How a resource's id, a Kubernetes object and our marks on it correspond.

An id is `<apiVersion>/<kind>/<namespace or _>/<name>`. Our marks are one label (short enough to
be a label, so that LIST can select by it) and two annotations (the placement's real name, and
the digest of the desired body).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from reconciler.errors import ReconcilerError
from reconciler.model import Placement

Json = Any

MANAGER = "controlplane"
PLACEMENT_LABEL = "controlplane.dev/placement"
PLACEMENT_ANNOTATION = "controlplane.dev/placement"
DIGEST_ANNOTATION = "controlplane.dev/digest"


class InvalidIdError(ReconcilerError):
    """An id is not that of a Kubernetes object."""

    exit_code = 3


@dataclass(frozen=True)
class Ref:
    """One object; `namespace` is empty for one of the whole cluster."""

    api_version: str
    kind: str
    namespace: str
    name: str

    @property
    def group(self) -> str:
        """The API group; empty for the core group."""
        return self.api_version.rpartition("/")[0]

    @property
    def group_kind(self) -> str:
        """Such as "Deployment.apps": what stays when the version changes."""
        return f"{self.kind}.{self.group}" if self.group else self.kind

    @property
    def versionless(self) -> tuple[str, str, str]:
        """What makes two ids the same object although they name different API versions."""
        return self.group_kind, self.namespace, self.name

    @property
    def secret(self) -> bool:
        """Whether its values must never be shown."""
        return self.group_kind == "Secret"

    def __str__(self) -> str:
        return f"{self.api_version}/{self.kind}/{self.namespace or '_'}/{self.name}"


def parse(identifier: str) -> Ref:
    """Read an id; InvalidIdError if it is not one."""
    parts = identifier.rsplit("/", 3)
    if len(parts) != 4 or not all(parts) or parts[0].count("/") > 1:
        raise InvalidIdError(
            f"{identifier!r} does not name a Kubernetes object",
            remedy="use <apiVersion>/<kind>/<namespace or _>/<name>",
        )
    return Ref(parts[0], parts[1], "" if parts[2] == "_" else parts[2], parts[3])


def namespace_id(name: str) -> str:
    """The id of a Namespace."""
    return f"v1/Namespace/_/{name}"


@lru_cache(maxsize=1024)
def placement_label(placement: str) -> str:
    """A label value for a placement's name, which may be longer or hold a slash.

    The readable part is cut; the hash of the whole name keeps two placements apart.
    """
    readable = "".join(c if c.isascii() and c.isalnum() else "-" for c in placement)[:40].strip("-")
    mark = hashlib.sha256(placement.encode()).hexdigest()[:12]
    return f"{readable}.{mark}" if readable else mark


def placement_of(text: str, target: str) -> Placement | None:
    """Return the placement that an annotation names, None where it is another target's.

    Two targets may by mistake be one cluster: neither takes the other's placements for its own.
    """
    name, _, of = text.rpartition("@")
    return Placement(name, target) if name and of == target else None


def label_of(meta: Mapping[str, Json]) -> str:
    """Our label's value on an object, or an empty string."""
    return str((meta.get("labels") or {}).get(PLACEMENT_LABEL, ""))


def digest_of(meta: Mapping[str, Json]) -> str:
    """The digest we wrote on an object, or an empty string."""
    return str((meta.get("annotations") or {}).get(DIGEST_ANNOTATION, ""))
