"""`cpctl explain` and `cpctl schema` on right and wrong input."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from controlplane.cli.main import run
from controlplane.errors import Exit
from controlplane.resources import KINDS


def test_explain_without_a_field_lists_every_kind(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain"]) == Exit.CLEAN
    said = capsys.readouterr().out
    assert all(kind in said for kind in KINDS)


def test_explain_says_type_default_choices_class_and_example(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["explain", "tenant.spec.placements.isolation"]) == Exit.CLEAN
    said = capsys.readouterr().out
    for part in ("<choice>", "namespace", "shared, namespace, dedicated", "security", "EXAMPLE"):
        assert part in said


@pytest.mark.parametrize("more", [[], ["--recursive"]])
def test_explain_says_what_each_field_is_when_it_is_left_out(
    capsys: pytest.CaptureFixture[str], more: list[str]
) -> None:
    assert run(["explain", "tenant.spec", *more]) == Exit.CLEAN
    _, _, below = capsys.readouterr().out.partition("FIELDS:")
    for line in (
        "plan <choice> = core",
        'support <Support> = {"tier": "standard"}',
        "observability <Observability> = …",  # too long for a list
        "parent <name>",  # absent
        "data <TenantData> -required-",
    ):
        assert f"\n  {line}\n" in below


def test_explain_recursively_shows_what_is_below(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "tenant", "--recursive"]) == Exit.CLEAN
    assert "burst <whole number or unlimited>" in capsys.readouterr().out


def test_explain_in_json_is_data(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "budget-cap.spec.ladder.at", "-o", "json"]) == Exit.CLEAN
    found = json.loads(capsys.readouterr().out)
    assert (found["type"], found["required"], found["example"]) == ("percentage", True, "80%")


@pytest.mark.parametrize(
    ("question", "next_step"),
    [
        ("tennant", "did you mean `tenant`?"),
        ("tenant.spec.placments", "did you mean `placements`?"),
        ("", "one of Tenant"),
        ("tenant..x", "`Tenant` has apiVersion"),
    ],
)
def test_explain_of_nothing_is_a_usage_error(
    question: str, next_step: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["explain", question]) == Exit.USAGE
    said = capsys.readouterr()
    assert said.out == ""
    assert next_step in said.err


def test_schema_prints_one_or_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema", "price-plan"]) == Exit.CLEAN
    assert json.loads(capsys.readouterr().out)["title"] == "PricePlan"
    assert run(["schema"]) == Exit.CLEAN
    assert len(json.loads(capsys.readouterr().out)["allOf"]) == len(KINDS)


def test_schema_check_finds_what_is_not_up_to_date(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = ["schema", "--output-dir", str(tmp_path / "schemas")]
    assert run([*place, "--check"]) == Exit.FINDINGS
    assert not (tmp_path / "schemas").exists()
    assert run(place) == Exit.CLEAN
    assert run([*place, "--check"]) == Exit.CLEAN
    (tmp_path / "schemas" / "tenant.json").write_text("{}", "utf-8")
    capsys.readouterr()
    assert run([*place, "--check"]) == Exit.FINDINGS
    assert "tenant.json: not up to date" in capsys.readouterr().err


def test_schema_has_nothing_to_check_without_a_place() -> None:
    assert run(["schema", "--check"]) == Exit.USAGE
    assert run(["schema", "nonsense"]) == Exit.USAGE


def test_one_schema_is_printed_and_all_are_written(tmp_path: Path) -> None:
    assert run(["schema", "tenant", "--output-dir", str(tmp_path)]) == Exit.USAGE
    assert list(tmp_path.iterdir()) == []
