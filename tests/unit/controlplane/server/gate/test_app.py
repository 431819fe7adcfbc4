"""Who is answered, before anything is judged."""

from __future__ import annotations

from typing import Any, cast

import pytest

from controlplane.server.gate.app import App
from controlplane.server.gate.messages import Request, Response
from controlplane.server.gate.metrics import GateMetrics

TOKEN = b"a-token-of-twenty-bytes"


@pytest.mark.parametrize(
    ("guarded", "known", "sent", "status"),
    [
        (True, (), b"", 503),  # the file could not be read: nobody is let in
        (True, (), TOKEN, 503),
        (True, (TOKEN,), b"", 401),
        (True, (TOKEN,), TOKEN, 200),
        (False, (), b"", 200),
    ],
)
def test_while_no_token_is_known_that_is_needed_nobody_is_answered(
    guarded: bool, known: tuple[bytes, ...], sent: bytes, status: int
) -> None:
    app = App(cast("Any", None), {}, lambda: known, GateMetrics(), guarded=guarded)
    headers = {"authorization": f"Bearer {sent.decode()}"} if sent else {}
    answer = app.handle(Request("GET", "/openapi.json", headers, b""))
    assert isinstance(answer, Response)
    assert answer.status == status
    alive = app.handle(Request("GET", "/healthz", {}, b""))
    assert isinstance(alive, Response)
    assert alive.status == 200
