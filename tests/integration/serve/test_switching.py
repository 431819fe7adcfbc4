"""New revisions, dead workers, renewed certificates, tokens and records, while requests come."""

from __future__ import annotations

import json
import os
import shutil
import signal
import ssl
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from evidence.canonical import digest
from tests.support import certificates
from tests.support.gated import RULE, Gated
from tests.support.serving import Serving, end, send, serving, start

PATH = "/v1/decisions"
TOKEN = "a-token-of-more-than-sixteen-bytes"


def envelope(*zones: str) -> dict[str, Any]:
    resource = {"metadata": {"name": "acme"}, "spec": {"data": {"residency": list(zones)}}}
    return {
        "apiVersion": "controlplane.dev/envelope/v1",
        "subject": {"kind": "Tenant", "name": "acme", "resource": resource},
    }


class Asking:
    """Peers that ask without a pause, and what they were answered."""

    def __init__(self, server: Serving, body: bytes, peers: int = 3) -> None:
        self.seen: list[tuple[int, Any]] = []
        self._server, self._body = server, body
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(peers)]

    def _ask(self) -> None:
        while not self._stop.is_set():
            try:
                connection = self._server.connection()
                for _ in range(50):
                    reply = send(connection, "POST", PATH, self._body)
                    self.seen.append((reply.status, reply.json()))
                connection.close()
            except OSError:
                connection.close()  # a worker that was killed answers nobody
                self.seen.append((0, {"allow": False}))

    def __enter__(self) -> Asking:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def until(self, count: int) -> None:
        """Wait for so many more answers."""
        goal = len(self.seen) + count
        while len(self.seen) < goal:
            time.sleep(0.01)


@pytest.fixture
def repository(tmp_path: Path) -> Gated:
    made = Gated(tmp_path / "repository")
    made.git("checkout", "-q", "main")
    return made


def test_a_request_is_judged_by_the_old_policies_or_the_new(
    repository: Gated, tmp_path: Path
) -> None:
    """The rule asks for `eu`, then for `us`: each answer names its revision and is its verdict."""
    body = json.dumps(envelope("eu")).encode()
    with serving(repository.path, tmp_path / "gate") as server, Asking(server, body) as asking:
        asking.until(50)
        repository.files[RULE] = repository.files[RULE].replace('zone != "eu"', 'zone != "us"')
        new = repository.commit()
        server.wait_ready(new)
        asking.until(50)
    allowed = {repository.base: True, new: False}
    seen = {(each["revision"]["commit"], each["allow"]) for _, each in asking.seen}
    assert {status for status, _ in asking.seen} == {200}
    assert seen == set(allowed.items())
    assert all(each["verdictDigest"] == digest(each["verdict"]) for _, each in asking.seen)
    policies = {(e["revision"]["commit"], e["judgements"][0]["policies"]) for _, e in asking.seen}
    assert len(policies) == len({name for _, name in policies}) == 2


def test_policies_that_do_not_load_leave_the_old_in_force(
    repository: Gated, tmp_path: Path
) -> None:
    """It says so in readiness and metrics, also after a worker took over; a repair ends it."""
    good = repository.files[RULE]
    with serving(repository.path, tmp_path / "gate") as server:
        repository.files[RULE] = good + "\nother := http.send({})\n"
        bad = repository.commit()
        server.wait_until(lambda: b"degraded" in server.ask("GET", "/readyz").body)
        assert server.ask("GET", "/readyz").status == 200
        assert f"{bad} is not in force" in server.ask("GET", "/readyz").body.decode()
        assert server.post(PATH, envelope("us")).json()["revision"]["commit"] == repository.base
        assert "controlplane_gate_degraded 1.0" in server.ask("GET", "/metrics").body.decode()

        kill_workers(server)
        server.wait_until(lambda: b"degraded" in server.ask("GET", "/readyz").body)
        server.wait_ready(repository.base)
        assert server.post(PATH, envelope("eu")).json()["allow"] is True

        repository.files[RULE] = good + "\n# repaired\n"
        server.wait_ready(repository.commit())
        assert b"degraded" not in server.ask("GET", "/readyz").body
        assert "controlplane_gate_degraded 0.0" in server.ask("GET", "/metrics").body.decode()


