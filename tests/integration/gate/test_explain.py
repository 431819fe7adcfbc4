"""Which conditions of a rule held, as each engine that is at hand says it."""

from __future__ import annotations

from pathlib import Path

import pytest

from controlplane import wiring
from controlplane.cli.main import run
from controlplane.errors import Exit
from controlplane.operations.explaining import explain_rule
from controlplane.operations.gate import GateReport, gate, step_between
from controlplane.policy import rego_parts
from controlplane.policy.bundle import load
from controlplane.policy.model import PolicyModule
from controlplane.repo.git import GitRepository
from controlplane.repo.snapshot import read, read_worktree
from tests.support.company import ROOT
from tests.support.gated import Gated

ENGINES = ["embedded", pytest.param("opa", marks=pytest.mark.requires("opa"))]


@pytest.fixture
def gated(tmp_path: Path) -> Gated:
    return Gated(tmp_path / "r")


def judged(gated: Gated, engine: str) -> GateReport:
    git = GitRepository.open(gated.path)
    step = step_between(read(git, "main"), read(git, "change"), contained=True)
    return gate(step, wiring.policy_engine(engine), wiring.charts(), wiring.now())


@pytest.mark.parametrize("engine", ENGINES)
def test_the_first_condition_that_does_not_hold_is_shown(gated: Gated, engine: str) -> None:
    gated.repair()
    report = judged(gated, engine)
    (one,) = explain_rule(report, wiring.policy_engine(engine), "tenancy/first", None)
    (body,) = one.bodies
    assert one.subject == "Tenant/acme"
    assert [(c.text, c.held) for c in body.conditions[:3]] == [
        ("some zone in input.subject.resource.spec.data.residency", True),
        ('zone != "eu"', False),
        ("name := input.subject.name", None),
    ]
    assert body.conditions[1].seen == (("zone", '"eu"'),)
    assert body.conditions[1].line == body.conditions[0].line + 1
    assert not body.found


@pytest.mark.parametrize("engine", ENGINES)
def test_a_finding_has_all_of_them(gated: Gated, engine: str) -> None:
    gated.deny()
    report = judged(gated, engine)
    (one,) = explain_rule(report, wiring.policy_engine(engine), "tenancy/first", "Tenant/acme")
    assert [c.held for c in one.bodies[0].conditions] == [True] * 4
    assert [c.ways for c in one.bodies[0].conditions] == [2, 1, 1, 1]
    assert one.bodies[0].found


def test_both_versions_of_a_rule_are_explained(gated: Gated) -> None:
    path = "policies/tenancy/first/rule.rego"
    gated.files[path] = gated.files[path].replace('zone != "eu"', 'zone == "us"')
    gated.deny()
    report = judged(gated, "embedded")
    found = explain_rule(report, wiring.policy_engine("embedded"), "tenancy/first", None)
    assert [each.policy_set for each in found] == ["base/shipped", "head/shipped"]
    assert [each.bodies[0].conditions[1].text for each in found] == ['zone != "eu"', 'zone == "us"']


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--explain", "tenancy/frst"], "did you mean `tenancy/first`?"),
        (["--explain", "first"], "did you mean `tenancy/first`?"),
        (["--explain", "tenancy/first", "--subject", "Tenant/acne"], "did you mean `Tenant/acme`?"),
        (["--explain", "tenancy/first", "--subject", "Cluster/here"], "is not asked about"),
        (["--subject", "Tenant/acme"], "--subject is for --explain"),
        (["--explain", "tenancy/first", "-o", "json"], "without --watch and -o"),
    ],
)
def test_what_cannot_be_explained(
    gated: Gated, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    gated.deny()
    root = ["--root", str(gated.path), "--engine", "embedded"]
    assert run(["gate", "--base", "main", *root, *arguments]) == Exit.USAGE
    assert said in capsys.readouterr().err


def test_what_a_person_reads(gated: Gated, capsys: pytest.CaptureFixture[str]) -> None:
    gated.deny()
    root = ["--root", str(gated.path), "--engine", "embedded"]
    assert run(["gate", "--base", "main", *root, "--explain", "tenancy/first"]) == Exit.CLEAN
    said = capsys.readouterr()
    assert "✓ some zone in input.subject.resource.spec.data.residency   (2 ways)" in said.out
    assert "1 of 1 bodies find something" in said.out
    assert "tenants/acme/tenant.yaml:" in said.out
    assert "not recorded" in said.err


@pytest.mark.parametrize("engine", ENGINES)
def test_every_shipped_rule_can_be_taken_apart_and_loaded(engine: str) -> None:
    """Each beginning of each body is a rule that the evaluator takes."""
    company = read_worktree(ROOT)
    files = {path: get().decode() for path, get in company.files("policies/").items()}
    loaded = load(files)
    assert not loaded.problems
    for rule in loaded.bundle.rules:
        module = next(m for m in loaded.bundle.modules if m.path == rule.module)
        parts = rego_parts.bodies(module)
        assert parts, rule.id
        probe = rego_parts.probe(loaded.bundle, rule, parts)
        assert len(probe.rules) == sum(len(body.expressions) for body in parts)
        with wiring.policy_engine(engine).prepare(probe):
            pass


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("findings contains f if some f in xs", ["some f in xs", "f"]),
        ("findings contains f if { a; b }", ["a", "b", "f"]),
        ("findings contains f if {\n\tsome x\n\txs[x] # y\n}", ["some x xs[x]", "f"]),
        ("findings contains f if {\n\tx := {\n\t\t1,\n\t}\n\tx\n}", ["x := { 1, }", "x", "f"]),
        (
            "findings contains f if {\n\tevery x in xs {\n\t\tx\n\t}\n}",
            ["every x in xs { x }", "f"],
        ),
        ("findings contains f", ["f"]),
    ],
)
def test_how_a_body_is_cut(body: str, expected: list[str]) -> None:
    (found,) = rego_parts.bodies(PolicyModule("policies/a/b/rule.rego", f"package a\n\n{body}\n"))
    assert [expression.text for expression in found.expressions] == expected


def test_what_a_relation_is_called_is_no_name_it_gives() -> None:
    text = "package a\n\nfindings contains x if {\n\tsome x, y\n\twalk(input, [x, y])\n}\n"
    (found,) = rego_parts.bodies(PolicyModule("policies/a/b/rule.rego", text))
    assert found.expressions[0].gives == ("x", "y")
