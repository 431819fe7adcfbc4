"""Which kinds the API server knows, and where their objects are.

Two requests name every kind (aggregated discovery, Kubernetes 1.30 and later). What was found is
kept, and asked for again when a kind is not among it: a CRD may have appeared since.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from reconciler.targets.kubernetes.client import Client
from reconciler.targets.kubernetes.identity import Ref

Json = Any
_ACCEPT = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


@dataclass(frozen=True)
class Kind:
    """One kind in one version: its plural, and whether its objects live in a namespace."""

    api_version: str
    kind: str
    plural: str
    namespaced: bool
    verbs: frozenset[str]

    @property
    def root(self) -> str:
        """The path under which all its objects are."""
        where = f"apis/{self.api_version}" if "/" in self.api_version else "api/v1"
        return f"/{where}"

    def collection(self, namespace: str = "") -> str:
        """The path of all objects, or of those in one namespace."""
        inside = f"/namespaces/{quote(namespace)}" if namespace and self.namespaced else ""
        return f"{self.root}{inside}/{self.plural}"

    def path(self, ref: Ref) -> str:
        """The path of one object."""
        return f"{self.collection(ref.namespace)}/{quote(ref.name, safe='')}"


@dataclass(frozen=True)
class Catalogue:
    """What one look found. `stale` names groups whose server did not answer lately."""

    kinds: Mapping[tuple[str, str], Kind]
    stale: frozenset[str]


class Discovery:
    """The kinds of one API server."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._catalogue: Catalogue | None = None

    def find(self, ref: Ref) -> Kind | None:
        """The kind of `ref`, or None where the server knows none such."""
        return self.catalogue().kinds.get((ref.api_version, ref.kind))

    def is_stale(self, ref: Ref) -> bool:
        """Whether its group could not be asked, so that None from `find` means nothing."""
        return ref.group in self.catalogue().stale

    def catalogue(self) -> Catalogue:
        """Everything, as last looked up."""
        with self._lock:
            if self._catalogue is None:
                self._catalogue = self._look()
            return self._catalogue

    def forget(self) -> None:
        """Look again the next time: something new is expected."""
        with self._lock:
            self._catalogue = None

    def _look(self) -> Catalogue:
        kinds: dict[tuple[str, str], Kind] = {}
        stale: set[str] = set()
        for path in ("/api", "/apis"):
            answer = self._client.get(path, what="look up the API's kinds", accept=_ACCEPT)
            for group in answer.get("items") or ():
                name = group["metadata"].get("name", "")
                for version in group.get("versions") or ():
                    if version.get("freshness") == "Stale":
                        stale.add(name)
                    api_version = f"{name}/{version['version']}" if name else version["version"]
                    kinds |= _kinds(api_version, version.get("resources") or ())
        return Catalogue(kinds, frozenset(stale))


def _kinds(api_version: str, resources: Json) -> dict[tuple[str, str], Kind]:
    return {
        (api_version, kind): Kind(
            api_version,
            kind,
            resource["resource"],
            resource.get("scope") == "Namespaced",
            frozenset(resource.get("verbs") or ()),
        )
        for resource in resources
        if (kind := (resource.get("responseKind") or {}).get("kind"))
    }
