"""What every form shows: results at places, the rules they come from, and whether all was decided.

One list for findings, for rules that gave no answer and for problems of the repository, so that no
form can leave one of the three out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from controlplane.values import Position


class Level(StrEnum):
    """How much a result weighs. Only ERROR forbids."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Origin(StrEnum):
    """What a result is."""

    FINDING = "finding"
    UNDECIDED = "undecided"  # a rule gave no answer, which denies
    PROBLEM = "problem"  # the repository cannot be judged


@dataclass(frozen=True)
class Result:
    """One thing to be shown. `fingerprint` stays the same when lines move.

    `waived` says who allowed it and why, "" where nobody did; a waived result forbids nothing.
    """

    rule: str  # a rule's id, or the code of a problem
    level: Level
    origin: Origin
    subject: str  # "Tenant/acme"; "" for a problem
    position: Position
    message: str
    remedy: str
    fingerprint: str
    field: str = ""
    waived: str = ""


@dataclass(frozen=True)
class About:
    """What is known of a rule; of a problem's code only its id and level."""

    id: str
    level: Level
    title: str = ""
    description: str = ""
    remedy: str = ""
    controls: tuple[str, ...] = ()
    source: str = ""  # path of its file in the repository


@dataclass(frozen=True)
class Report:
    """All results of one run of `command`, the gravest first, no fingerprint twice.

    `complete` is False where something was not decided: such a report is never a clean one.
    `exit_code` is what `cpctl` ends with.
    """

    command: str
    sentence: str
    results: tuple[Result, ...]
    rules: Mapping[str, About] = field(default_factory=dict)
    complete: bool = True
    exit_code: int = 0
