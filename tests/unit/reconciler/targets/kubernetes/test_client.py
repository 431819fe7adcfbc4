"""What is tried again, what is not, and what is said; answers are scripted, nothing is sent."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from urllib3.exceptions import HTTPError, ProtocolError

from reconciler import crashpoints
from reconciler.errors import TargetSettingsError, TargetUnavailableError
from reconciler.targets.kubernetes import client as client_module
from reconciler.targets.kubernetes.client import Access, Client
from reconciler.targets.kubernetes.errors import ApiError

TOKEN = "secret-token"
CONFIG = {
    "apiVersion": "v1",
    "kind": "Config",
    "clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:9/k8s/prefix"}}],
    "users": [{"name": "u", "user": {"token": TOKEN}}],
    "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
    "current-context": "x",
}


class Answer:
    """An answer as urllib3 gives it."""

    def __init__(self, status: int, body: bytes = b"{}", **headers: str) -> None:
        self.status = status
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}
        self._body = body

    def read(self, amount: int) -> bytes:
        return self._body[:amount]

    def release_conn(self) -> None:
        pass

    def close(self) -> None:
        pass


Script = Callable[..., "Scripted"]


class Scripted:
    """A client whose pool gives these answers, one after the other."""

    def __init__(self, path: Path, *answers: Answer | HTTPError) -> None:
        path.write_text(json.dumps(CONFIG))
        self.slept: list[float] = []
        self.sent: list[tuple[str, str, dict[str, str]]] = []
        self._answers = list(answers)
        access = Access(kubeconfig=str(path))
        self.client = Client("prod", access, connections=4, sleep=self.slept.append)
        self.client._pool = self  # type: ignore[assignment]

    def urlopen(self, method: str, url: str, **options: Any) -> Answer:
        self.sent.append((method, url, options["headers"]))
        answer = self._answers.pop(0)
        if isinstance(answer, HTTPError):
            raise answer
        return answer


@pytest.fixture
def script(tmp_path: Path) -> Script:
    return lambda *answers: Scripted(tmp_path / "config", *answers)


def test_an_answer_is_read_and_the_address_kept(script: Script) -> None:
    made = script(Answer(200, b'{"a": 1}'))

    assert made.client.get("/api/v1/pods", what="list", limit="5") == {"a": 1}
    method, url, headers = made.sent[0]
    assert (method, url) == ("GET", "/k8s/prefix/api/v1/pods?limit=5")
    assert headers["authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_busy_server_is_asked_again_when_it_says(script: Script, status: int) -> None:
    made = script(Answer(status, Retry_After="3"), Answer(200))

    made.client.get("/x", what="read")

    assert made.slept == [3.0]


def test_patience_has_a_limit(script: Script) -> None:
    made = script(Answer(429, Retry_After="86400"), *[Answer(429)] * 3)

    with pytest.raises(ApiError) as raised:
        made.client.get("/x", what="read")
    assert raised.value.status == 429
    assert len(made.sent) == client_module.TRIES
    assert max(made.slept) <= client_module.LONGEST_WAIT


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410, 422, 500])
def test_a_refusal_is_final(script: Script, status: int) -> None:
    made = script(Answer(status, b'{"message": "no"}'))

    with pytest.raises(ApiError, match="read: no"):
        made.client.get("/x", what="read")
    assert len(made.sent) == 1


def test_a_race_for_a_quota_is_run_again(script: Script) -> None:
    race = b'{"message": "Operation cannot be fulfilled on resourcequotas \\"q\\""}'
    made = script(Answer(409, race), Answer(201))

    answer = made.client.write("PATCH", "/x", {}, what="apply")

    assert answer.created
    assert len(made.sent) == 2


def test_a_broken_connection_is_tried_again_and_then_unavailable(script: Script) -> None:
    again = script(ProtocolError("broken"), Answer(200))
    again.client.get("/x", what="read")
    away = script(*[ProtocolError("broken")] * 10)

    with pytest.raises(TargetUnavailableError, match="prod does not answer") as raised:
        away.client.get("/x", what="read")
    assert raised.value.remedy
    assert len(away.sent) == client_module.TRIES


def test_an_answer_without_end_is_refused(script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "MAX_RESPONSE", 10)
    made = script(Answer(200, b"[" + b"1," * 20 + b"1]"))

    with pytest.raises(ApiError, match="larger than 10 bytes"):
        made.client.get("/x", what="read")


def test_an_answer_that_is_no_json_is_unavailable(script: Script) -> None:
    made = script(Answer(200, b"<html>sign in</html>"))

    with pytest.raises(TargetUnavailableError):
        made.client.get("/x", what="read")


def test_words_about_a_secret_are_not_repeated(script: Script) -> None:
    made = script(Answer(422, b'{"message": "hunter2 is wrong", "reason": "Invalid"}'))

    with pytest.raises(ApiError) as raised:
        made.client.write("PATCH", "/x", {}, what="apply it", secret=True)
    assert "hunter2" not in str(raised.value)
    assert TOKEN not in str(raised.value)


def test_every_write_is_a_place_to_crash_and_a_dry_run_is_none(
    script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached: list[str] = []
    monkeypatch.setattr(crashpoints, "_listeners", [reached.append])
    made = script(Answer(200), Answer(200), Answer(200))

    made.client.get("/x", what="read")
    made.client.write("PATCH", "/x", {}, what="try", dryRun="All")
    made.client.write("DELETE", "/x", None, what="delete")

    assert reached == ["kubernetes.delete.before", "kubernetes.delete.after"]


@pytest.mark.parametrize("content", [None, "", "not: [a config", '{"clusters": []}', "\0"])
def test_credentials_that_cannot_be_loaded_are_named(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "config"
    if content is not None:
        path.write_text(content)

    with pytest.raises(TargetSettingsError, match="prod") as raised:
        Client("prod", Access(kubeconfig=str(path)), connections=1)
    assert raised.value.remedy
