"""What `cpctl status` ends with."""

from __future__ import annotations

import pytest

from controlplane.cli import status
from controlplane.errors import Exit
from reconciler.model import Placement
from reconciler.status import Phase, PlacementStatus, under_way

ACME = Placement("acme/prod", "east")


@pytest.mark.parametrize(
    ("phase", "code"),
    [
        (Phase.CONVERGED, Exit.CLEAN),
        (Phase.PROGRESSING, Exit.CLEAN),
        (Phase.BLOCKED, Exit.FINDINGS),
        (Phase.FAILED, Exit.PARTLY_APPLIED),
        (Phase.UNREACHABLE, Exit.PARTLY_APPLIED),
    ],
)
def test_the_exit_says_how_the_placements_stand(phase: Phase, code: Exit) -> None:
    assert status._exit([PlacementStatus(ACME, phase, "r", "r", "d", "run", "t", {})], []) == code


@pytest.mark.parametrize("phase", list(Phase))
def test_what_a_killed_pass_left_is_not_well(phase: Phase) -> None:
    before = PlacementStatus(ACME, phase, "r", "r", "d", "run", "t", {})
    left = under_way(ACME, "r", "run-2", "t", before)
    assert status._exit([left], []) == Exit.FINDINGS
    assert "run run-2 is at work on it, or was broken off" in status._table([left])
