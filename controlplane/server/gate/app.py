"""What is asked where: from a request to an answer, or to the work that finds it.

Decides who may ask, and that nothing is judged before policies are in force. Judging happens on
the court's thread, under the policies that are in force when it is the request's turn: one
request, one set of policies.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from time import perf_counter
from typing import Protocol

from controlplane.operations.serving import InForce
from controlplane.server.gate import metrics, openapi
from controlplane.server.gate.access import knows_token
from controlplane.server.gate.court import Court, Decided
from controlplane.server.gate.messages import RefusedError, Request, Response, answer, problem

_TEXT = "text/plain; charset=utf-8"
_OPEN = frozenset({"/healthz", "/readyz"})

Endpoint = Callable[[InForce, bytes, str], Decided]
"""Judges a body under the policies in force; the text is what follows the endpoint's path."""


@dataclass(frozen=True)
class Judged:
    """An endpoint, and the court before which it is heard."""

    court: Court
    endpoint: Endpoint


class Asks(Protocol):
    """What tells the app how the process stands."""

    def in_force(self) -> InForce | None:
        """Return the policies that judge now, None before there are any."""

    def ready(self) -> tuple[bool, str]:
        """Return whether decisions can be made, and what is and is not well."""


@dataclass(frozen=True)
class App:
    """The endpoints of one process.

    `guarded` says that a token is needed: while none is known, nobody is answered.
    """

    state: Asks
    endpoints: Mapping[str, Judged]
    tokens: Callable[[], Sequence[bytes]]
    metrics: metrics.GateMetrics
    guarded: bool

    def handle(self, request: Request) -> Response | asyncio.Future[Response]:
        """Answer, at once or when it was judged."""
        begun = perf_counter()
        name, rest = self._endpoint(request.path)
        response = self._respond(request, name, rest)
        if isinstance(response, Response):
            self._count(name, response, begun)
        else:
            response.add_done_callback(lambda made: self._made(name, made, begun))
        return response

    def _respond(
        self, request: Request, name: str, rest: str
    ) -> Response | asyncio.Future[Response]:
        if self.guarded and request.path not in _OPEN:
            known = self.tokens()
            if not known:
                return _no_tokens()
            if not knows_token(request.headers, known):
                return _unknown()
        if name in self.endpoints:
            if request.method != "POST":
                return _other_method("POST")
            return self._judge(self.endpoints[name], request.body, rest)
        if request.method not in ("GET", "HEAD"):
            return _other_method("GET") if self._tell(request.path) else _nowhere()
        return self._tell(request.path) or _nowhere()

    def _judge(self, judged: Judged, body: bytes, rest: str) -> Response | asyncio.Future[Response]:
        def work() -> Decided:
            policies = self.state.in_force()
            if policies is None:
                raise RefusedError(_not_yet())
            return judged.endpoint(policies, body, rest)

        return judged.court.hear(work)

    def _tell(self, path: str) -> Response | None:
        match path:
            case "/healthz":
                return Response(HTTPStatus.OK, b"ok\n", _TEXT)
            case "/readyz":
                well, words = self.state.ready()
                status = HTTPStatus.OK if well else HTTPStatus.SERVICE_UNAVAILABLE
                return Response(status, f"{words}\n".encode(), _TEXT)
            case "/metrics":
                return Response(HTTPStatus.OK, metrics.text(), metrics.CONTENT_TYPE)
            case "/openapi.json":
                return answer(openapi.document())
        return None

    def _endpoint(self, path: str) -> tuple[str, str]:
        """Return the endpoint of a path and what follows it; "" for what only tells something."""
        if path in self.endpoints:
            return path, ""
        head, _, rest = path.rpartition("/")
        return (head, rest) if head in self.endpoints and rest else ("", "")

    def _made(self, name: str, made: asyncio.Future[Response], begun: float) -> None:
        if not made.cancelled():
            self._count(name, made.result(), begun)

    def _count(self, name: str, response: Response, begun: float) -> None:
        self.metrics.answered(name or "other", response.status, perf_counter() - begun)


def _unknown() -> Response:
    refused = problem(
        HTTPStatus.UNAUTHORIZED,
        "the request carries no token that is known here",
        "send `Authorization: Bearer TOKEN`",
    )
    return Response(refused.status, refused.body, refused.content_type,
                    (("WWW-Authenticate", "Bearer"),))  # fmt: skip


def _no_tokens() -> Response:
    return problem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "the tokens that are let in could not be read yet, so nobody is",
        "see that the server may read the file of --token-file",
        retry_after=1.0,
    )


def _other_method(method: str) -> Response:
    refused = problem(
        HTTPStatus.METHOD_NOT_ALLOWED, f"this is asked with {method}", "see /openapi.json"
    )
    return Response(refused.status, refused.body, refused.content_type, (("Allow", method),))


def _nowhere() -> Response:
    return problem(HTTPStatus.NOT_FOUND, "there is nothing here", "see /openapi.json")


def _not_yet() -> Response:
    return problem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "no policies are in force yet, so nothing can be decided",
        "see /readyz",
        retry_after=1.0,
    )
