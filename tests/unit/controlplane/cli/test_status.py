"""What `cpctl status` ends with."""

from __future__ import annotations

from pathlib import Path

import pytest

from controlplane.cli import status
from controlplane.errors import Exit
from controlplane.operations.planning import Unplanned
from controlplane.repo.git import GitRepository
from reconciler.model import Placement
from reconciler.status import Phase, PlacementStatus, under_way
from tests.support.gitrepo import TestRepository

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


def test_what_was_applied_at_a_commit_that_is_not_here_is_not_known(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    TestRepository(tmp_path).commit({"a": "b"})
    last = PlacementStatus(ACME, Phase.CONVERGED, "b" * 40, "r", "d", "run", "t", {})
    plans = status._live(GitRepository.open(tmp_path), [last], (), None)
    assert [type(each) for each in plans] == [Unplanned]
    assert status._exit([last], plans) == Exit.PARTLY_APPLIED
    assert f"{ACME}: what is to be there is not known here: '{'b' * 40}'" in capsys.readouterr().err
