"""Where an OPA server listens, and how it is talked to: within bounds, and never tried twice.

Decides what a failure of the client is called, and which server is the one that we started. What is
asked is its callers' part. The only importer of opa_client. Its habit of rewriting policies that
are refused is off where it is used.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
from opa_client import errors as opa_errors
from opa_client.opa import OpaClient

from controlplane.errors import UsageError
from controlplane.policy.engines.opa_server import LABEL
from controlplane.policy.engines.opa_session import BoundedSession, unreached
from controlplane.policy.errors import EngineUnavailableError

# The client's errors have no common root.
FAILURES: tuple[type[Exception], ...] = tuple(
    error
    for error in vars(opa_errors).values()
    if isinstance(error, type) and issubclass(error, Exception)
)
# `requests` is the client's own transport, whose errors it lets through; a ValueError is what it
# makes of an address that cannot be one.
UNREACHED: tuple[type[Exception], ...] = (*FAILURES, requests.RequestException, ValueError)


@dataclass(frozen=True)
class Settings:
    """Bounds (seconds, bytes); `seconds` are those of one exchange, whatever the server does."""

    seconds: float = 10.0
    start_seconds: float = 20.0
    largest_answer: int = 4 * 1024 * 1024
    largest_listing: int = 512 * 1024 * 1024  # of all policies, with their syntax trees


DEFAULT = Settings()


@dataclass(frozen=True)
class Address:
    """Where a server listens."""

    host: str
    port: int
    tls: bool = False

    def client(self, settings: Settings) -> Any:
        """Return a client that keeps the bounds and never tries twice by itself."""
        seconds = settings.seconds
        client = OpaClient(host=self.host, port=self.port, ssl=self.tls, timeout=seconds, retries=0)
        client._session.close()
        client._session = BoundedSession(
            seconds=seconds,
            largest_answer=settings.largest_answer,
            largest_listing=settings.largest_listing,
        )
        return client


def ready(port: int, mark: str, settings: Settings) -> bool:
    """Whether the server that was started with this mark answers on a port of loopback."""
    client = Address("127.0.0.1", port).client(settings)
    client._session.trust_env = False
    with closing(client):
        if not client.check_health():
            return False
        with contextlib.suppress(*FAILURES, KeyError, IndexError):
            answer = client.ad_hoc_query(f"x := opa.runtime().config.labels.{LABEL}")
            return bool(answer["result"][0]["x"] == mark)
        return False


def address_of(url: str) -> Address:
    """Return where a URL points; raises UsageError for one that is no server's."""
    parts = urlsplit(url)
    try:
        port = parts.port or (443 if parts.scheme == "https" else 8181)
    except ValueError:
        port = 0
    if parts.scheme not in {"http", "https"} or not parts.hostname or not port:
        raise UsageError(f"{url!r} is no URL of a server", remedy="use http://HOST:PORT")
    if parts.path not in {"", "/"} or parts.query or parts.username:
        raise UsageError(f"{url!r} has more than a host and a port", remedy="use http://HOST:PORT")
    return Address(parts.hostname, port, parts.scheme == "https")


@contextlib.contextmanager
def closing(client: Any) -> Iterator[None]:
    """Close the connections of a client at the end."""
    try:
        yield
    finally:
        client.close_connection()


@contextlib.contextmanager
def wrapped(doing: str) -> Iterator[None]:
    """Raise EngineUnavailableError, in plain words, where a client fails while `doing` it."""
    try:
        yield
    except requests.ConnectionError as error:
        raise EngineUnavailableError(
            unreached(error),
            remedy="start it there, correct CPCTL_OPA_URL, or judge with --engine embedded",
        ) from error
    except UNREACHED as error:
        raise EngineUnavailableError(
            f"the OPA server failed while {doing}: {error}",
            remedy="look at the server's log, or judge with --engine embedded",
        ) from error
    except (LookupError, TypeError, AttributeError) as error:  # JSON, but not what OPA answers
        raise EngineUnavailableError(
            f"what answers is no OPA server, or an unknown version of it: {doing} came to nothing",
            remedy="correct CPCTL_OPA_URL, or judge with --engine embedded",
        ) from error
