"""Requests to one API server: raw JSON over the connection pool of the `kubernetes` package.

The package decides how to authenticate (kubeconfig, context, in-cluster account, exec plugins).
Its models are not used: serialising through them costs more than the server does. This module
decides timeouts, size limits and what is tried again; what a request means is for others.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

import urllib3
from kubernetes.client.configuration import Configuration
from kubernetes.client.rest import RESTClientObject
from kubernetes.config import load_incluster_config, load_kube_config
from kubernetes.config.config_exception import ConfigException
from urllib3.exceptions import HTTPError

from reconciler import crashpoints
from reconciler.errors import TargetSettingsError
from reconciler.targets.base import unfenced
from reconciler.targets.kubernetes.errors import (
    ApiError,
    from_response,
    unavailable,
)

Json = Any
APPLY = "application/apply-patch+yaml"
JSON_PATCH = "application/json-patch+json"
FULL = "application/json"
METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
METADATA_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"

MAX_RESPONSE = 64 * 1024 * 1024  # bytes; a page of 500 objects is a few of them
TRIES = 4
SPARE = 100  # connections kept beside those for writes: watches, and LISTs that wait
CREDENTIALS_LIFE = 1.0  # seconds for which headers are kept; building them costs as much as sending
LONGEST_WAIT = 10.0  # seconds between two tries, whatever Retry-After says
_COMPACT = json.JSONEncoder(separators=(",", ":"))
_AGAIN = frozenset({429, 500, 502, 503, 504})


@dataclass(frozen=True)
class Access:
    """How to reach and enter one cluster; `kubeconfig` None means the usual places."""

    kubeconfig: str | None = None
    context: str | None = None
    in_cluster: bool = False


@dataclass(frozen=True)
class Answer:
    """A successful answer. `created` tells 201 from 200."""

    body: Json
    created: bool


class Client:
    """One API server. Safe to use from several threads."""

    def __init__(
        self,
        name: str,
        access: Access,
        *,
        connections: int,
        connect_timeout: float = 5.0,
        read_timeout: float = 30.0,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Load the credentials; nothing is sent yet. TargetSettingsError if there are none."""
        self.name = name
        self._configuration = _load(name, access)
        self._configuration.connection_pool_maxsize = connections + SPARE
        host = str(self._configuration.host).rstrip("/")
        self._pool = RESTClientObject(self._configuration).pool_manager.connection_from_url(host)
        self._prefix = urllib3.util.parse_url(host).path or ""
        self._timeout = urllib3.Timeout(connect=connect_timeout, read=read_timeout)
        self._sleep = sleep
        self._now = now
        self._authentication = threading.Lock()
        self._check: Callable[[], None] = unfenced
        self._credentials: dict[str, str] = {}
        self._credentials_end = float("-inf")

    def fenced(self, check: Callable[[], None]) -> Client:
        """Return this client as it is for one run: `check` is called before whatever changes."""
        mine = copy(self)
        mine._check = check
        return mine

    def get(self, path: str, *, what: str, accept: str = FULL, **query: str) -> Json:
        """GET one object or list."""
        return self._send("GET", _url(path, query), what=what, accept=accept).body

    def write(
        self,
        method: str,
        path: str,
        body: Json,
        *,
        what: str,
        content_type: str = FULL,
        accept: str = METADATA,
        secret: bool = False,
        **query: str,
    ) -> Answer:
        """Send a request that changes something (or a dry run of one) and return the answer.

        Every such request can be sent twice: an apply, or one with a resourceVersion or a uid.
        """
        data = None if body is None else _COMPACT.encode(body).encode()
        point = None if "dryRun" in query else f"kubernetes.{method.lower()}"
        if point:
            crashpoints.reached(f"{point}.before")
        try:
            return self._send(
                method,
                _url(path, query),
                what=what,
                accept=accept,
                data=data,
                content_type=content_type,
                secret=secret,
                check=self._check if point else unfenced,
            )
        finally:
            if point:
                crashpoints.reached(f"{point}.after")

    def stream(self, path: str, *, what: str, seconds: int, **query: str) -> Stream:
        """Open a watch of at most `seconds`."""
        query |= {"watch": "1", "timeoutSeconds": str(seconds)}
        timeout = urllib3.Timeout(connect=self._timeout.connect_timeout, read=seconds + 10)
        accept = METADATA
        try:
            response = self._request("GET", _url(path, query), accept, None, None, timeout)
        except HTTPError as error:
            raise unavailable(self.name, error) from error
        if response.status != 200:
            body = response.read(MAX_RESPONSE)
            response.close()
            raise from_response(response.status, body, what=what, secret=False)
        return Stream(self.name, response)

    def close(self) -> None:
        """Let go of all connections."""
        self._pool.close()

    def _send(
        self,
        method: str,
        url: str,
        *,
        what: str,
        accept: str,
        data: bytes | None = None,
        content_type: str | None = None,
        secret: bool = False,
        check: Callable[[], None] = unfenced,
    ) -> Answer:
        """Send, and again where the server asks for patience or the connection broke."""
        for attempt in range(1, TRIES + 1):
            check()
            try:
                response = self._request(method, url, accept, data, content_type, self._timeout)
                body = _bounded(response, what)
            except HTTPError as error:
                if attempt == TRIES:
                    raise unavailable(self.name, error) from error
                self._sleep(_backoff(attempt))
                continue
            if response.status < 300:
                return Answer(self._parsed(body), response.status == 201)
            after = _retry_after(response.headers)
            if not _worth_another(response.status, body, after) or attempt == TRIES:
                raise from_response(
                    response.status, body, what=what, secret=secret, retry_after=after
                )
            self._sleep(min(after if after is not None else _backoff(attempt), LONGEST_WAIT))
        raise AssertionError("unreachable: the last try returns or raises")

    def _parsed(self, body: bytes) -> Json:
        try:
            return json.loads(body) if body else {}
        except ValueError as error:  # a proxy's page for signing in, for instance
            raise unavailable(self.name, error) from error

    def _request(
        self,
        method: str,
        url: str,
        accept: str,
        data: bytes | None,
        content_type: str | None,
        timeout: urllib3.Timeout,
    ) -> urllib3.BaseHTTPResponse:
        headers = {"Accept": accept, "User-Agent": "controlplane"}
        if content_type is not None:
            headers["Content-Type"] = content_type
        headers.update(self._who())
        return self._pool.urlopen(
            method,
            self._prefix + url,
            body=data,
            headers=headers,
            retries=False,
            redirect=False,
            timeout=timeout,
            preload_content=False,
        )

    def _who(self) -> dict[str, str]:
        """The headers that say who we are; a token near its end is renewed by the package."""
        with self._authentication:
            if self._now() >= self._credentials_end:
                settings: dict[str, Any] = dict(self._configuration.auth_settings())
                self._credentials = {
                    setting["key"]: setting["value"]
                    for setting in settings.values()
                    if setting["in"] == "header" and setting["value"]
                }
                self._credentials_end = self._now() + CREDENTIALS_LIFE
            return self._credentials


