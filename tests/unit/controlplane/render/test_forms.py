"""What documents of one text share never reaches into what is each one's own."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlplane.render import jinja, objects
from controlplane.render.documents import Document, documents
from controlplane.render.errors import FilePlace, RenderError
from controlplane.render.jinja import CLOSE, OPEN, Output, Slot
from controlplane.render.model import RenderedObject, RenderedPlacement
from controlplane.render.objects import Owner
from evidence.canonical import Plain, canonical

PLACE = FilePlace("t.j2")
OWNERS = (
    Owner("acme", "prod", "acme-prod", "web", "1.0.0"),
    Owner("other", "dev", "elsewhere", "web", "1.0.0"),
    Owner("acme", "prod", "acme-prod"),
)
TOKENS = ["~0~", "~1~", "~2~", "a ~0~ b", '"~1~"']  # the last stands in quotes: it is text
KINDS = ["Deployment", "CronJob", "Job", "ConfigMap", "~0~"]
WORDS = ["metadata", "spec", "template", "jobTemplate", "labels", "kind", "name", "\U0001f600", "\uffff"]  # fmt: skip
ATOMS = st.none() | st.integers(-9, 9) | st.booleans() | st.sampled_from(["", "a", "Job", '"\\'])


def grown(keys: list[str], leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.recursive(
        leaves,
        lambda inner: (
            st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(keys), inner, max_size=3)
        ),
        max_leaves=8,
    )


VALUES = grown(WORDS, ATOMS)
PARTS = grown([*WORDS, "k~0~", "~1~"], ATOMS | st.sampled_from(TOKENS))
PODS = st.fixed_dictionaries({}, optional={"metadata": PARTS, "spec": PARTS, "kind": PARTS})
TEMPLATED = st.fixed_dictionaries({}, optional={"template": PODS | PARTS, "x": PARTS}) | PARTS
JOBS = st.fixed_dictionaries({}, optional={"spec": TEMPLATED, "kind": st.just("x"), "y": PARTS})
SKELETONS = st.fixed_dictionaries(
    {
        "apiVersion": st.sampled_from(["v1", "~2~"]),
        "kind": st.sampled_from(KINDS),
        "metadata": st.fixed_dictionaries(
            {"name": st.sampled_from(["a", "a-~0~"])},
            optional={"labels": PARTS, "annotations": PARTS},
        ),
    },
    optional={
        "spec": TEMPLATED | st.fixed_dictionaries({"jobTemplate": JOBS}),
        "data": PARTS,
    },
)
FILLINGS = st.tuples(st.sampled_from(["a", "b", "Job", "CronJob"]), VALUES, VALUES)


def output(skeleton: Any, values: tuple[Any, ...]) -> Output:
    """Return what a template puts out whose structure is `skeleton`."""
    text = json.dumps(skeleton, ensure_ascii=False).replace(r"\"~1~\"", "~1~")
    for number in range(len(values)):
        token = f"{OPEN}{number}{CLOSE}"
        text = text.replace(f'"~{number}~"', token).replace(f"~{number}~", token)
    return Output("t.j2", text, tuple(Slot(value, 1) for value in values))


def written(skeleton: Any, values: tuple[Any, ...]) -> list[Document]:
    try:
        return documents(output(skeleton, values))
    except RenderError:
        return []


@given(SKELETONS, st.lists(FILLINGS, min_size=2, max_size=4))
def test_what_is_spliced_is_what_would_be_written_anew(
    skeleton: Any, fillings: list[tuple[Any, ...]]
) -> None:
    for values in fillings:
        for document in written(skeleton, values):
            assert document.filled is not None
            for owner in (*OWNERS, *OWNERS):
                every = list(objects.faults(document.body, owner, PLACE))
                unsure = document.filled.form.unsure
                assert list(objects.faults(document.body, owner, PLACE, unsure)) == every
                if not every:
                    body = objects.marked(document.body, owner)
                    assert document.filled.text(body) == canonical(body)


def test_a_fraction_among_the_values_is_no_plain_text() -> None:
    skeleton = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": "~1~"}
    for value in (1, 1.5, {"a": [1.5]}, 2, 2.5):
        (document,) = written(skeleton, ("a", value, None))
        body = objects.marked(document.body, OWNERS[0])
        assert document.filled is not None
        text = document.filled.text(body)
        assert text == canonical(body)
        assert isinstance(text, Plain) is ("." not in repr(value))


@given(SKELETONS, FILLINGS)
def test_filling_a_text_changes_nothing_of_it(skeleton: Any, values: tuple[Any, ...]) -> None:
    bodies = [document.body for document in written(skeleton, values)]
    before = repr(bodies)
    written(skeleton, ("other", {"x": 1}, [1]))
    assert repr(bodies) == before


def test_whether_pods_are_marked_is_asked_of_every_document() -> None:
    skeleton = {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": "a"},
        "spec": {"jobTemplate": {"kind": "x", "spec": "~1~"}},
    }
    for inner in ({"template": {}}, {}, {"template": {}}):
        (document,) = written(skeleton, ("a", inner, None))
        body = objects.marked(document.body, OWNERS[0])
        assert document.filled is not None
        assert document.filled.text(body) == canonical(body)


@pytest.mark.parametrize(
    ("spec", "value"),
    [
        ("~1~", []),
        ("~1~", {"template": 1}),
        ({"~0~": 1}, None),
        ({"template": "~1~"}, {"metadata": "x"}),
        ({"template": {"metadata": {"labels": "~1~"}}}, "x"),
    ],
)
def test_what_a_value_spoils_is_found_after_one_that_did_not(spec: Any, value: Any) -> None:
    skeleton = {"apiVersion": "v1", "kind": "Job", "metadata": {"name": "a"}, "spec": spec}
    for values, wrong in ((("a", {}, None), 0), (("template", value, None), 1)):
        (document,) = written(skeleton, values)
        assert document.filled is not None
        unsure = document.filled.form.unsure
        assert len(list(objects.faults(document.body, OWNERS[0], PLACE, unsure))) == wrong


def test_many_tokens_take_no_more_than_their_share_of_time() -> None:
    source = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n" + (
        "{% for n in range(8000) %}\n  k{{ n }}: {{ n }}\n{% endfor %}\n"
        "list:\n{% for n in range(8000) %}\n- {a: {b: {{ n }}}, c: [1, 2]}\n{% endfor %}\n"
    )
    (document,) = documents(jinja.render("t.j2", source, {}))
    assert document.filled is not None
    body = objects.marked(document.body, OWNERS[0])
    started = time.process_time()
    for _ in range(3):
        assert document.filled.text(body) == canonical(body)
    assert time.process_time() - started < 5


def test_nothing_is_applied_that_is_not_what_was_judged() -> None:
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}
    judged = RenderedObject.of(body, PLACE, "", canonical({**body, "data": {}}))
    with pytest.raises(RenderError, match="not written as it stands"):
        RenderedPlacement("acme", "prod", "here", "acme-prod", (judged,)).desired("main")
    sound = RenderedObject.of(body, PLACE, "")
    desired = RenderedPlacement("acme", "prod", "here", "acme-prod", (sound,)).desired("main")
    assert [each.body for each in desired.resources] == [body]
