"""A change of policy beside something else is denied at what judges in it, on every engine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.binaries import REPOSITORY
from tests.support.engines import EACH
from tests.support.gated import RULE, Gated

SHIPPED = ("policies/change-control/policy-alone/rule.rego", "policies/lib/changes/changes.rego")


@pytest.fixture
def gated(tmp_path: Path) -> Gated:
    """A repository with the shipped rule, and the tenant changed upon it."""
    made = Gated(tmp_path / "r")
    made.git("checkout", "-q", "-f", "main")
    made.files |= {name: (REPOSITORY / name).read_text("utf-8") for name in SHIPPED}
    made.base = made.commit()
    made.git("checkout", "-q", "-B", "change")
    made.repair()
    return made


def found(gated: Gated, engine: str) -> list[tuple[str, str]]:
    done = gated.run(
        "cpctl", "gate", "--base", gated.base, "--engine", engine, "--no-record", "-o", "json",
        check=False,
    )  # fmt: skip
    said: Any = json.loads(done.stdout)
    return [(each["path"], each["message"]) for each in said["findings"]]


@pytest.mark.parametrize("engine", EACH)
def test_it_is_said_at_a_policy_file(gated: Gated, engine: str) -> None:
    assert found(gated, engine) == []
    gated.files[RULE] += "# looked at\n"
    gated.commit("change")
    ((path, message),) = found(gated, engine)
    assert path == RULE
    assert message.endswith("and Tenant/acme as well (other things in all: 1)")


@pytest.mark.parametrize("engine", EACH)
def test_it_is_said_at_whose_word_counts(gated: Gated, engine: str) -> None:
    root = gated.run("cpctl", "keys", "init", "--holder", "ci").stdout
    gated.files["trust/ci.yaml"] = root
    gated.commit("change")
    ((path, _),) = found(gated, engine)
    assert path == "trust/ci.yaml"
