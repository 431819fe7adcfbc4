"""Whatever a template writes is either an object of its owner or a fault; nothing else happens."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlplane.render import jinja, objects
from controlplane.render.errors import FilePlace, RenderError
from controlplane.render.objects import Mode, Owner

OWNER = Owner("acme", "prod", "acme-prod", "web", "1.0.0")
PLACE = FilePlace("t.j2")

KINDS = ["Deployment", "CronJob", "Job", "Pod", "DaemonSet", "ConfigMap", "Namespace", "Role"]
KEYS = ["metadata", "spec", "template", "jobTemplate", "labels", "name", "namespace", "kind"]
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.integers() | st.sampled_from(["a", "acme-prod", "B", ""]),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4)
    ),
    max_leaves=12,
)
OBJECTS = st.fixed_dictionaries(
    {},
    optional={
        "apiVersion": st.just("v1"),
        "kind": st.sampled_from(KINDS),
        "metadata": VALUES | st.just({"name": "a"}),
        "spec": VALUES,
    },
)


@given(OBJECTS, st.sampled_from(["running", "suspended", "leaving"]))
def test_an_object_is_marked_or_it_is_a_fault(body: dict[str, Any], mode: Mode) -> None:
    if list(objects.faults(body, OWNER, PLACE)):
        return
    found = objects.kept(objects.marked(body, OWNER), mode)
    if found is None:
        assert mode != "running"
        return
    assert found["metadata"]["namespace"] == "acme-prod"
    assert found["metadata"]["labels"].items() >= OWNER.marks().items()
    assert list(objects.faults(found, OWNER, PLACE)) == []


@given(OBJECTS)
def test_marking_twice_is_marking_once(body: dict[str, Any]) -> None:
    if not list(objects.faults(body, OWNER, PLACE)):
        once = objects.marked(body, OWNER)
        assert objects.marked(once, OWNER) == once


@pytest.mark.parametrize("spec", [[], "x", {"template": 1}, {"template": {"metadata": []}}])
def test_a_workload_that_has_no_shape_is_a_fault(spec: Any) -> None:
    body = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a"}, "spec": spec}
    assert [fault.code for fault in objects.faults(body, OWNER, PLACE)] == ["object"]


PIECES = st.sampled_from(
    [
        "{{", "}}", "{%", "%}", "if", "for", "in", "set", "endif", "endfor", "x", "m", "l", "range",
        "loop", "|", "map", "join", "default", "sort", "unique", "merge", "entries", "first",
        "(", ")", "[", "]", "{", "}", ".", ",", ":", "=", "==", "+", "*", "//", "%", "~", "-", "0",
        "7", "'a'", "items", "get", "attribute", "not", "is", "defined", "\n", " ", "#}", "{#",
    ]
)  # fmt: skip


@given(st.lists(PIECES, max_size=14))
def test_whatever_a_template_says_it_renders_or_is_refused_with_its_line(pieces: list[str]) -> None:
    source = "{{ " + " ".join(pieces) + " }}"
    try:
        jinja.render("t.j2", source, {"x": 1, "m": {"a": 1}, "l": ["a", 2, {}]})
    except RenderError as error:
        (fault,) = error.faults
        assert isinstance(fault.place, FilePlace)
        assert 1 <= fault.place.line <= source.count("\n") + 1


@pytest.mark.parametrize("kind", [{}, [], 1, None])
def test_a_kind_that_is_no_text_is_a_fault(kind: object) -> None:
    body = {"apiVersion": "v1", "kind": kind, "metadata": {"name": "a"}}
    found = objects.faults(body, Owner("acme", "prod", "acme-prod"), FilePlace("a.j2", 1))
    assert ["has no `kind`" in fault.message for fault in found] == [True]
