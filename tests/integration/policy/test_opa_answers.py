"""What a server that is no honest OPA, or a neighbour on the way to one, can answer: no allow.

Everything but the answer itself is a real server's: a proxy on loopback stands before it.
"""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.error import HTTPError

import pytest

from controlplane.policy.bundle import load
from controlplane.policy.decide import decide
from controlplane.policy.engine import Question
from controlplane.policy.engines.opa import OpaEngine
from controlplane.policy.engines.opa_address import DEFAULT
from controlplane.policy.model import Cause, Verdict
from evidence.canonical import canonical
from tests.support.dripping import ENDLESS_BODY, ENDLESS_HEAD, drip
from tests.support.loopback import answering
from tests.support.opa import OpaServer
from tests.support.policies import finds, rule

SUBJECT = {"subject": {"kind": "Tenant", "name": "acme"}}
OTHER = {"subject": {"kind": "Tenant", "name": "other"}}
RULE = rule(finds('input.subject.name == "acme"'))
Change = Callable[[bytes], bytes]


class Between(BaseHTTPRequestHandler):
    """Passes everything on; what is answered to a question goes through `change` of the server."""

    server: Any
    protocol_version = "HTTP/1.1"

    def _pass(self) -> None:
        size = int(self.headers.get("Content-Length", "0"))
        body = self.rfile.read(size) or None
        request = urllib.request.Request(
            self.server.upstream + self.path, data=body, method=self.command
        )
        if self.headers.get("Content-Type"):
            request.add_header("Content-Type", self.headers["Content-Type"])
        try:
            with urllib.request.urlopen(request, timeout=30) as reply:
                status, data = reply.status, reply.read()
        except HTTPError as error:
            status, data = error.code, error.read()
        asked = self.command == "POST" and self.path.startswith("/v1/data/controlplane_decision")
        data = self.server.change(data) if asked else data
        if asked and self.server.drip:
            drip(self.connection, self.server.drip)
            self.close_connection = True
            return
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data) + (100 if self.server.short else 0)))
        self.end_headers()
        self.wfile.write(data)
        if asked and self.server.short:
            self.close_connection = True

    do_GET = do_PUT = do_POST = do_DELETE = do_PATCH = _pass  # noqa: N815 - the library's names

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def between(opa_server: OpaServer) -> Iterator[Any]:
    given = {"upstream": opa_server.url, "change": bytes, "short": False, "drip": b""}
    with answering(Between, **given) as server:
        yield server


def ask(between: Any, change: Change, document: Any = SUBJECT, *, short: bool = False) -> Verdict:
    bundle = load(RULE).bundle
    question = Question("Tenant/acme", canonical(document), bundle.rules)
    with OpaEngine(url=between.url).prepare(bundle) as prepared:
        between.change, between.short = change, short
        verdict = decide(question, prepared.answer(question))
        between.change, between.short = bytes, False
    return verdict


def answers(**changed: Any) -> Change:
    """Return what puts other answers into what OPA says."""

    def change(data: bytes) -> bytes:
        value = json.loads(data)
        value["result"]["answers"] = changed["answers"]
        return json.dumps(value).encode()

    return change


def finding(**changed: Any) -> Change:
    given = {"code": "bad", "path": [], "params": {"name": "x"}, **changed}
    return answers(answers={"tenancy/first": {"findings": [given]}})


GARBLED: dict[str, tuple[Change, Cause]] = {
    "nothing": (lambda _: b"", Cause.MALFORMED),
    "no JSON": (lambda _: b"<html>welcome</html>", Cause.MALFORMED),
    "the first half": (lambda data: data[: len(data) // 2], Cause.MALFORMED),
    "bytes that are no UTF-8": (lambda data: data[:-2] + b"\xff\xfe", Cause.MALFORMED),
    "a list": (lambda _: b"[]", Cause.UNDEFINED),
    "no result": (lambda _: b"{}", Cause.UNDEFINED),
    "a result of nothing": (lambda _: b'{"result": null}', Cause.UNDEFINED),
    "yes": (lambda _: b'{"result": true}', Cause.UNDEFINED),
    "no question": (lambda _: b'{"result": {"answers": {"tenancy/first": {"findings": []}}}}', Cause.MALFORMED),
    "brackets without end": (lambda _: b"[" * 200_000, Cause.ERROR),
    "no rule": (answers(answers={}), Cause.UNDEFINED),
    "a rule that nobody knows": (
        answers(answers={"tenancy/unknown": {"findings": []}}), Cause.UNDEFINED,
    ),
    "not a number": (finding(params={"name": float("nan")}), Cause.MALFORMED),
    "infinitely much": (finding(params={"name": float("inf")}), Cause.MALFORMED),
    "a number beyond 2^53": (finding(params={"name": 2**53}), Cause.MALFORMED),
    "a fraction": (finding(path=[0.5]), Cause.MALFORMED),
    "a code that nobody knows": (finding(code="fine"), Cause.MALFORMED),
}  # fmt: skip


@pytest.mark.parametrize("case", GARBLED)
def test_a_garbled_answer_denies(case: str, between: Any) -> None:
    change, cause = GARBLED[case]
    verdict = ask(between, change, OTHER)
    assert [each.cause for each in verdict.indeterminate] == [cause]
    assert not verdict.allow


def test_an_answer_that_breaks_off_denies(between: Any) -> None:
    verdict = ask(between, bytes, OTHER, short=True)
    assert [each.cause for each in verdict.indeterminate] == [Cause.CRASH]


def test_the_answer_to_another_question_denies(between: Any) -> None:
    """What OPA itself said of the tenant that nothing is wrong with."""
    kept: list[bytes] = []

    def keep(data: bytes) -> bytes:
        kept.append(data)
        return data

    assert ask(between, keep, OTHER).allow
    assert [f.rule for f in ask(between, bytes).findings] == ["tenancy/first"]
    verdict = ask(between, lambda _: kept[0])
    assert [each.cause for each in verdict.indeterminate] == [Cause.MALFORMED]


@pytest.mark.parametrize("head", [ENDLESS_HEAD, ENDLESS_BODY], ids=["head", "body"])
def test_an_answer_that_drips_for_ever_is_a_timeout_that_denies(between: Any, head: bytes) -> None:
    engine = OpaEngine(url=between.url, settings=replace(DEFAULT, seconds=2.0))
    bundle = load(RULE).bundle
    question = Question("Tenant/acme", canonical(OTHER), bundle.rules)
    with engine.prepare(bundle) as prepared:
        between.drip = head
        begun = time.monotonic()
        verdict = decide(question, prepared.answer(question))
        took = time.monotonic() - begun
        between.drip = b""
        assert [each.cause for each in verdict.indeterminate] == [Cause.TIMEOUT]
        assert not verdict.allow
        assert 1.9 < took < 8.0
        assert decide(question, prepared.answer(question)).allow  # it answers again


def test_an_answer_that_is_too_large_denies(between: Any) -> None:
    engine = OpaEngine(url=between.url, settings=replace(DEFAULT, largest_answer=1000))
    bundle = load(RULE).bundle
    question = Question("Tenant/acme", canonical(OTHER), bundle.rules)
    with engine.prepare(bundle) as prepared:
        assert decide(question, prepared.answer(question)).allow
        between.change = lambda data: data + b" " * 1000
        verdict = decide(question, prepared.answer(question))
        between.change = bytes
    assert [each.cause for each in verdict.indeterminate] == [Cause.MALFORMED]