def kill_workers(server: Serving) -> list[int]:
    """Kill the processes that judge, and return their ids."""
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children")
    found = [int(each) for each in children.read_text().split()]
    for process in found:
        os.kill(process, signal.SIGKILL)
    return found


def test_a_worker_that_dies_is_replaced_and_allows_nothing_meanwhile(
    repository: Gated, tmp_path: Path
) -> None:
    body = json.dumps(envelope("us")).encode()
    with serving(repository.path, tmp_path / "gate", "--workers", "2") as server:
        server.wait_until(lambda: server.log.read_text().count("revision-taken-up") == 2)
        with Asking(server, body) as asking:
            asking.until(50)
            before = kill_workers(server)
            server.wait_until(lambda: server.log.read_text().count("worker-ended") == 2)
            server.wait_until(
                lambda: (
                    server.log.read_text().count("revision-") >= 4
                )  # taken up by two, and again by those who took their place
            )
            asking.until(50)
        text = server.ask("GET", "/metrics").body.decode()
    assert len(before) == 2
    assert not any(answer["allow"] for _, answer in asking.seen)
    decided = sum(status == 200 for status, _ in asking.seen)
    line = next(
        each for each in text.splitlines()
        if each.startswith('controlplane_gate_decisions_total{endpoint="/v1/decisions",outcome="deny"}')
    )  # fmt: skip
    assert float(line.split()[-1]) >= decided


def test_before_policies_are_in_force_nothing_is_decided(repository: Gated, tmp_path: Path) -> None:
    """The branch to follow is not there yet: alive, not ready, and no decision."""
    options = ["--branch", "later"]
    with serving(repository.path, tmp_path / "gate", *options, ready=False) as server:
        server.wait_until(lambda: server.ask("GET", "/healthz").status == 200)
        assert server.ask("GET", "/readyz").status == 503
        reply = server.post(PATH, envelope("eu"))
        assert (reply.status, reply.json()["allow"]) == (503, False)
        (said,) = (line for line in server.log.read_text().splitlines() if "branch-missing" in line)
        for words in ("nothing is decided before the branch is there", "change, main", "--branch"):
            assert words in said
        repository.git("branch", "later")
        server.wait_ready(repository.base)
        assert server.post(PATH, envelope("eu")).json()["allow"] is True


def test_tokens_and_certificates_are_renewed(repository: Gated, tmp_path: Path) -> None:
    folder = tmp_path / "tls"
    folder.mkdir()
    first = certificates.create(folder)
    tokens = tmp_path / "tokens"
    tokens.write_text(f"{TOKEN}\n")
    options = ["--tls-cert", str(first.certificate), "--tls-key", str(first.key)]
    options += ["--token-file", str(tokens)]
    trusted = ssl.create_default_context(cafile=str(first.authority))
    with serving(repository.path, tmp_path / "gate", *options, tls=trusted, token=TOKEN) as server:
        assert server.post(PATH, envelope("eu")).status == 200
        server.token = "another-token-of-sixteen-bytes"
        refused = server.post(PATH, envelope("eu"))
        assert (refused.status, refused.json()["allow"]) == (401, False)
        assert refused.headers["www-authenticate"] == "Bearer"
        assert server.ask("GET", "/metrics").status == 401
        assert server.ask("GET", "/readyz").status == 200
        tokens.write_text(f"{TOKEN}\n{server.token}\n")
        server.wait_until(lambda: server.post(PATH, envelope("eu")).status == 200)

        (tmp_path / "next").mkdir()
        second = certificates.create(tmp_path / "next")
        shutil.copy(second.key, first.key)
        shutil.copy(second.certificate, first.certificate)
        server.tls = ssl.create_default_context(cafile=str(second.authority))
        server.wait_until(lambda: server.post(PATH, envelope("eu")).status == 200)

        first.certificate.write_text("nothing")
        server.wait_until(lambda: "not-renewed" in server.log.read_text())
        assert server.post(PATH, envelope("eu")).status == 200
        assert TOKEN not in server.log.read_text()


