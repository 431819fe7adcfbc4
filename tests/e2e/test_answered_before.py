"""A job that runs again gets the recorded answer, while nothing it depends on is another."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from tests.support.gated import Gated

FORMS = ("table", "json", "sarif", "junit", "github", "gitlab", "md")
BEFORE = re.compile(
    r"judged before, at (\S+), and recorded: (\S+) entry (\d+); --again judges anew"
)


@pytest.fixture
def gated(tmp_path: Path) -> Gated:
    made = Gated(tmp_path / "repository")
    made.run("cpctl", "keys", "init")
    return made


def _gate(gated: Gated, *options: str) -> tuple[str, str, int]:
    given = ("--base", "main", "--head", "change")
    done = gated.run("cpctl", "gate", *given, *options, check=False)
    return done.stdout, done.stderr, done.returncode


def _entries(gated: Gated) -> int:
    return len(json.loads(gated.run("cpctl", "evidence", "list", "-o", "json").stdout))


@pytest.mark.parametrize("change", ["deny", "repair"])
def test_what_is_shown_is_the_same_in_every_form(gated: Gated, change: str) -> None:
    getattr(gated, change)()
    forms = [word for form in FORMS for word in ("-o", f"{form}={gated.path.parent / form}")]
    first, said, code = _gate(gated, *forms)
    assert not BEFORE.search(said)
    shown = {form: (gated.path.parent / form).read_text() for form in FORMS}
    again, said_again, code_again = _gate(gated, *forms)
    assert (first, code) == (again, code_again)
    assert {form: (gated.path.parent / form).read_text() for form in FORMS} == shown
    assert BEFORE.search(said_again)
    assert _entries(gated) == 1
    last = [line for line in said.splitlines() if line.startswith(("next:", "this answer"))]
    assert [line for line in said_again.splitlines() if line in last] == last


def test_it_is_asked_anew_on_demand(gated: Gated) -> None:
    gated.deny()
    _gate(gated)
    assert not BEFORE.search(_gate(gated, "--again")[1])
    assert _entries(gated) == 2
    assert BEFORE.search(_gate(gated)[1])


def test_another_question_is_another(gated: Gated) -> None:
    gated.deny()
    _gate(gated)
    gated.run("cpctl", "keys", "init", "--dir", "../other-keys")
    asked = [("--whole",), ("--engine", "embedded"), ("--no-record",), ("--keys", "../other-keys")]
    for options in asked:
        assert not BEFORE.search(_gate(gated, *options)[1])
    gated.repair()
    assert not BEFORE.search(_gate(gated)[1])


def test_what_the_log_lost_is_judged_again(gated: Gated) -> None:
    gated.deny()
    _gate(gated)
    shutil.rmtree(gated.path / ".git" / "cpctl" / "evidence")
    assert not BEFORE.search(_gate(gated)[1])
    assert BEFORE.search(_gate(gated)[1])
