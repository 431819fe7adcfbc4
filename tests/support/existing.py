"""Somebody else's Kubernetes cluster, used by the tests because they were told to.

Only with `USE_EXISTING_CLUSTER=true` beside `KUBECONFIG`, as with controller-runtime's envtest: a
person's everyday kubeconfig must never become a test target by accident. Every way of signing in
that kubectl knows works, for requests go through `kubectl proxy`; other users are impersonated.
"""

from __future__ import annotations

import secrets
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from tests.support import binaries
from tests.support.cluster import ADMIN, Cluster, write_kubeconfig
from tests.support.process import Server, free_port


def wanted(environment: Mapping[str, str]) -> bool:
    """Whether the tests are to use the cluster that `KUBECONFIG` names."""
    return environment.get("USE_EXISTING_CLUSTER") == "true" and "KUBECONFIG" in environment


class ExistingCluster(Cluster):
    """The current context of a kubeconfig; its user must be allowed to impersonate others."""

    tls = None

    def __init__(self, directory: Path, kubeconfig: Path) -> None:
        """Nothing runs before `start`; logs and kubeconfigs go into `directory`."""
        self.directory = directory
        self.kubeconfig = kubeconfig
        self._servers: list[Server] = []

    @property
    def groups(self) -> list[int]:
        """The process groups of the running proxies."""
        return [server.group for server in self._servers]

    def start(self) -> None:
        """Start the administrator's proxy and return when the cluster answers through it."""
        self.url = self._proxy([])

    def stop(self) -> None:
        """End the proxies."""
        while self._servers:
            self._servers.pop().stop()

    def new_user(self) -> str:
        """Return a name that no role of the cluster can mention yet."""
        return f"test-{secrets.token_hex(4)}"

    def kubeconfig_for(self, user: str) -> Path:
        """Start a proxy that acts as `user` and return a kubeconfig that leads to it."""
        url = self._proxy([f"--as={user}"])
        return write_kubeconfig(
            self.directory / f"{user}.kubeconfig", cluster={"server": url}, user={}
        )

    def headers(self, user: str) -> dict[str, str]:
        """Return the headers that make the administrator act as `user`."""
        return {} if user == ADMIN else {"Impersonate-User": user}

    def _proxy(self, flags: list[str]) -> str:
        """Start a proxy with the given identity and return its address."""
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        identity = [f"--kubeconfig={self.kubeconfig}", *flags]
        server = Server(
            "kubectl proxy",
            [binaries.need("kubectl"), *identity, "proxy", f"--port={port}", "--address=127.0.0.1"],
            self.directory / f"proxy-{port}.log",
        )
        self._servers.append(server)
        server.wait_until(lambda: _answers(f"{url}/version"))
        return url


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
