"""The reviewed table of mutants on which a rule is rightly silent: a category says why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from controlplane.repo.yaml import load
from tests.support.binaries import REPOSITORY

TABLE = REPOSITORY / "tests/fixtures/silent_mutants.yaml"


@dataclass(frozen=True, order=True)
class Silence:
    """A kind of change to a field on which a rule is silent."""

    rule: str
    field: str
    kind: str


def reviewed() -> dict[str, list[Silence]]:
    """Return what the table holds, by category; every category says why."""
    read = load(TABLE.read_bytes(), TABLE.name)
    assert not read.problems, read.problems
    table: dict[str, Any] = read.documents[0].value
    assert all(category["why"] for category in table.values())
    return {name: list(_silences(category["silent"])) for name, category in table.items()}


def _silences(rules: dict[str, dict[str, list[str]]]) -> Iterator[Silence]:
    for rule, kinds in rules.items():
        for together, fields in kinds.items():
            for kind in together.split(", "):
                yield from (Silence(rule, field, kind) for field in fields)
