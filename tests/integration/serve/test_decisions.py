"""`POST /v1/decisions` on a running server: the gate's own verdicts, and a deny for all else."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from controlplane import wiring
from controlplane.cli.reading import step_of
from controlplane.operations.gate import gate
from controlplane.render.helm import HelmCharts
from controlplane.repo.git import GitRepository
from evidence.canonical import canonical, digest
from tests.support.gated import Gated
from tests.support.serving import Serving, send, serving

PATH = "/v1/decisions"


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Gated:
    return Gated(tmp_path_factory.mktemp("served") / "repository")


@pytest.fixture(scope="module")
def server(repository: Gated, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with serving(repository.path, tmp_path_factory.mktemp("server")) as found:
        yield found


def envelope(*zones: str) -> dict[str, Any]:
    """Return an envelope on which the rule of `Gated` fires where a zone is not the EU."""
    resource = {"metadata": {"name": "acme"}, "spec": {"data": {"residency": list(zones)}}}
    return {
        "apiVersion": "controlplane.dev/envelope/v1",
        "subject": {"kind": "Tenant", "name": "acme", "resource": resource},
    }


def test_a_verdict_names_what_it_rests_on(server: Serving, repository: Gated) -> None:
    allowed, denied = server.post(PATH, envelope("eu")), server.post(PATH, envelope("eu", "us"))

    assert (allowed.status, denied.status) == (200, 200)
    assert allowed.json()["allow"] is True
    found = denied.json()
    assert found["allow"] is False
    assert [each["rule"] for each in found["verdict"]["findings"]] == ["tenancy/first"]
    assert found["words"][0]["remedy"]
    assert found["revision"]["commit"] == repository.base
    assert found["verdictDigest"] == digest(found["verdict"])
    whole = {**envelope("eu", "us"), "references": {}, "facts": {},
             "change": {"operation": "none", "classes": [], "fields": []}}  # fmt: skip
    assert found["question"] == digest(whole)


def test_it_is_the_gates_own_verdict_byte_for_byte(server: Serving, repository: Gated) -> None:
    """Every subject of a denied change, told as the gate tells it, gets the gate's bytes."""
    head = repository.deny()
    git = GitRepository.open(repository.path)
    engine = wiring.policy_engine(None)
    report = gate(step_of(git, repository.base, head), engine, HelmCharts(None), wiring.now())
    bodies = {
        digest_: text for _, judgement in report.judgements
        for digest_, text in judgement.envelopes.items()
    }  # fmt: skip
    asked = [b"%b" % text for text in bodies.values()]
    assert len(asked) > 1

    reply = server.ask("POST", PATH, b'{"envelopes":[%b]}' % b",".join(asked))

    found = reply.json()
    assert [each["question"] for each in found["decisions"]] == list(bodies)
    verdicts = [each["verdict"] for each in found["decisions"]]
    together = {
        "allow": all(each["allow"] for each in verdicts),
        **{
            name: sorted((f for v in verdicts for f in v[name]), key=canonical)
            for name in ("findings", "indeterminate")
        },
        "rules": sorted({rule for each in verdicts for rule in each["rules"]}),
        "validUntil": "",
    }
    expected = report.verdict.to_json()
    for name in ("findings", "indeterminate"):
        expected[name] = sorted(expected[name], key=canonical)
    assert canonical(together) == canonical(expected)
    policies = {judgement.bundle.digest for _, judgement in report.judgements}
    assert {j["policies"] for each in found["decisions"] for j in each["judgements"]} == policies


def test_nothing_is_allowed_that_no_rule_was_asked_about(server: Serving) -> None:
    asked = envelope("eu")
    asked["subject"]["kind"] = "Unheard"

    found = server.post(PATH, asked).json()

    assert found["allow"] is False
    assert found["verdict"]["rules"] == []


@pytest.mark.parametrize(
    ("body", "status", "place"),
    [
        (b"", 400, "line 1, column 1"),
        (b"{", 400, "line 1, column 2"),
        (b"\xff\xfe{\x00}\x00", 400, None),
        (b'{"apiVersion": 1, "apiVersion": 2}', 400, None),
        (b"NaN", 400, None),
        (b"[" * 100_000, 400, None),
        (b"[]", 422, None),
        (b"{}", 422, "apiVersion"),
        (json.dumps({**envelope("eu"), "more": 1}).encode(), 422, "more"),
        (json.dumps({**envelope("eu"), "facts": []}).encode(), 422, "facts"),
        (b'{"envelopes": []}', 422, "envelopes"),
        (json.dumps({"envelopes": [envelope("eu"), {}]}).encode(), 422, "envelopes.1.apiVersion"),
    ],
)
def test_what_is_no_envelope_is_refused_with_its_place(
    server: Serving, body: bytes, status: int, place: str | None
) -> None:
    reply = server.ask("POST", PATH, body)

    found = reply.json()
    assert (reply.status, found["allow"], found.get("place")) == (status, False, place)
    assert found["detail"] and found["remedy"]
    assert reply.headers["content-type"] == "application/problem+json"


def test_a_number_that_engines_read_differently_is_indeterminate(server: Serving) -> None:
    asked = envelope("eu")
    asked["subject"]["resource"]["spec"]["share"] = 0.5

    found = server.post(PATH, asked).json()

    assert found["allow"] is False
    assert {each["cause"] for each in found["verdict"]["indeterminate"]} == {"unsupported"}
    assert "fraction" in found["details"][0]


