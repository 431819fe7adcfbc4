"""Pages of a LIST, and discovery, from scripted answers."""

from __future__ import annotations

from typing import Any, cast

import pytest

from reconciler.targets.kubernetes.client import Client
from reconciler.targets.kubernetes.discovery import Discovery
from reconciler.targets.kubernetes.errors import ApiError
from reconciler.targets.kubernetes.identity import parse
from reconciler.targets.kubernetes.listing import pages


class Server:
    """Gives its answers one after the other and keeps what was asked."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, dict[str, str]]] = []

    def get(self, path: str, *, what: str, accept: str, **query: str) -> Any:
        self.asked.append((path, query))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def page(*names: str, token: str = "") -> dict[str, Any]:
    return {"metadata": {"continue": token}, "items": list(names)}


def gone() -> ApiError:
    return ApiError("gone", remedy="-", status=410, reason="Expired")


def listed(server: Server) -> list[Any]:
    return list(pages(cast("Client", server), "/api/v1/pods", selector="a=b", page_size=2))


def test_all_pages_are_read() -> None:
    server = Server(page("a", "b", token="next"), page("c"))

    assert listed(server) == ["a", "b", "c"]
    assert [query for _, query in server.asked] == [
        {"limit": "2", "labelSelector": "a=b"},
        {"limit": "2", "labelSelector": "a=b", "continue": "next"},
    ]


def test_a_forgotten_page_leaves_nothing_out() -> None:
    server = Server(page("a", "b", token="next"), gone(), page("a", "b", "c"))

    assert set(listed(server)) == {"a", "b", "c"}
    assert server.asked[-1][1] == {"labelSelector": "a=b"}


def test_a_refusal_is_passed_on() -> None:
    with pytest.raises(ApiError):
        listed(Server(gone()))
    with pytest.raises(ApiError):
        listed(Server(page("a", token="next"), ApiError("no", remedy="-", status=403)))


def kinds(*versions: dict[str, Any], group: str = "") -> dict[str, Any]:
    return {"items": [{"metadata": {"name": group}, "versions": list(versions)}]}


def version(name: str, kind: str, plural: str, scope: str, **more: str) -> dict[str, Any]:
    resource = {
        "resource": plural,
        "responseKind": {"kind": kind},
        "scope": scope,
        "verbs": ["list", "get"],
    }
    return {"version": name, "resources": [resource], **more}


CORE = kinds(version("v1", "Namespace", "namespaces", "Cluster"))
GROUPS = kinds(
    version("v1", "Deployment", "deployments", "Namespaced"),
    version("v2", "Other", "others", "Namespaced", freshness="Stale"),
    group="apps",
)


def test_a_kind_has_its_paths() -> None:
    discovery = Discovery(cast("Client", Server(CORE, GROUPS)))
    deployment = parse("apps/v1/Deployment/acme/a b")
    namespace = parse("v1/Namespace/_/acme")
    found, whole = discovery.find(deployment), discovery.find(namespace)

    assert found is not None
    assert whole is not None
    assert found.path(deployment) == "/apis/apps/v1/namespaces/acme/deployments/a%20b"
    assert found.collection() == "/apis/apps/v1/deployments"
    assert whole.path(namespace) == "/api/v1/namespaces/acme"


def test_it_is_asked_once_until_something_new_is_expected() -> None:
    server = Server(CORE, kinds(group="x"), CORE, GROUPS)
    discovery = Discovery(cast("Client", server))
    deployment = parse("apps/v1/Deployment/acme/web")

    assert discovery.find(deployment) is None
    assert discovery.find(deployment) is None
    assert len(server.asked) == 2
    discovery.forget()
    assert discovery.find(deployment) is not None


def test_a_group_that_does_not_answer_is_told_from_one_that_has_no_such_kind() -> None:
    discovery = Discovery(cast("Client", Server(CORE, GROUPS)))

    assert discovery.is_stale(parse("apps/v3/Thing/acme/x"))
    assert not discovery.is_stale(parse("ex.com/v1/Thing/acme/x"))
