"""A Kubernetes cluster as a test sees it: an address, users, and plain requests.

Decides how a request is made and what a kubeconfig looks like. Where the cluster comes from is
left to `kubernetes.py` (started here) and `existing.py` (somebody else's).
"""

from __future__ import annotations

import abc
import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ADMIN = "admin"

Document = dict[str, Any]


class Cluster(abc.ABC):
    """A reachable API server and an administrator's way into it.

    `url` has no slash at its end; `tls` is None for plain HTTP; `kubeconfig` is the
    administrator's.
    """

    url: str
    tls: ssl.SSLContext | None
    kubeconfig: Path

    @abc.abstractmethod
    def start(self) -> None:
        """Return when requests are answered."""

    @abc.abstractmethod
    def stop(self) -> None:
        """End every process that `start` started."""

    @abc.abstractmethod
    def new_user(self) -> str:
        """Return the name of a user that no one else was given and that has no rights."""

    @abc.abstractmethod
    def kubeconfig_for(self, user: str) -> Path:
        """Write and return the kubeconfig file (0600) of `user`."""

    @abc.abstractmethod
    def headers(self, user: str) -> dict[str, str]:
        """Return the headers with which `user` makes a request."""

    def call(
        self,
        method: str,
        path: str,
        body: Document | None = None,
        *,
        user: str = ADMIN,
        acting_as: str = "",
        content_type: str = "application/json",
    ) -> tuple[int, Document]:
        """Send one request and return the status code and the answer, errors included.

        `acting_as` is whom the user impersonates.
        """
        accepted = {"Content-Type": content_type, "Accept": "application/json"}
        accepted |= {"Impersonate-User": acting_as} if acting_as else {}
        request = urllib.request.Request(
            self.url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={**self.headers(user), **accepted},
        )
        try:
            with urllib.request.urlopen(request, context=self.tls, timeout=30) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, _said(error.read())

    def create(self, path: str, body: Document) -> Document:
        """POST `body` to the collection `path`; AssertionError with the answer if refused."""
        status, answer = self.call("POST", path, body)
        assert status == 201, answer
        return answer


def _said(body: bytes) -> Document:
    """Return an error's body; a path that is not served yet is answered with plain text."""
    try:
        found: Document = json.loads(body)
    except ValueError:
        return {"message": body.decode(errors="replace")}
    return found


def write_kubeconfig(path: Path, *, cluster: Mapping[str, str], user: Mapping[str, str]) -> Path:
    """Write a kubeconfig with one context, as JSON (which is YAML), and return `path`."""
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "test", "cluster": dict(cluster)}],
        "users": [{"name": "test", "user": dict(user)}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
        "current-context": "test",
    }
    path.touch(mode=0o600)
    path.write_text(json.dumps(config, indent=2), encoding="utf-8")
    return path
