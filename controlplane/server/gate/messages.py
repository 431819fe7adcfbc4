"""What is asked over HTTP and what is answered, as values. An error's body is a deny, too.

Problems have the form of RFC 9457 (`application/problem+json`) with `"allow": false`, so that
whoever looks at nothing but `allow` is never let through by an error.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from evidence.canonical import Json

JSON = "application/json"
PROBLEM = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Request:
    """One request. Header names are in lower case; of a header given twice the last one counts."""

    method: str
    path: str  # without the query
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Response:
    """One answer. `headers` are added to those that every answer has."""

    status: int
    body: bytes
    content_type: str = JSON
    headers: tuple[tuple[str, str], ...] = ()


def answer(value: Json, status: int = HTTPStatus.OK) -> Response:
    """Return a value as JSON."""
    return Response(status, json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


def problem(
    status: int, detail: str, remedy: str, *, place: str = "", retry_after: float | None = None
) -> Response:
    """Return why there is no decision. `place` is where in the body, as in `subject.resource`."""
    body = {
        "title": HTTPStatus(status).phrase,
        "status": int(status),
        "detail": detail,
        "remedy": remedy,
        "allow": False,
    }
    if place:
        body["place"] = place
    headers: tuple[tuple[str, str], ...] = ()
    if retry_after is not None:
        headers = (("Retry-After", str(max(1, round(retry_after)))),)
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    return Response(int(status), text, PROBLEM, headers)


class RefusedError(Exception):
    """A request that cannot be judged; `response` says why."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.body.decode())
        self.response = response
