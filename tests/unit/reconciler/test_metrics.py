"""What Prometheus is told."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from reconciler.events import Acted, Finished, PassFinished, Planned
from reconciler.metrics import Metrics
from reconciler.model import Action, Outcome, Placement, Plan, Result, Standing, Verb
from reconciler.status import Phase, PlacementStatus

ACME = Placement("acme", "east")


def values(metrics: Metrics) -> dict[tuple[str, ...], float]:
    """Return every sample by its name and the values of its labels, sorted."""
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(metrics.text().decode())
        for sample in family.samples
    }


def finished(placement: Placement, phase: Phase) -> Finished:
    status = PlacementStatus(placement, phase, "r", "r", "d", "run", "now", {})
    return Finished(placement, status, 0.2)


def test_drift_is_counted_once_until_it_is_healed() -> None:
    metrics = Metrics()
    plan = Plan(ACME, "r", (Action("a", Verb.HEAL, Standing.DRIFTED),))
    metrics.listen(Planned(plan))
    metrics.listen(Planned(plan))
    assert values(metrics)["controlplane_drift_detected_total", "east"] == 1
    metrics.listen(Acted(ACME, Outcome("a", Verb.HEAL, Result.DONE)))
    metrics.listen(Planned(plan))
    found = values(metrics)
    assert found["controlplane_drift_detected_total", "east"] == 2
    assert found["controlplane_drift_healed_total", "east"] == 1
    assert found["controlplane_actions_total", "done", "east", "heal"] == 1


def test_what_was_deleted_is_drift_and_what_was_never_made_is_not() -> None:
    metrics = Metrics()
    gone = Action("a", Verb.CREATE, Standing.ABSENT, deleted=True)
    metrics.listen(Planned(Plan(ACME, "r", (gone, Action("b", Verb.CREATE, Standing.ABSENT)))))
    for name in ("a", "b"):
        metrics.listen(Acted(ACME, Outcome(name, Verb.CREATE, Result.DONE)))
    found = values(metrics)
    assert found["controlplane_drift_detected_total", "east"] == 1
    assert found["controlplane_drift_healed_total", "east"] == 1


def test_placements_are_counted_by_phase() -> None:
    metrics = Metrics()
    bravo = Placement("bravo", "east")
    for event in (
        finished(ACME, Phase.FAILED),
        finished(bravo, Phase.CONVERGED),
        finished(ACME, Phase.CONVERGED),
        Finished(bravo, None, 1.0),
    ):
        metrics.listen(event)
    found = values(metrics)
    assert found["controlplane_placements", "converged", "east"] == 2
    assert found["controlplane_placements", "east", "failed"] == 0
    assert found["controlplane_placement_seconds_count", "east"] == 4
    metrics.forget(bravo)
    assert values(metrics)["controlplane_placements", "converged", "east"] == 1


def test_the_last_clean_pass_is_told() -> None:
    metrics = Metrics()
    metrics.listen(PassFinished("apply", clean=True, seconds=0.1, finished=1000.0))
    metrics.listen(PassFinished("heal", clean=False, seconds=0.1, finished=2000.0))
    found = values(metrics)
    assert found["controlplane_last_clean_pass_timestamp_seconds",] == 1000.0
    assert found["controlplane_passes_total", "apply", "clean"] == 1
    assert found["controlplane_passes_total", "heal", "partial"] == 1
