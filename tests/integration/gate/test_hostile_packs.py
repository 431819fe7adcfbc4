"""Packs that would never end, or would reach what is not theirs: each is refused at its place.

The pack is new with the change, and locked by it as it must be; nothing but its content is wrong.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from controlplane.operations.locking import lock
from controlplane.repo.git import GitRepository
from controlplane.repo.snapshot import read
from controlplane.schema.json_schema import DIALECT
from tests.support import documents
from tests.support.hostile import Hostile, Outcome

pytestmark = pytest.mark.requires("opa")

PACK = "catalog/packs/retrieval/1.2.0"
LOCK = "tenants/acme/lock.yaml"
TENANT = "tenants/acme/tenant.yaml"
PLAIN = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: plain\ndata:\n  a: {{ x }}\n"


def judged(world: Hostile, files: dict[str, str], config: Any = None) -> Outcome:
    """Return what the gate says of a pack with this content, and of a tenant's input to it."""
    inputs = "inputs:\n  schemaFile: input.schema.json\n" if "input.schema.json" in files else ""
    world.files[f"{PACK}/pack.yaml"] = documents.pack("1.2.0", more=inputs)
    world.files |= {f"{PACK}/content/{path}": text for path, text in files.items()}
    if config is not None:
        text = documents.tenant()
        world.files[TENANT] = text + f"      config: {json.dumps(config)}\n"
    del world.files[LOCK]
    unlocked = world.made.commit(world.files, branch="unlocked", parents=[world.base])
    locks, problems = lock(read(GitRepository.open(world.path), unlocked), ())
    assert problems == ()
    world.files |= {change.path: change.text for change in locks}
    return world.judge(world.head())


def schema(**properties: Any) -> dict[str, Any]:
    head = {"$schema": DIALECT, "type": "object", "additionalProperties": False}
    return {**head, "properties": properties}


def value(expression: str) -> str:
    return PLAIN.replace("{{ x }}", "{{ " + expression + " }}")


def test_a_plain_one_is_allowed(shared: Hostile) -> None:
    files = {"templates/a.yaml.j2": value("input.a"), "input.schema.json": json.dumps(
        schema(a={"type": "string", "pattern": "^[a-z]+$"})
    )}  # fmt: skip
    assert judged(shared, files, {"a": "x"}).ended == "allow"


TEMPLATES = {
    "a range of thousands of millions": (value("range(10 * 1000 * 1000 * 1000) | list"), "limit"),
    "loops within loops": (
        "{% for a in range(1000) %}{% for b in range(1000) %}{% for c in range(1000) %}"
        "{% endfor %}{% endfor %}{% endfor %}\n" + value("1"), "limit",
    ),
    "a text times a thousand millions": (value("'x' * 1000000000"), "value"),
    "a text that doubles": (
        "{% set a = 'xxxxxxxx' %}" + "{% set a = a ~ a %}" * 40 + "\n" + value("a"), "limit",
    ),
    "a list that doubles": (
        "{% set a = [1] %}" + "{% set a = a + a %}" * 40 + "\n" + value("a"), "limit",
    ),
    "a list in itself": (
        "{% set a = [1] %}" + "{% set a = [a, a] %}" * 40 + "\n" + value("a"), "limit",
    ),
    "a power": (value("9 ** 9 ** 9"), "construct"),
    "a number that squares": (
        "{% set a = 10 %}" + "{% set a = a * a %}" * 40 + "\n" + value("a"), "limit",
    ),
    "a width of a text": (value("'%1000000000d' % 1"), "value"),
    "a format of a text": (value("'{:>1000000000}'.format(1)"), "value"),
    "brackets without end": (value("[" * 2000 + "]" * 2000), "depth"),
    "conditions without end": ("{% if true %}" * 400 + "{% endif %}" * 400 + value("1"), "depth"),
    "the class of a text": (value("''.__class__.__mro__[1].__subclasses__()"), "value"),
    "the class of a text by a filter": (value("'' | attr('__class__')"), "syntax"),
    "the class of a text in parts": (value("''['__cl' ~ 'ass__']"), "value"),
    "the globals of a function": (value("range.__globals__"), "value"),
    "the template itself": (value("self.__init__.__globals__"), "value"),
    "the context": (value("namespace.__init__"), "value"),
    "a macro that calls itself": ("{% macro m() %}{{ m() }}{% endmacro %}" + value("m()"), "construct"),
    "itself": ("{% include 'a.yaml.j2' %}" + value("1"), "construct"),
    "a file of the machine": ("{% include '/etc/passwd' %}" + value("1"), "construct"),
    "a template that imports": ("{% from 'b' import c %}" + value("1"), "construct"),
    "a template that extends": ("{% extends 'a.yaml.j2' %}" + value("1"), "construct"),
    "a loop that calls itself": (
        "{% for a in [[1]] recursive %}{{ loop(a) }}{% endfor %}" + value("1"), "construct",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", TEMPLATES)
def test_a_template(case: str, shared: Hostile) -> None:
    text, code = TEMPLATES[case]
    outcome = judged(shared, {"templates/a.yaml.j2": text})
    assert outcome.ended == "invalid", outcome
    assert f"render/template-{code}" in outcome.said or f"template-{code}" in outcome.said, outcome


AGAIN = {
    "type": "object",
    "default": {},
    "properties": {n: {"$ref": "#/$defs/x"} for n in "abcdef"},
}
LOOP = {"anyOf": [{"properties": {"n": {"$ref": "#/$defs/x"}}, "required": ["no"]}] * 9}
DEEP: Any = {}
for _ in range(5):
    DEEP = {"n": DEEP}
SCHEMAS: dict[str, tuple[Any, Any]] = {
    "defaults that grow": ({**schema(a={"$ref": "#/$defs/x"}), "$defs": {"x": AGAIN}}, {}),
    "references that grow": ({**schema(a={"$ref": "#/$defs/x"}), "$defs": {"x": LOOP}}, {"a": DEEP}),
    "a reference to itself": (
        {**schema(a={"$ref": "#/$defs/x"}), "$defs": {"x": {"$ref": "#/$defs/x"}}}, {"a": 1},
    ),
    "very many alternatives": (
        schema(a={"items": {"anyOf": [{"const": n} for n in range(2_000)]}}), {"a": ["x"] * 500},
    ),
    "a pattern that backtracks": (schema(a={"pattern": "^(a+)+$"}), {"a": "a" * 40 + "!"}),
    "a pattern that backtracks often": (
        schema(a={"items": {"pattern": "^a*a*a*$"}}), {"a": ["a" * 200 + "!"] * 500},
    ),
    "a schema of elsewhere": (schema(a={"$ref": "http://127.0.0.1:1/a.json"}), {"a": 1}),
    "a schema of this machine": (schema(a={"$ref": "file:///etc/passwd"}), {"a": 1}),
    "nesting without end": (schema(a=json.loads('{"not":' * 400 + "{}" + "}" * 400)), {"a": 1}),
    "numbers that are none": (schema(a={"default": float("nan")}), {}),
    "a number beyond 2^53": (schema(a={"default": 2**60}), {}),
}  # fmt: skip


@pytest.mark.parametrize("case", SCHEMAS)
def test_a_schema(case: str, shared: Hostile) -> None:
    text, config = SCHEMAS[case]
    files = {"templates/a.yaml.j2": value("1"), "input.schema.json": json.dumps(text)}
    outcome = judged(shared, files, config)
    assert (outcome.ended, len(outcome.said)) == ("invalid", 1), outcome
    assert outcome.said[0].endswith("input-schema"), outcome
