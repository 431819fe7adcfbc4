"""Real Kubernetes API servers on loopback: etcd and kube-apiserver, and a whole cluster of it.

Decides the flags, the users and the kubeconfig. `ApiServer` stores and admits objects, but
nothing acts on them. `WholeCluster` adds the controller manager, the scheduler and kwok with one
node, so that a Deployment becomes available and a namespace is really deleted; no container is
ever run.
"""

from __future__ import annotations

import secrets
import ssl
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from cryptography.hazmat.primitives.asymmetric import ec

from tests.support import binaries, certificates
from tests.support.cluster import ADMIN, Cluster, Document, write_kubeconfig
from tests.support.process import Server, free_port

# A /24 would be used up after 254 Services.
SERVICE_RANGE = "10.0.0.0/16"
POD_RANGE = "10.1.0.0/16"
NODE = "node-0"
# How many users without any rights `ApiServer.new_user` can hand out: the token file is read
# once, at start.
SPARE_USERS = 64

AnyCluster = TypeVar("AnyCluster", bound=Cluster)


class ApiServer(Cluster):
    """etcd and kube-apiserver with RBAC; tokens in a file, everything in one folder.

    It can be stopped and started again with the same data and on the same port, as in an outage.
    """

    def __init__(
        self,
        directory: Path,
        *,
        users: Mapping[str, Sequence[str]] | None = None,
        unsafe_no_fsync: bool = True,
        admission: bool = False,
    ) -> None:
        """Choose ports and write certificates, tokens and keys into the empty `directory`.

        `users` are accounts (name → groups) beside the administrator. `unsafe_no_fsync=False`
        lets etcd sync every write to disk, as in production. `admission` switches the
        ServiceAccount admission on, which needs a controller manager beside this.
        """
        self.directory = directory
        self.unsafe_no_fsync = unsafe_no_fsync
        self.admission = admission
        self.url = f"https://127.0.0.1:{free_port()}"
        self.etcd_url = f"http://127.0.0.1:{free_port()}"
        self.certificate = certificates.create(directory)
        self.account_key = directory / "service-accounts.key"
        certificates.write_private_key(self.account_key, ec.generate_private_key(ec.SECP256R1()))
        self._spare = [f"user-{number}" for number in range(SPARE_USERS)]
        self._tokens = self._write_tokens(users or {})
        self.tls = ssl.create_default_context(cafile=str(self.certificate.authority))
        self._servers: list[Server] = []
        self.kubeconfig = self.kubeconfig_for(ADMIN)

    @property
    def groups(self) -> list[int]:
        """The process groups of the running servers."""
        return [server.group for server in self._servers]

    def start(self) -> None:
        """Start both servers and return when requests are answered."""
        etcd = self._run("etcd", self._etcd_flags())
        etcd.wait_until(lambda: _answers(f"{self.etcd_url}/health"))
        api = self._run("kube-apiserver", self._api_flags())
        api.wait_until(self.is_ready)

    def stop(self) -> None:
        """End the servers, last started first; the data stays."""
        while self._servers:
            self._servers.pop().stop()

    def is_ready(self) -> bool:
        """Whether the API server answers and has made its own default roles."""
        return _answers(f"{self.url}/readyz", self.tls)

    def token(self, user: str) -> str:
        """Return the bearer token of `user`; KeyError for a user that is not there."""
        return self._tokens[user]

    def new_user(self) -> str:
        """Return the name of a user that no one else was given and that has no rights."""
        return self._spare.pop(0)

    def kubeconfig_for(self, user: str) -> Path:
        """Write and return the kubeconfig file (0600) of `user`."""
        return write_kubeconfig(
            self.directory / f"{user}.kubeconfig",
            cluster={
                "server": self.url,
                "certificate-authority": str(self.certificate.authority),
            },
            user={"token": self._tokens[user]},
        )

    def headers(self, user: str) -> dict[str, str]:
        """Return the headers with which `user` makes a request."""
        return {"Authorization": f"Bearer {self._tokens[user]}"}

    def _run(self, name: str, flags: Sequence[str]) -> Server:
        server = Server(name, [binaries.need(name), *flags], self.directory / f"{name}.log")
        self._servers.append(server)
        return server

    def _write_tokens(self, users: Mapping[str, Sequence[str]]) -> dict[str, str]:
        """Write the token file (token,user,uid,"groups") and return the tokens by user."""
        accounts = {ADMIN: ("system:masters",), **dict.fromkeys(self._spare, ()), **users}
        tokens = {user: secrets.token_hex(16) for user in accounts}
        lines = [f'{tokens[user]},{user},{user},"{",".join(accounts[user])}"' for user in accounts]
        path = self.directory / "tokens.csv"
        path.touch(mode=0o600)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return tokens

    def _etcd_flags(self) -> list[str]:
        peer = f"http://127.0.0.1:{free_port()}"
        flags = [
            "--name=default",
            f"--data-dir={self.directory / 'etcd'}",
            f"--listen-client-urls={self.etcd_url}",
            f"--advertise-client-urls={self.etcd_url}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=default={peer}",
            "--log-level=warn",
        ]
        return [*flags, "--unsafe-no-fsync"] if self.unsafe_no_fsync else flags

    def _api_flags(self) -> list[str]:
        flags = [
            f"--etcd-servers={self.etcd_url}",
            f"--cert-dir={self.directory}",
            f"--tls-cert-file={self.certificate.certificate}",
            f"--tls-private-key-file={self.certificate.key}",
            f"--secure-port={self.url.rpartition(':')[2]}",
            "--bind-address=127.0.0.1",
            # Nothing routes to the cluster, so the machine needs no other address than loopback.
            "--advertise-address=127.0.0.1",
            "--endpoint-reconciler-type=none",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={self.account_key}",
            f"--service-account-signing-key-file={self.account_key}",
            f"--token-auth-file={self.directory / 'tokens.csv'}",
            "--authorization-mode=RBAC",
            f"--service-cluster-ip-range={SERVICE_RANGE}",
            "--profiling=false",
            "--allow-privileged=true",  # as every cluster has it: whether a pod may is policy
        ]
        return flags if self.admission else [*flags, "--disable-admission-plugins=ServiceAccount"]


