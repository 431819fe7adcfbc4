"""Makes what was decided over HTTP durable: a run of its own for each decision.

Such a run is of the kind `served`: it says what was answered to whoever asked, and lets nobody
apply anything. A step of the repository is recorded as the gate's runs are, in `recording`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from controlplane.operations.recording import policies_record, state_json, subjects_of_state
from controlplane.operations.serving import Answered, Final, InForce
from evidence.canonical import Json
from evidence.records import Record
from evidence.writer import FinishedRun

KIND = "served"
VERSION = "controlplane.dev/served-decision/v1"


def of_envelope(value: Json, found: Answered, policies: InForce, at: str) -> FinishedRun:
    """Return the run that records the answer about one envelope."""
    payload = {
        "question": found.question,
        "judged": [[subject, name] for r in found.rulings for subject, name in r.judged],
    }
    return _run(found.subject, found.final, payload, policies, at, {"envelope": value})


def of_admission(
    subject: str, final: Final, review: Json, told: Json, policies: InForce, at: str
) -> FinishedRun:
    """Return the run that records the answer to an admission review.

    `told` is what was answered to Kubernetes.
    """
    return _run(subject, final, {"response": told}, policies, at, {"review": review})


def _run(
    subject: str,
    final: Final,
    payload: Mapping[str, Json],
    policies: InForce,
    at: str,
    asked: Mapping[str, Json],
) -> FinishedRun:
    verdict = final.verdict
    word = "allowed" if verdict.allow else "denied"
    summary = f"{word} {subject} over HTTP"
    decision = {
        "apiVersion": VERSION,
        "allow": verdict.allow,
        "subject": subject,
        "time": at,
        "revision": state_json(policies.snapshot),
        "policies": {each.name: each.bundle.digest for each in policies.sets},
        "engine": {"name": policies.engine.name, "version": policies.engine_version},
        "artifacts": {e.name: e.prepared.artifact for e in policies.sets if e.prepared.artifact},
        "verdict": verdict.to_json(),
        "verdictDigest": verdict.digest(),
        **_weighed(final),
        **payload,
    }
    records = [Record("served-decision", summary, decision, subject)]
    records += [
        Record(kind, f"what was asked about {subject}", v, subject) for kind, v in asked.items()
    ]
    records += _policies(policies)
    return FinishedRun(
        KIND,
        tuple(subjects_of_state(policies.snapshot)),
        summary,
        "allow" if verdict.allow else "deny",
        tuple(records),
    )


def _weighed(final: Final) -> dict[str, Json]:
    """Return what rules said and by what it was weighed; nothing where nothing was found."""
    if final.weights is None:
        return {}
    found: dict[str, Json] = {
        "weighed": [each.to_json() for each in final.weighings],
        "weights": final.weights.to_json(),
    }
    if final.engines != final.verdict:
        found["enginesVerdict"] = final.engines.to_json()
    return found


@lru_cache(maxsize=4)
def _policies(policies: InForce) -> tuple[Record, ...]:
    """Return the records that hold the policies: made once, as their payloads are kept once."""
    return tuple(policies_record(each.name, each.bundle) for each in policies.sets)
