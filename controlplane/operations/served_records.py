"""Makes what was decided over HTTP durable: a run of its own for each decision.

Such a run is of the kind `served`: it says what was answered to whoever asked, and lets nobody
apply anything. A step of the repository is recorded as the gate's runs are, in `recording`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from controlplane.operations.recording import policies_record, state_json, subjects_of_state
from controlplane.operations.serving import Answered, InForce
from controlplane.policy.model import Verdict
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
    return _run(found.subject, found.verdict, payload, policies, at, {"envelope": value})


def of_admission(
    subject: str, verdict: Verdict, review: Json, told: Json, policies: InForce, at: str
) -> FinishedRun:
    """Return the run that records the answer to an admission review.

    `told` is what was answered to Kubernetes.
    """
    return _run(subject, verdict, {"response": told}, policies, at, {"review": review})


def _run(
    subject: str,
    verdict: Verdict,
    payload: Mapping[str, Json],
    policies: InForce,
    at: str,
    asked: Mapping[str, Json],
) -> FinishedRun:
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


@lru_cache(maxsize=4)
def _policies(policies: InForce) -> tuple[Record, ...]:
    """Return the records that hold the policies: made once, as their payloads are kept once."""
    return tuple(policies_record(each.name, each.bundle) for each in policies.sets)