class WholeCluster(ApiServer):
    """An API server with controllers, scheduler and one simulated node."""

    def __init__(
        self,
        directory: Path,
        *,
        users: Mapping[str, Sequence[str]] | None = None,
        unsafe_no_fsync: bool = True,
    ) -> None:
        """Prepare the folder; see ApiServer. ServiceAccount admission is on, as in any cluster."""
        super().__init__(directory, users=users, unsafe_no_fsync=unsafe_no_fsync, admission=True)

    def start(self) -> None:
        """Start everything and return when pods can be admitted and scheduled."""
        super().start()
        controllers = self._run("kube-controller-manager", self._controller_flags())
        client = f"--kubeconfig={self.kubeconfig}"
        self._run("kube-scheduler", [client, "--leader-elect=false", "--secure-port=0"])
        renewing = "--node-lease-duration-seconds=40"  # else the node is lost after 50 s
        kwok = self._run(
            "kwok", [client, "--manage-all-nodes=true", renewing, f"--cidr={POD_RANGE}"]
        )
        if self.call("GET", f"/api/v1/nodes/{NODE}")[0] == 404:
            self.create("/api/v1/nodes", _node())
        kwok.wait_until(self._node_is_ready)
        controllers.wait_until(self._default_account_is_there)

    def _controller_flags(self) -> list[str]:
        return [
            f"--kubeconfig={self.kubeconfig}",
            "--leader-elect=false",
            "--secure-port=0",
            f"--service-account-private-key-file={self.account_key}",
            f"--root-ca-file={self.certificate.authority}",
            "--kube-api-qps=200",
            "--kube-api-burst=400",
        ]

    def _node_is_ready(self) -> bool:
        status, node = self.call("GET", f"/api/v1/nodes/{NODE}")
        conditions = node.get("status", {}).get("conditions", [])
        return status == 200 and {"Ready": "True"} in [{c["type"]: c["status"]} for c in conditions]

    def _default_account_is_there(self) -> bool:
        return self.call("GET", "/api/v1/namespaces/default/serviceaccounts/default")[0] == 200


@contextmanager
def running(cluster: AnyCluster) -> Iterator[AnyCluster]:
    """Start `cluster` and stop it on leaving, a failed start included."""
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


def _node() -> Document:
    capacity = {"cpu": "1k", "memory": "4Ti", "pods": "10k", "ephemeral-storage": "4Ti"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": NODE,
            "annotations": {"kwok.x-k8s.io/node": "fake"},
            "labels": {
                "type": "kwok",
                "kubernetes.io/arch": "amd64",
                "kubernetes.io/hostname": NODE,
                "kubernetes.io/os": "linux",
            },
        },
        "status": {"capacity": capacity, "allocatable": capacity},
    }


def _answers(url: str, tls: ssl.SSLContext | None = None) -> bool:
    """Whether a GET of `url` is answered with success."""
    try:
        with urllib.request.urlopen(url, context=tls, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:  # URLError and HTTPError are OSErrors, a connection cut short is one too
        return False
