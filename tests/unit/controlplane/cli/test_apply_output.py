"""What a pass is said to have left: everything that is not as desired, once, with what to do."""

from __future__ import annotations

from controlplane.cli.apply_output import as_table
from reconciler.apply import PlacementResult, Summary
from reconciler.model import Outcome, Placement, Plan, Result, Verb
from reconciler.status import Phase, PlacementStatus, Trouble

ACME = Placement("acme/prod", "eu")


def shown(*outcomes: Outcome, troubles: tuple[Trouble, ...] = ()) -> list[str]:
    status = PlacementStatus(
        placement=ACME, phase=Phase.FAILED, revision="r", applied="", digest="", run="run",
        at="", counts={}, troubles=troubles,
    )  # fmt: skip
    result = PlacementResult(ACME, "r", Plan(ACME, "r", (), ()), outcomes, (), status)
    return as_table(Summary("run", (result,))).splitlines()


def test_what_is_there_and_fares_badly_is_named() -> None:
    lines = shown(
        Outcome("web", Verb.UPDATE, Result.DONE),
        troubles=(
            Trouble("web", "failed", "the image cannot be pulled"),
            Trouble("queue", "in-progress", "0 of 1 replicas"),
        ),
    )
    assert "acme/prod@eu: web is there, and not well: the image cannot be pulled" in lines
    assert not [line for line in lines if "queue" in line]


def test_what_was_not_done_is_told_once_and_an_absent_remedy_leaves_no_arrow() -> None:
    lines = shown(
        Outcome("web", Verb.CREATE, Result.FAILED, "refused", "mend it"),
        Outcome("ns", Verb.PRUNE, Result.WAITING, "it is being deleted"),
        troubles=(Trouble("web", "failed", "refused", "mend it"),),
    )
    assert lines[2:5] == [
        "acme/prod@eu: web failed: refused",
        "    → mend it",
        "acme/prod@eu: ns waiting: it is being deleted",
    ]
    assert not [line for line in lines[5:] if "web" in line or "→" in line]
