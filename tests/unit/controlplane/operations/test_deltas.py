"""What rendered objects gain, lose and change: the fields are named, their values never."""

from __future__ import annotations

import pytest

from controlplane.operations.deltas import NAMED, ObjectChange, deltas
from controlplane.render.errors import FilePlace
from controlplane.render.model import RenderedObject, RenderedPlacement
from evidence.canonical import Json

HELLO = "v1/ConfigMap/a/hello"


def placement(*bodies: Json) -> RenderedPlacement:
    objects = tuple(RenderedObject.of(body, FilePlace("templates/a.j2"), "") for body in bodies)
    return RenderedPlacement("acme", "dev", "local", "a", objects)


def body(**fields: Json) -> Json:
    meta = {"name": "hello", "namespace": "a"}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, **fields}


def changed(old: Json, new: Json) -> ObjectChange:
    (delta,) = deltas([placement(body(data=old))], [placement(body(data=new))])
    assert (delta.gained, delta.lost) == ((), ())
    (change,) = delta.changed
    return change


@pytest.mark.parametrize(
    ("old", "new", "fields"),
    [
        ({"a": 1, "b": 2}, {"a": 1, "b": 3}, ("data.b",)),
        ({"a": 1}, {"a": 1, "b": {"c": 2}}, ("data.b",)),
        ({"a": {"b": 1, "c": 2}}, {"a": {"c": 2}}, ("data.a.b",)),
        ({"a": True}, {"a": 1}, ("data.a",)),
        ({"a": None}, {}, ("data",)),
        ({"a": None, "b": 1}, {"b": 1}, ("data.a",)),
        ({"a": {}}, {"a": []}, ("data.a",)),
        ({"a": ["x", "y"]}, {"a": ["z", "x", "y"]}, ("data.a",)),
        ({"a": [{"p": 1}, {"p": 2}]}, {"a": [{"p": 1}, {"p": 3}]}, ("data.a[1].p",)),
        (
            {"a": [{"name": "x", "p": 1}, {"name": "y"}]},
            {"a": [{"name": "w"}, {"name": "y"}, {"name": "x", "p": 2}]},
            ("data.a[w]", "data.a[x].p"),
        ),
        ({"a": [{"name": "x"}]}, {"a": [{"name": "y"}]}, ("data.a",)),
    ],
)
def test_the_outermost_fields_that_differ_are_named(
    old: Json, new: Json, fields: tuple[str, ...]
) -> None:
    assert changed(old, new) == ObjectChange(HELLO, fields)


def test_some_fields_are_named_and_the_others_counted() -> None:
    change = changed(dict.fromkeys("abcdefgh", 1), dict.fromkeys("abcdefgh", 2))
    assert (len(change.fields), change.more) == (NAMED, 3)


def test_what_came_and_went_is_no_change_and_what_stays_is_left_out() -> None:
    other = {**body(), "kind": "Secret"}
    (delta,) = deltas([placement(body())], [placement(other)])
    assert (delta.gained, delta.lost, delta.changed) == (("v1/Secret/a/hello",), (HELLO,), ())
    assert deltas([placement(body())], [placement(body())]) == ()