class Stream:
    """The events of one watch, as they come."""

    def __init__(self, name: str, response: urllib3.BaseHTTPResponse) -> None:
        self._name = name
        self._response = response

    def __iter__(self) -> Iterator[Json]:
        """Yield each event; end where the server ends the watch.

        Raises TargetUnavailableError where the connection breaks.
        """
        rest = b""
        try:
            while chunk := self._response.read1(1 << 16):
                *lines, rest = (rest + chunk)[-MAX_RESPONSE:].split(b"\n")
                yield from (json.loads(line) for line in lines if line.strip())
        except (HTTPError, OSError, ValueError) as error:
            raise unavailable(self._name, error) from error
        finally:
            self._response.close()

    def stop(self) -> None:
        """End the watch from another thread: whoever reads it wakes up."""
        self._response.shutdown()


def is_gone(error: ApiError) -> bool:
    """Whether a watch or a page refers to a version the server no longer has."""
    return error.status == 410 or error.reason in {"Expired", "Gone"}


def _load(name: str, access: Access) -> Configuration:
    configuration = Configuration()
    try:
        if access.in_cluster:
            load_incluster_config(  # type: ignore[no-untyped-call]
                client_configuration=configuration
            )
        else:
            load_kube_config(  # type: ignore[no-untyped-call]
                config_file=access.kubeconfig,
                context=access.context,
                client_configuration=configuration,
                persist_config=False,
            )
    except Exception as error:
        said = str(error) if isinstance(error, ConfigException | OSError) else type(error).__name__
        source = (
            "the service account"
            if access.in_cluster
            else access.kubeconfig or "the usual kubeconfig"
        )
        raise TargetSettingsError(
            f"target {name}: the cluster's credentials cannot be loaded from {source}: {said}",
            remedy="check the kubeconfig and the context that the cluster's connection names",
        ) from error
    return configuration


def _url(path: str, query: Mapping[str, str]) -> str:
    return f"{path}?{_encoded(tuple(query.items()))}" if query else path


@lru_cache(maxsize=64)
def _encoded(query: tuple[tuple[str, str], ...]) -> str:
    return urlencode(query)


def _bounded(response: urllib3.BaseHTTPResponse, what: str) -> bytes:
    body = response.read(MAX_RESPONSE + 1)
    if len(body) > MAX_RESPONSE:
        response.close()
        raise ApiError(
            f"{what}: the answer is larger than {MAX_RESPONSE} bytes",
            remedy="use smaller pages (page_size in the target's settings)",
            status=response.status,
        )
    response.release_conn()
    return body


def _worth_another(status: int, body: bytes, after: float | None) -> bool:
    """Whether trying again can help. A 500 without Retry-After is often our request's fault.

    A quota is charged optimistically, and a race for it is a 409 with these words.
    """
    if status == 500:
        return after is not None
    return status in _AGAIN or (status == 409 and b"resourcequotas" in body)


def _retry_after(headers: Mapping[str, str]) -> float | None:
    try:
        return max(0.0, float(headers["Retry-After"]))
    except (KeyError, ValueError):
        return None


def _backoff(attempt: int) -> float:
    return float(0.1 * 2**attempt)
