"""What happens after a conflict: left, taken back, or reported; answers are scripted."""

from __future__ import annotations

from typing import Any, cast

import pytest

from reconciler.targets.kubernetes.attempt import ForeignFieldsError, Request, apply
from reconciler.targets.kubernetes.client import Answer, Client
from reconciler.targets.kubernetes.discovery import Kind
from reconciler.targets.kubernetes.drift import Known, Rules
from reconciler.targets.kubernetes.errors import ApiError, Cause
from reconciler.targets.kubernetes.identity import parse
from reconciler.targets.kubernetes.inventory import Owned, Record
from reconciler.targets.kubernetes.ownership import DEFAULT_ALLOW
from tests.unit.reconciler.targets.kubernetes.recorded import BODY, OURS

REF = parse("apps/v1/Deployment/acme/web")
KIND = Kind("apps/v1", "Deployment", "deployments", namespaced=True, verbs=frozenset())
RULES = Rules(DEFAULT_ALLOW)
IMAGE = '.spec.template.spec.containers[name="app"].image'
RECORD = Record("sha256:aa", "uid", "1", "f")
OWNED = Owned(OURS["fieldsV1"], OURS["time"])
SCALED = 'conflict with "kube-controller-manager" with subresource "scale" using apps/v1'


class Server:
    """Answers the first request with conflicts, the second with success."""

    def __init__(self, *conflicts: tuple[str, str]) -> None:
        self.conflicts = [Cause("FieldManagerConflict", f, message) for f, message in conflicts]
        self.sent: list[tuple[dict[str, Any], str]] = []

    def write(self, method: str, path: str, body: dict[str, Any], **options: Any) -> Answer:
        self.sent.append((body, options["force"]))
        if self.conflicts and len(self.sent) == 1:
            raise ApiError("conflict", remedy="-", status=409, causes=tuple(self.conflicts))
        return Answer({}, created=False)


def by(manager: str) -> str:
    return f'conflict with "{manager}" using apps/v1'


def request(digest: str = "sha256:aa", *, known: bool = True, take: bool = False) -> Request:
    return Request(
        REF, KIND, BODY, digest, Known(RECORD, OWNED) if known else Known(None, None), take
    )


def attempt(server: Server, what: Request) -> Any:
    return apply(cast("Client", server), what, RULES)


def test_without_a_conflict_nothing_is_forced() -> None:
    server = Server()

    assert not attempt(server, request()).forced
    assert server.sent == [(BODY, "false")]


@pytest.mark.parametrize("digest", ["sha256:aa", "sha256:bb"])
def test_what_was_ours_is_taken_back(digest: str) -> None:
    server = Server((IMAGE, by("evil")))

    assert attempt(server, request(digest)).forced
    assert server.sent[1] == (BODY, "true")


def test_what_was_never_ours_is_named_and_not_sent_again() -> None:
    server = Server((IMAGE, by("evil")), (".spec.paused", by("gitops")))

    with pytest.raises(ForeignFieldsError, match="gitops") as raised:
        attempt(server, request("sha256:bb"))
    assert [cause.field for cause in raised.value.causes] == [".spec.paused"]
    assert len(server.sent) == 1


def test_without_a_record_nothing_was_ours() -> None:
    server = Server((IMAGE, by("evil")))
    what = request(known=False)

    with pytest.raises(ForeignFieldsError) as raised:
        attempt(server, what)
    live = {"spec": {"template": {"spec": {"containers": [{"name": "app", "image": "evil"}]}}}}
    changes = raised.value.changes(what, live)
    assert [(c.path, c.desired, c.live, c.manager) for c in changes] == [
        (IMAGE, "app@sha256:00", "evil", "evil")
    ]


def test_what_is_asked_for_is_taken() -> None:
    server = Server((".spec.replicas", by("gitops")))

    assert attempt(server, request("sha256:bb", known=False, take=True)).forced


def test_what_is_left_to_an_autoscaler_is_left_out() -> None:
    server = Server((".spec.replicas", SCALED))

    assert not attempt(server, request()).forced
    body, force = server.sent[1]
    assert force == "false"
    assert "replicas" not in body["spec"]
    assert body["spec"]["selector"] == BODY["spec"]["selector"]


def test_left_out_and_taken_back_at_once() -> None:
    server = Server((".spec.replicas", SCALED), (IMAGE, by("evil")))

    assert attempt(server, request()).forced
    body, force = server.sent[1]
    assert (force, "replicas" in body["spec"]) == ("true", False)


def test_another_refusal_is_passed_on() -> None:
    class Refusing(Server):
        def write(self, method: str, path: str, body: dict[str, Any], **options: Any) -> Answer:
            raise ApiError("no", remedy="-", status=422)

    with pytest.raises(ApiError, match="no"):
        attempt(Refusing(), request())
