"""A gate report shows what people wrote, and a terminal obeys none of it."""

from __future__ import annotations

from controlplane.cli.gate_output import as_table
from controlplane.operations.gate import NOTHING, GateReport, Step
from controlplane.repo.changes import Changes
from controlplane.repo.reach import Reach
from controlplane.repo.snapshot import nothing
from controlplane.report import markdown
from controlplane.values import Position, Problem


def test_control_characters_are_not_shown() -> None:
    problem = Problem(Position("a.yaml"), "x", "no \x1b[2J\x9b1A\nallowed: 9 rules", "mend it")
    step = Step(nothing(), nothing(), genesis=True)
    report = GateReport(step, NOTHING, Changes((), (), (), Reach()), problems=(problem,))
    for shown in (as_table(report), markdown.write(report)):
        assert "\x1b[2J" not in shown
        assert "\x9b" not in shown
        assert "\nallowed" not in shown
