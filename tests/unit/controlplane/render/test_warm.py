"""What was rendered before changes nothing of what is rendered next, whichever field differs."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlplane.render import (
    context,
    documents,
    effective,
    forms,
    inputs,
    jinja,
    recalled,
    streams,
)
from controlplane.render.errors import RenderError
from controlplane.render.model import PackFiles
from controlplane.schema import json_schema
from evidence.canonical import canonical
from tests.support.rendering import NAMESPACE, World, lock, pack, tenant

SCHEMA = b"""{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object", "additionalProperties": false, "required": ["name"],
  "properties": {
    "name": {"type": "string", "pattern": "^[a-z]+$"},
    "size": {"type": ["integer", "boolean"], "default": 3},
    "spec": {"type": ["object", "string"]}, "labels": {"type": "object"}
  }
}"""
OBJECTS = b"""\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ input.name }}
  labels: {{ input.labels | default({}) }}
spec:
  replicas: {{ input.size }}
  template:
    metadata:
      labels: {{ selector }}
      annotations: {of: "{{ tenant.name }}"}
    spec: {{ input.spec | default({}) }}
---
apiVersion: batch/v1
kind: Job
metadata: {name: job}
spec: {{ input.spec | default({}) }}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: "{{ input.name }}-config", labels: {app.kubernetes.io/component: x}}
data:
  all.json: {{ input | to_pretty_json }}
  where: "{{ target.region }}/{{ environment.name }} at {{ throttle }}"
"""
PLATFORM = b"""\
{% for entry in roles %}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: "binding-{{ loop.index }}"}
subjects: [{kind: Group, name: {{ entry.group }}}]
roleRef: {name: {{ entry.role }}}
{% endfor %}
---
apiVersion: v1
kind: ResourceQuota
metadata: {name: quota, namespace: {{ namespace }}}
spec: {hard: {{ quotas }}, plan: {{ tenant.plan }}, most: {{ settings.most }}}
"""
ROOT = "templates/kubernetes"
START: Mapping[str, Any] = {
    "name": "acme",
    "packs": [{"name": "web", "version": "~=1.0", "config": {"name": "api"}}],
    "placements": [
        {"environment": "prod", "target": "one"},
        {"environment": "dev", "target": "one"},
    ],
}
CONFIGS: tuple[dict[str, Any], ...] = (
    {"name": "other"},
    {"name": "api", "size": 1},
    {"name": "api", "size": True},
    {"name": "api", "spec": {"template": {}}},
    {"name": "api", "spec": {"template": {"metadata": {"labels": {"a": "b"}}}}},
    {"name": "api", "labels": {"controlplane.dev/tenant": "other"}},
    # These four are refused, each at its own place.
    {"name": "API"},
    {"name": "api", "labels": {"a": 1}},
    {"name": "api", "spec": {"template": 1}},
    {"name": "api", "spec": "x", "more": 1},
)
CHANGES: tuple[dict[str, Any], ...] = (
    {},
    {"name": "other"},
    {"plan": "growth"},
    {"quotas": {"pods": 3}},
    {"identity": {"issuer": "https://i.example", "groups": [{"group": "g", "role": "viewer"}]}},
    {"identity": {"issuer": "https://i.example", "groups": [{"group": "g", "role": "admin"}]}},
    {"lifecycle": {"stage": "suspended", "reason": "r"}},
    {"placements": [{"environment": "prod", "target": "one", "namespace": "else"}]},
    {"placements": [{"environment": "dev", "target": "one"}]},
    {"most": "9"},
    {"version": "1.1.0"},
    {"schema": SCHEMA.replace(b'"default": 3', b'"default": 4')},
    {"schema": SCHEMA.replace(b"^[a-z]+$", b"^[b-z]+$")},
    *({"packs": [{"name": "web", "version": "~=1.0", "config": config}]} for config in CONFIGS),
    {"packs": [{"name": "web", "version": "~=1.0", "environments": {"dev": {"config": CONFIGS[0]}}}]},
)  # fmt: skip


def forget() -> None:
    """Let nothing be remembered of what was rendered."""
    recalled._answers.clear()
    for remembers in (
        recalled._reads, documents._forms, streams._parse, inputs._require_right, jinja._compile,
        forms._remembered, forms._quoted, effective._first, context._peers, streams._decoded,
    ):  # fmt: skip
        remembers.cache_clear()


def rendered(changed: Mapping[str, Any]) -> str:
    """Return everything that can be seen of a rendering, or of why there is none."""
    given_ = copy.deepcopy({**START, **changed})
    version, schema = given_.pop("version", "1.0.0"), given_.pop("schema", SCHEMA)
    templates = {
        f"{ROOT}/tenant/namespace.yaml.j2": NAMESPACE,
        f"{ROOT}/tenant/platform.yaml.j2": PLATFORM,
        f"{ROOT}/settings.yaml": b"most: " + given_.pop("most", "1").encode() + b"\n",
    }
    world = World(packs=(_pack(version, schema),), templates=templates)
    try:
        placements = world.render(tenant(**given_), lock({"web": version}, ("prod", "dev")))
    except RenderError as error:
        return repr(error.faults)
    for item in (item for placement in placements for item in placement.objects):
        assert item.text == canonical(item.resource.body)
    return repr([(placement, [o.text for o in placement.objects]) for placement in placements])


def _pack(version: str, schema: bytes) -> PackFiles:
    files = {"templates/web.yaml.j2": OBJECTS, "s.json": schema}
    return pack(files, version=version, inputs={"schemaFile": "s.json"})


COLD: dict[int, str] = {}


def cold(number: int) -> str:
    """Return what one change gives where nothing is remembered."""
    if number not in COLD:
        forget()
        COLD[number] = rendered(CHANGES[number])
    return COLD[number]


@pytest.fixture(scope="module", autouse=True)
def _known() -> None:
    for number in range(len(CHANGES)):
        cold(number)


def test_every_change_shows() -> None:
    assert len(set(COLD.values())) == len(CHANGES)


@given(st.lists(st.integers(0, len(CHANGES) - 1), min_size=1, max_size=8))
def test_a_warm_rendering_is_a_cold_one(numbers: list[int]) -> None:
    forget()
    for number in numbers:
        assert rendered(CHANGES[number]) == cold(number)


def test_all_changes_one_after_the_other_and_back() -> None:
    forget()
    every = range(len(CHANGES))
    for number in (*every, *reversed(every)):
        assert rendered(CHANGES[number]) == cold(number)


def test_tenants_that_give_a_pack_the_same_are_checked_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    forget()
    rendered({})
    monkeypatch.setattr(json_schema.InputSchema, "problems", None)
    assert rendered({"name": "other"}) == cold(CHANGES.index({"name": "other"}))
    with pytest.raises(TypeError):
        rendered({"packs": [{"name": "web", "version": "~=1.0", "config": CONFIGS[0]}]})


def test_an_object_of_one_namespace_is_refused_in_the_next_one() -> None:
    fixed = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: acme-prod}\n"
    world = World(packs=(pack({"templates/web.yaml.j2": fixed}),))
    for _ in range(2):
        world.render()
        with pytest.raises(RenderError, match="is meant for namespace 'acme-prod', not"):
            world.render(tenant("other"))