def test_a_client_without_a_certificate_is_not_heard(repository: Gated, tmp_path: Path) -> None:
    made = certificates.create(tmp_path)
    options = ["--tls-cert", str(made.certificate), "--tls-key", str(made.key)]
    options += ["--client-ca", str(made.authority)]
    trusted = ssl.create_default_context(cafile=str(made.authority))
    trusted.load_cert_chain(made.certificate, made.key)
    log = tmp_path / "gate"
    with serving(repository.path, log, *options, tls=trusted, ready=False) as server:
        server.tls = ssl.create_default_context(cafile=str(made.authority))
        with pytest.raises(OSError):
            server.post(PATH, envelope("eu"))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--listen", "0.0.0.0:0"], "can be reached by others"),
        (["--listen", "0.0.0.0:0", "--token-file", "TOKENS"], "TLS"),
        (["--listen", "256.0.0.1:0", "--insecure"], "cannot listen"),
        (["--tls-cert", "TOKENS"], "belong together"),
        (["--tls-cert", "TOKENS", "--tls-key", "TOKENS"], "cannot be used"),
        (["--token-file", "SHORT"], "not a token"),
        (["--record"], "cpctl keys init"),
        (["--engine", "none"], "no policy engine `none`"),
    ],
)
def test_what_cannot_be_meant_is_said_at_once(
    repository: Gated, tmp_path: Path, options: list[str], words: str
) -> None:
    (tmp_path / "TOKENS").write_text(TOKEN)
    (tmp_path / "SHORT").write_text("short")
    known = {name: str(tmp_path / name) for name in ("TOKENS", "SHORT")}
    log = tmp_path / "log"
    process = start(repository.path, log, [known.get(each, each) for each in options])
    assert process.wait(60) == 2 or "keys init" in words
    assert words in log.read_text()
    assert "Traceback" not in log.read_text()


def test_decisions_are_durable_before_they_are_answered(repository: Gated, tmp_path: Path) -> None:
    """Every answer names its entry; entries and answers are the same, also after a kill."""
    home = tmp_path / "gate" / "home"
    repository.run("cpctl", "keys", "init", "--dir", str(home / "keys"), "--holder", "server")
    body = json.dumps(envelope("us")).encode()
    with serving(repository.path, tmp_path / "gate", "--record") as server:
        with Asking(server, body, peers=6) as asking:
            asking.until(60)
            kill_workers(server)
            server.wait_until(lambda: server.log.read_text().count("revision-") >= 2)
            asking.until(60)
        assert end(server.process) == 0
    answered = [each["recorded"]["index"] for status, each in asking.seen if status == 200]
    assert len(answered) == len(set(answered))
    place = str(repository.path / ".git" / "cpctl" / "evidence")
    listed = json.loads(
        repository.run("cpctl", "evidence", "list", "--dir", place, "-o", "json").stdout
    )
    entries = {each["index"]: each["statement"]["predicate"]["kind"] for each in listed}
    assert set(answered) <= set(entries)
    assert {entries[index] for index in answered} == {"served"}


def test_what_cannot_be_recorded_is_not_answered(repository: Gated, tmp_path: Path) -> None:
    home = tmp_path / "gate" / "home"
    repository.run("cpctl", "keys", "init", "--dir", str(home / "keys"), "--holder", "server")
    with serving(repository.path, tmp_path / "gate", "--record") as server:
        assert server.post(PATH, envelope("eu")).json()["allow"] is True
        place = repository.path / ".git" / "cpctl" / "evidence"
        place.rename(place.with_name("gone"))
        place.write_text("no directory")
        reply = server.post(PATH, envelope("eu"))
    assert (reply.status, reply.json()["allow"]) == (503, False)
    assert "could not be recorded" in reply.json()["detail"]
