"""What is wrong with one thing is said, and stops no other; what cannot be known is refused."""

from __future__ import annotations

import pytest

from tests.e2e.journey import Journey
from tests.e2e.test_change import greet


@pytest.mark.parametrize("command", [("gate", "--base", "HEAD"), ("apply",)])
def test_a_shallow_clone_is_refused(journey: Journey, command: tuple[str, ...]) -> None:
    greet(journey, "Bonjour")
    origin = journey.root.rename(journey.folder / "origin")
    journey.git("clone", "-q", "--depth", "1", f"file://{origin}", "platform")
    done = journey.cpctl(*command, expect=3)
    assert "shallow" in done.stderr
    assert "--unshallow" in done.stderr


def test_broken_policies_judge_nothing(journey: Journey) -> None:
    rule = journey.root / "policies" / "access" / "broad-group" / "rule.rego"
    rule.write_text(rule.read_text("utf-8") + "\nbroken {{{\n", "utf-8")
    journey.commit("Break a rule")
    done = journey.gate("HEAD~1", "HEAD", expect=3)
    assert "policies/access/broad-group/rule.rego:" in done.stderr
    assert "next: " in done.stderr
    assert done.stdout == ""


def test_an_engine_that_is_not_there_is_named(journey: Journey) -> None:
    done = journey.cpctl("gate", "--base", "HEAD", "--engine", "nosuch", expect=2)
    assert "nosuch" in done.stderr
    assert "embedded" in done.stderr


def second_target(journey: Journey) -> None:
    """Give acme's staging a target of its own, and have it judged."""
    cluster = journey.root / "catalog" / "clusters" / "local.yaml"
    text = (
        cluster.read_text("utf-8")
        .replace("name: local", "name: other")
        .replace("Ref: local", "Ref: other")
    )
    cluster.with_name("other.yaml").write_text(text, "utf-8")
    journey.edit(
        "tenants/acme/tenant.yaml",
        "    - {environment: dev, target: local}\n",
        "    - {environment: dev, target: local}\n    - {environment: staging, target: other}\n",
    )
    journey.cpctl("lock")
    journey.commit("Add a target")
    journey.gate("HEAD~1", "HEAD")


def test_a_target_that_does_not_answer_stops_no_other(journey: Journey) -> None:
    second_target(journey)
    path = next(path for path in journey.out.rglob("*.yaml") if "ConfigMap" in path.name)
    right = path.read_text("utf-8")
    path.write_text("", "utf-8")
    away = f"other=directory:{journey.folder}/away/other"
    done = journey.apply("--connect", away, expect=5)
    assert path.read_text("utf-8") == right
    rows = {line.split()[0]: line.split()[1] for line in done.stdout.splitlines() if "@" in line}
    assert rows["acme/dev@local"] == "converged"
    assert "acme/staging@other: target other" in done.stdout
    assert f"mkdir -p {journey.folder}/away" in done.said
    assert "unreachable" in journey.cpctl("status", expect=5).stdout
    (journey.folder / "away").mkdir()
    journey.apply("--connect", away)
    assert (journey.folder / "away" / "other" / "acme" / "staging").is_dir()


def test_no_way_to_a_target_is_said_with_the_option(journey: Journey) -> None:
    before, fresh = journey.entries(), journey.folder / "fresh.db"
    done = journey.cpctl("apply", "--state", f"sqlite:///{fresh}", expect=2)
    assert "target `local`: nothing says how to reach `local`" in done.stderr
    assert "--connect local=directory:" in done.stderr
    assert (done.said.count("error: "), fresh.exists(), journey.entries()) == (1, False, before)
