"""How the waivers of a gate run are shown: every one of them, each time, with how it stands."""

from __future__ import annotations

from datetime import UTC, datetime

from controlplane.operations.gate import GateReport
from controlplane.policy.weigh import WaiverStanding
from evidence.canonical import Json


def sentence(standing: WaiverStanding) -> str:
    """Return a waiver in one sentence: what it waives, until when, and how it stands."""
    waiver = standing.waiver
    until = datetime.fromtimestamp(waiver.expires, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    where = f" in {', '.join(waiver.environments)}" if waiver.environments else ""
    because = f", {standing.because}" if standing.because else ""
    count = standing.waives
    return (
        f"{waiver.name}: {waiver.rule} on {waiver.subject}{where} until {until}: "
        f"{standing.standing}{because}; waives {count} finding{'' if count == 1 else 's'}"
    )


def as_json(report: GateReport) -> list[Json]:
    """Return the waivers for programs."""
    return [
        {
            **standing.waiver.to_json(),
            "standing": standing.standing,
            "because": standing.because,
            "waives": standing.waives,
        }
        for standing in report.waivers
    ]
