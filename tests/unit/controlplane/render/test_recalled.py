"""What is remembered of a template is what it would give again, whatever it reads."""

from __future__ import annotations

import pytest

from controlplane.render import documents, jinja, recalled
from controlplane.render.errors import RenderError

VALUES = {
    "tenant": {"name": "acme", "plan": "core"},
    "input": {"replicas": 2, "hosts": ["a", "b"], "extra": {"x": 1}},
    "labels": {"a": "1"},
    "wide": {str(n): n for n in range(3)},
}
TEMPLATES = (
    "a: {{ tenant.name }}\n",
    "a: {{ tenant['name'] }}\n",
    "{% if input.hostname is defined %}a: {{ input.hostname }}{% else %}a: b{% endif %}\n",
    "{% for k, v in input.extra.items() %}{{ k }}: {{ v }}\n{% endfor %}b: 1\n",
    "{% for each in input.hosts %}k{{ each }}: {{ each }}\n{% endfor %}",
    "{% set found = input[tenant.plan] | default('none') %}a: {{ found }}\n",
    "a: {{ labels.get(tenant.name, 'no') }}\n",
    "a: {{ wide | length }}\n",
    "{% with tenant = labels %}a: {{ tenant.a }}{% endwith %}\n",
    "a: {{ input.hosts[0] }}\nb: {{ (input | merge(labels)).a }}\n",
    "a: {{ tenant.name.startswith('ac') }}\n",
)
CHANGES = (
    {},
    {"tenant": {"name": "other", "plan": "core"}},
    {"tenant": {"name": "acme", "plan": "hosts"}},
    {"tenant": {"name": "a", "plan": "core", "items": {"x": 1}}},
    {"input": {"replicas": 2, "hosts": ["a", "c"], "extra": {"x": 1}, "hostname": "h"}},
    {"input": {"replicas": 2, "hosts": ["a"], "extra": {"x": True}, "items": [1]}},
    {"input": {"hosts": ["c"], "extra": {}, "core": "found"}},
    {"labels": {"a": "2", "acme": "yes"}},
    {"labels": {"a": 1}},
    {"labels": {"a": True}},
    {"wide": {}},
)


@pytest.mark.parametrize("source", TEMPLATES)
def test_an_answer_from_memory_is_the_answer(source: str) -> None:
    for _ in range(2):
        for change in CHANGES:
            values = {**VALUES, **change}
            try:
                wanted = tuple(documents.documents(jinja.render("t.j2", source, values)))
            except RenderError as error:
                with pytest.raises(RenderError) as again:
                    recalled.written("t.j2", source, values)
                assert str(again.value) == str(error)
                continue
            found = recalled.written("t.j2", source, values)
            assert repr(found) == repr(wanted)


def test_what_a_template_does_not_read_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    source = "a: {{ tenant.plan }} # only here\n"
    first = recalled.written("t.j2", source, VALUES)
    monkeypatch.setattr(jinja, "render", None)
    other = {**VALUES, "tenant": {"name": "other", "plan": "core"}, "input": {}}
    assert recalled.written("t.j2", source, other) is first


def test_what_a_template_reads_is_known() -> None:
    assert set(jinja.reads("t.j2", "{{ a.b.c }}{{ a['d'] }}{{ e[f] }}{{ g.items() }}")) == {
        ("a", "b", "c"),
        ("a", "d"),
        ("e",),
        ("f",),
        ("g",),
    }
