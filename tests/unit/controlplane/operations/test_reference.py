"""The schemas and pages are those of the models, and the schemas accept what the models accept."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from controlplane.errors import UsageError
from controlplane.operations import reference
from controlplane.operations.examples import example, example_texts
from controlplane.operations.snippet import snippet
from controlplane.operations.vocabulary import ABSENT, at, facts, find
from controlplane.repo import yaml
from controlplane.repo.yaml.text import FORBIDDEN
from controlplane.resources import KINDS
from controlplane.resources.schema import schema

ROOT = Path(__file__).parents[4]


def test_what_is_committed_is_what_the_models_say() -> None:
    written = {f"schemas/{name}": text for name, text in reference.schema_files().items()}
    pages = reference.pages(example_texts())
    written |= {f"docs/reference/{name}": text for name, text in pages.items()}
    stale = [path for path, text in written.items() if (ROOT / path).read_text("utf-8") != text]
    assert stale == [], "run `make docs`"


def test_patterns_are_those_of_ecma_262_as_editors_read_them() -> None:
    paths = [str(path) for path in (ROOT / "schemas").glob("*.json")]
    command = [sys.executable, "-m", "check_jsonschema", "--check-metaschema", *paths]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (checked.returncode, len(paths)) == (0, len(KINDS) + 1), checked.stdout


@pytest.mark.parametrize("kind", KINDS)
class TestSchema:
    def test_it_is_one_and_accepts_the_example(self, kind: str) -> None:
        Draft202012Validator.check_schema(schema(kind))
        assert list(Draft202012Validator(schema(kind)).iter_errors(example(kind))) == []

    def test_it_refuses_an_unknown_field_and_an_empty_one(self, kind: str) -> None:
        document = example(kind)
        validator = Draft202012Validator(schema(kind))
        assert not validator.is_valid({**document, "nonsense": 1})
        assert not validator.is_valid({**document, "spec": None})

    def test_every_field_says_what_it_is_for(self, kind: str) -> None:
        for field in facts(kind).below():
            assert field.description.endswith((".", "…")), field.path
            assert "\n" not in field.type


@pytest.mark.parametrize(
    ("question", "kind", "path"),
    [
        ("tenant", "Tenant", ""),
        ("tenants.spec.placements", "Tenant", "spec.placements"),
        ("Tenant.spec.placements[0].target", "Tenant", "spec.placements.target"),
        ("price-plan.spec.meters.tiers.upTo", "PricePlan", "spec.meters.tiers.upTo"),
        (
            "tenant.spec.packs.environments.prod.version",
            "Tenant",
            "spec.packs.environments.version",
        ),
    ],
)
def test_a_question_is_understood_in_any_usual_spelling(
    question: str, kind: str, path: str
) -> None:
    found, about = find(question)
    assert (found, about.path) == (kind, path)
    assert at(example(kind), about.path) is not ABSENT


@pytest.mark.parametrize(
    ("question", "remedy"),
    [
        ("tennant", "did you mean `tenant`?"),
        ("tenant.spec.placments", "did you mean `placements`?"),
        ("tenant.spec.plan.x", "has no fields"),
        ("zzz", "one of Tenant"),
    ],
)
def test_a_question_about_nothing_names_what_is_near(question: str, remedy: str) -> None:
    with pytest.raises(UsageError) as caught:
        find(question)
    assert remedy in caught.value.remedy


SEEN = st.text(st.characters(codec="utf-8")).filter(lambda text: not FORBIDDEN.search(text))
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(1 - 2**53, 2**53 - 1) | SEEN,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            SEEN,
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)


@given(PLAIN)
def test_a_snippet_reads_as_the_value_it_was_written_from(value: Any) -> None:
    loaded = yaml.load((snippet({"value": value}) + "\n").encode("utf-8", "replace"), "x.yaml")
    assert [document.value for document in loaded.documents] == [{"value": value}]


def test_the_dispatching_schema_applies_those_beside_it(tmp_path: Path) -> None:
    examples = [str(path) for path in (ROOT / "schemas/examples").glob("*.yaml")]
    assert len(examples) == len(KINDS)
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text((ROOT / "schemas/examples/waiver.yaml").read_text("utf-8") + "  oops: 1\n")
    command = [sys.executable, "-m", "check_jsonschema", "--schemafile", "schemas/any.json"]
    found = [
        subprocess.run([*command, *paths], cwd=ROOT, capture_output=True, text=True, check=False)
        for paths in (examples, [str(wrong)])
    ]
    assert [each.returncode for each in found] == [0, 1], found[0].stdout
    assert "'oops' was unexpected" in found[1].stdout


def test_the_dispatching_schema_names_every_kind() -> None:
    text = json.dumps(json.loads(reference.schema_files()["any.json"]))
    assert all(f'"const": "{kind}"' in text for kind in KINDS)