def test_a_body_that_is_too_large_or_never_ends_is_refused(server: Serving) -> None:
    assert server.ask("POST", PATH, b" " * (9 << 20)).status == 413
    chunked = [b" " * (1 << 20)] * 9
    connection = server.connection()
    connection.request("POST", PATH, body=iter(chunked), encode_chunked=True,
                       headers={"Transfer-Encoding": "chunked"})  # fmt: skip
    assert connection.getresponse().status == 413
    connection.close()


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"garbage\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nA: " + b"a" * 70_000, b"431"),
        (
            b"POST /v1/decisions HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            b"400",
        ),
        (
            b"POST /v1/decisions HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"400",
        ),
        (b"POST /v1/decisions HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", b"400"),
        (
            b"GET /healthz HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
            b"200",
        ),
    ],
)
def test_what_is_no_plain_http_is_refused(server: Serving, sent: bytes, status: bytes) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as peer:
        peer.sendall(sent)
        assert peer.recv(100).split(b" ")[1] == status


def test_a_peer_that_sends_slowly_is_turned_away(server: Serving) -> None:
    """One that sends its headers byte by byte, and one that does not end its body."""
    heads = (
        b"POST /v1/decisions HTTP/1.1\r\nHost: a\r\n",
        b"POST /v1/decisions HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n{",
    )
    peers = [socket.create_connection(("127.0.0.1", server.port), timeout=90) for _ in heads]
    for peer, head in zip(peers, heads, strict=True):
        peer.sendall(head)
    for peer in peers:
        assert peer.recv(100).startswith(b"HTTP/1.1 408 ")
        peer.close()


def test_requests_on_one_connection_are_answered_in_order(server: Serving) -> None:
    bodies = [json.dumps(envelope("eu", *zones)).encode() for zones in ((), ("us",), ())]
    text = b"".join(
        b"POST /v1/decisions HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%b"
        % (len(body), body)
        for body in bodies
    )
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as peer:
        peer.sendall(text + b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        received = b""
        while part := peer.recv(65536):
            received += part
    answers = received.split(b"HTTP/1.1 200 OK\r\n")[1:]
    assert [b'{"allow":true' in each for each in answers] == [True, False, True, False]
    assert answers[-1].endswith(b"ok\n")


def test_health_readiness_metrics_and_the_description(server: Serving, repository: Gated) -> None:
    server.post(PATH, envelope("eu"))

    assert server.ask("GET", "/healthz").body == b"ok\n"
    assert f"in force: {repository.base}" in server.ask("GET", "/readyz").body.decode()
    text = server.ask("GET", "/metrics").body.decode()
    assert 'controlplane_gate_decisions_total{endpoint="/v1/decisions",outcome="allow"}' in text
    assert f'revision="{repository.base}"}} 1.0' in text
    assert server.ask("GET", "/openapi.json").json()["openapi"] == "3.1.0"
    assert server.ask("GET", "/nothing").status == 404
    assert server.ask("GET", PATH).status == 405
    assert server.ask("POST", "/healthz", b"").status == 405


def test_too_many_requests_are_shed_and_none_is_allowed(repository: Gated, tmp_path: Path) -> None:
    """With room for one, requests that come together are answered 200 or 429, the rest never."""
    body = json.dumps(envelope("eu", "us")).encode()
    seen: list[tuple[int, bool, str | None]] = []
    with serving(repository.path, tmp_path, "--max-waiting", "1") as server:
        many = b'{"envelopes":[%b]}' % b",".join([body] * 400)

        def ask() -> None:
            connection = server.connection()
            for _ in range(10):
                reply = send(connection, "POST", PATH, many)
                seen.append((reply.status, reply.json()["allow"], reply.headers.get("retry-after")))
            connection.close()

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        text = server.ask("GET", "/metrics").body.decode()
    assert {status for status, _, _ in seen} == {200, 429}
    assert not any(allow for _, allow, _ in seen)
    assert all(after for status, _, after in seen if status == 429)
    shed = sum(status == 429 for status, _, _ in seen)
    assert f"controlplane_gate_shed_total {float(shed)}" in text


def test_what_is_not_decided_in_time_is_denied(repository: Gated, tmp_path: Path) -> None:
    body = json.dumps(envelope("eu")).encode()
    many = b'{"envelopes":[%b]}' % b",".join([body] * 1000)
    with serving(repository.path, tmp_path, "--deadline", "1s", "--max-waiting", "100") as server:
        replies = []

        def ask() -> None:
            replies.append(server.ask("POST", PATH, many))

        threads = [threading.Thread(target=ask) for _ in range(60)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    late = [reply for reply in replies if reply.status == 504]
    assert late
    assert {reply.status for reply in replies} <= {200, 504}
    assert not any(reply.json()["allow"] for reply in late)


def test_it_ends_with_what_is_under_way_answered(repository: Gated, tmp_path: Path) -> None:
    body = json.dumps(envelope("eu")).encode()
    many = b'{"envelopes":[%b]}' % b",".join([body] * 1000)
    with serving(repository.path, tmp_path) as server:
        replies = []
        thread = threading.Thread(target=lambda: replies.append(server.ask("POST", PATH, many)))
        connection = server.connection()
        connection.connect()
        thread.start()
        time.sleep(0.3)
        server.process.terminate()
        thread.join()
        assert server.process.wait(60) == 0
        connection.close()
    assert [reply.status for reply in replies] == [200]
    assert "stopped" in server.log.read_text()
