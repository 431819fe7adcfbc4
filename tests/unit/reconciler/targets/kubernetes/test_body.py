"""What is sent, and what may be shown."""

from __future__ import annotations

import base64

from reconciler.model import Placement, Resource
from reconciler.targets.kubernetes.body import HIDDEN, applied, change, differences, without
from reconciler.targets.kubernetes.identity import parse

PLACEMENT = Placement("acme/prod", "cluster")
SECRET = parse("v1/Secret/acme/token")
MAP = parse("v1/ConfigMap/acme/settings")


def test_marks_are_added_and_the_servers_own_fields_left_out() -> None:
    body = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "settings", "labels": {"a": "b"}, "resourceVersion": "7", "uid": "x"},
        "status": {"x": 1},
    }
    resource = Resource.of(str(MAP), body)

    sent = applied(resource, PLACEMENT, MAP)

    assert sent["metadata"]["labels"].keys() == {"a", "controlplane.dev/placement"}
    assert sent["metadata"]["annotations"] == {
        "controlplane.dev/placement": str(PLACEMENT),
        "controlplane.dev/digest": resource.digest,
    }
    assert not {"resourceVersion", "uid"} & sent["metadata"].keys()
    assert "status" not in sent
    assert body["metadata"]["labels"] == {"a": "b"}


def test_strings_of_a_secret_become_data() -> None:
    body = {"metadata": {"name": "t"}, "data": {"a": "eA=="}, "stringData": {"b": "hüh"}}
    sent = applied(Resource.of(str(SECRET), body), PLACEMENT, SECRET)

    assert "stringData" not in sent
    assert sent["data"] == {"a": "eA==", "b": base64.b64encode("hüh".encode()).decode()}


def test_values_of_a_secret_are_hidden_on_both_sides() -> None:
    path = ("f:data", "f:token")

    hidden = change(SECRET, path, desired="one", live="two", manager="evil")
    assert (hidden.path, hidden.desired, hidden.live) == (".data.token", HIDDEN, HIDDEN)
    assert hidden.manager == "evil"
    assert change(SECRET, path, desired=None, live="two").desired is None
    last = ("f:metadata", "f:annotations", "f:kubectl.kubernetes.io/last-applied-configuration")
    assert change(SECRET, last, desired=None, live="two").live == HIDDEN
    assert change(SECRET, ("f:type",), desired="a", live="b").live == "b"
    assert change(MAP, path, desired="one", live="two").live == "two"


def test_values_are_left_out_where_they_stand() -> None:
    body = {"spec": {"replicas": 1, "l": [{"name": "a", "x": 1}, {"name": "b", "x": 2}]}}
    paths = [("f:spec", "f:replicas"), ("f:spec", "f:l", 'k:{"name":"b"}', "f:x"), ("f:no",)]

    assert without(body, paths) == {"spec": {"l": [{"name": "a", "x": 1}, {"name": "b"}]}}
    assert without(body, [("f:spec", "f:l", 'k:{"name":"a"}')])["spec"]["l"] == [
        {"name": "b", "x": 2}
    ]
    assert body["spec"]["replicas"] == 1


def test_differences_leave_out_bookkeeping_and_name_list_items() -> None:
    live = {
        "metadata": {"resourceVersion": "1", "labels": {"a": "1"}},
        "spec": {"l": [{"name": "x", "v": 1}], "m": [1, 2]},
        "status": {"a": 1},
    }
    wanted = {
        "metadata": {"resourceVersion": "2", "labels": {"a": "2"}},
        "spec": {"l": [{"name": "x", "v": 2}], "m": [1]},
    }

    assert list(differences(live, wanted)) == [
        (("f:metadata", "f:labels", "f:a"), "1", "2"),
        (("f:spec", "f:l", 'k:{"name":"x"}', "f:v"), 1, 2),
        (("f:spec", "f:m"), [1, 2], [1]),
    ]
