"""Field sets as in managedFields: differences, additions, paths and patches."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.targets.kubernetes import fields

APP = 'k:{"name":"app"}'
EVIL = 'k:{"name":"evil"}'
OURS: dict[str, Any] = {
    "f:spec": {
        "f:replicas": {},
        "f:template": {"f:spec": {"f:containers": {APP: {".": {}, "f:image": {}, "f:name": {}}}}},
    }
}
CONTAINERS = ("f:spec", "f:template", "f:spec", "f:containers")
BODY: dict[str, Any] = {
    "spec": {
        "replicas": 2,
        "template": {"spec": {"containers": [{"name": "app", "image": "a"}]}},
    }
}


def shown(paths: Any) -> list[str]:
    return [fields.show(path) for path in paths]


def test_members_are_leaves_and_marked_nodes() -> None:
    assert shown(fields.members(OURS)) == [
        ".spec.replicas",
        '.spec.template.spec.containers[name="app"]',
        '.spec.template.spec.containers[name="app"].image',
        '.spec.template.spec.containers[name="app"].name',
    ]


def test_nothing_is_missing_from_the_same_set() -> None:
    assert list(fields.missing(OURS, OURS)) == []


def test_a_taken_field_is_missing() -> None:
    held = {"f:spec": {"f:template": OURS["f:spec"]["f:template"]}}
    assert shown(fields.missing(OURS, held)) == [".spec.replicas"]


def test_a_removed_list_item_is_missing_once() -> None:
    assert shown(fields.missing(OURS, {"f:spec": {"f:replicas": {}}})) == [
        '.spec.template.spec.containers[name="app"]'
    ]


def test_an_item_that_is_only_partly_held_is_missing() -> None:
    held = {"f:a": {"k:1": {"f:x": {}}}}
    assert list(fields.missing({"f:a": {"k:1": {".": {}, "f:x": {}}}}, held)) == [("f:a", "k:1")]


def test_additions_are_outermost_and_not_ours() -> None:
    foreign = {
        "f:spec": {
            "f:replicas": {},
            "f:template": {
                "f:spec": {
                    "f:containers": {EVIL: {".": {}, "f:image": {}}, APP: {"f:command": {}}},
                    "f:hostNetwork": {},
                }
            },
        }
    }
    found = shown(fields.additions(foreign, OURS, lambda _: False))
    assert found == [
        '.spec.template.spec.containers[name="evil"]',
        '.spec.template.spec.containers[name="app"].command',
        ".spec.template.spec.hostNetwork",
    ]


def test_a_node_that_holds_something_of_ours_is_no_addition() -> None:
    foreign = {"f:spec": {".": {}, "f:template": {".": {}, "f:spec": {".": {}}}}}
    assert list(fields.additions(foreign, OURS, lambda _: False)) == []


def test_an_empty_map_of_ours_can_be_added_to() -> None:
    ours = {"f:emptyDir": {}}
    foreign = {"f:emptyDir": {"f:medium": {}}}
    assert list(fields.additions(foreign, ours, lambda _: False)) == [("f:emptyDir", "f:medium")]


def test_allowed_leaves_inside_a_foreign_node_are_passed_over() -> None:
    foreign = {"f:spec": {"f:x": {".": {}, "f:good": {}, "f:bad": {}}}}
    found = fields.additions(foreign, {}, lambda path: path[-1] != "f:bad")
    assert shown(found) == [".spec.x.bad"]


def test_a_body_is_covered_by_the_set_that_its_apply_left() -> None:
    assert list(fields.uncovered(BODY, OURS)) == []


@pytest.mark.parametrize(
    "held",
    [
        {"f:spec": {"f:template": OURS["f:spec"]["f:template"]}},
        {"f:spec": {"f:replicas": {}}},
        {},
    ],
)
def test_a_body_is_not_covered_by_less(held: dict[str, Any]) -> None:
    if not held:
        assert list(fields.uncovered(BODY, None)) == [()]
    else:
        assert list(fields.uncovered(BODY, held))


def test_an_atomic_list_is_covered_by_its_leaf() -> None:
    assert list(fields.uncovered({"rules": [{"verbs": ["get"]}]}, {"f:rules": {}})) == []


def test_a_key_with_a_default_still_finds_its_item() -> None:
    held = {
        "f:ports": {'k:{"containerPort":80,"protocol":"TCP"}': {".": {}, "f:containerPort": {}}}
    }
    assert list(fields.uncovered({"ports": [{"containerPort": 80}]}, held)) == []
    assert list(fields.uncovered({"ports": [{"containerPort": 81}]}, held)) == [("f:ports",)]


def test_values_of_a_set_are_found() -> None:
    held = {"f:finalizers": {'v:"a"': {}}}
    assert list(fields.uncovered({"finalizers": ["a"]}, held)) == []
    assert list(fields.uncovered({"finalizers": ["b"]}, held)) == [("f:finalizers",)]


@pytest.mark.parametrize("path", list(fields.members(OURS)))
def test_a_shown_path_is_found_again(path: fields.Path) -> None:
    assert fields.find(BODY, fields.show(path)) == path


def test_a_path_with_dots_and_two_keys_is_found_again() -> None:
    body = {
        "metadata": {"annotations": {"a.b/c": "1", "a": "2"}},
        "ports": [{"containerPort": 80, "protocol": "TCP"}],
    }
    assert fields.find(body, ".metadata.annotations.a.b/c") == (
        "f:metadata",
        "f:annotations",
        "f:a.b/c",
    )
    found = fields.find(body, '.ports[containerPort=80,protocol="TCP"].protocol')
    assert found is not None
    assert fields.value_at(body, found) == "TCP"
    assert fields.find(body, ".nothing.here") is None


def test_removals_keep_later_indexes_right() -> None:
    body = {"l": [{"name": "a"}, {"name": "b"}, {"name": "c"}]}
    paths = [("f:l", 'k:{"name":"a"}'), ("f:l", 'k:{"name":"c"}'), ("f:gone",)]
    assert fields.removals(body, paths) == [
        {"op": "remove", "path": "/l/2"},
        {"op": "remove", "path": "/l/0"},
    ]


def test_a_pointer_escapes() -> None:
    assert fields.pointer(["a/b", "c~d", 0]) == "/a~1b/c~0d/0"


def test_restorations_set_the_nearest_thing_that_has_a_place() -> None:
    desired = {"spec": {"volumes": [{"name": "v", "configMap": {"name": "cm"}}], "replicas": 1}}
    live = {"spec": {"volumes": [{"name": "v", "emptyDir": {}}], "replicas": 3}}
    volume = ("f:spec", "f:volumes", 'k:{"name":"v"}')
    paths = [(*volume, "f:configMap", "f:name"), ("f:spec", "f:replicas")]
    assert fields.restorations(live, desired, paths) == [
        {"op": "add", "path": "/spec/volumes/0/configMap", "value": {"name": "cm"}},
        {"op": "replace", "path": "/spec/replicas", "value": 1},
    ]
    assert fields.restorations({"spec": {"volumes": []}}, desired, [volume]) == [
        {"op": "add", "path": "/spec/volumes/-", "value": desired["spec"]["volumes"][0]}
    ]


def test_a_set_without_a_path_drops_what_becomes_empty() -> None:
    tree = {"f:spec": {"f:a": {"f:b": {}}, "f:c": {}}}
    assert fields.without(tree, ("f:spec", "f:a", "f:b")) == {"f:spec": {"f:c": {}}}
    assert fields.without({"f:a": {"f:b": {}}}, ("f:a", "f:b")) == {}
    assert fields.without(tree, ("f:x",)) == tree
