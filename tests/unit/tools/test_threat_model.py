"""The threat model names tests; each of them exists."""

from __future__ import annotations

import re

from tests.support.binaries import REPOSITORY

PAGE = REPOSITORY / "docs/threat-model.md"


def test_every_test_that_is_named_exists() -> None:
    text = PAGE.read_text(encoding="utf-8")
    named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", text)
    assert len(named) > 20
    absent = [
        f"{path}::{name}"
        for path, name in named
        if f"def {name}(" not in (REPOSITORY / path).read_text(encoding="utf-8")
    ]
    assert absent == []


def test_every_promise_names_one() -> None:
    promises = PAGE.read_text(encoding="utf-8").partition("## What is promised")[2]
    rows = re.findall(r"^\| (.+) \| (.+) \|$", promises.partition("\n## ")[0], re.MULTILINE)
    assert [promise for promise, shown in rows if promise != "promise" and "::" not in shown] == []
