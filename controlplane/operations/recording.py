"""Makes decisions and plans durable: a report becomes records of one signed run.

Those of a decision hold all that is needed to make it again, before anything acts on it: the
envelopes, the policies, and the decision that names both by digest. Those of a plan say what was
asked and what would have been done; nothing is allowed by them.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Sequence

from controlplane.operations.gate import GateReport, Step
from controlplane.operations.judged_pages import paged
from controlplane.operations.judging import Judgement
from controlplane.operations.past import DECISION_VERSION
from controlplane.operations.planning import Asked, Unplanned, counts
from controlplane.policy.model import PolicyBundle
from controlplane.repo.snapshot import Snapshot
from evidence.canonical import Json, digest_bytes
from evidence.records import PackedRecord, Record
from evidence.run import Entry
from evidence.statement import Subject
from evidence.writer import EvidenceWriter
from reconciler.model import Desired, Plan
from reconciler.receipts import desired_digest, failure, plan_records


def decision_json(report: GateReport) -> Json:
    """Return the decision: the step, the verdict, and the digests of all it rests on."""
    return {
        "apiVersion": DECISION_VERSION,
        "allow": report.allow,
        "from": state_json(report.step.base),
        "to": state_json(report.step.head),
        "time": report.time["text"] if report.time else "",
        "verdict": report.verdict.to_json(),
        "verdictDigest": report.verdict.digest(),
        "judgements": [
            {
                "policySet": name,
                "policies": judgement.bundle.digest,
                "engine": _engine(judgement),
                "verdictDigest": judgement.verdict.digest(),
                "judged": [
                    {"subject": subject, "envelope": envelope}
                    for subject, envelope in judgement.judged
                ],
            }
            for name, judgement in report.judgements
        ],
        "classes": sorted(report.changes.classes),
        "emergency": bool(report.facts.get("emergency", False)),
        "weighed": [each.to_json() for each in report.weighings],
        "weights": report.weights.to_json() if report.weights else {},
        **_unweighed(report),
        "waivers": [
            {
                "name": s.waiver.name,
                "standing": s.standing,
                "waives": s.waives,
                "because": s.because,
            }
            for s in report.waivers
        ],
    }


def _unweighed(report: GateReport) -> dict[str, Json]:
    """Return what rules said, where weighing made something else of it."""
    said = report.engines_verdict
    return {} if said in (None, report.verdict) else {"enginesVerdict": said.to_json()}


def _engine(judgement: Judgement) -> Json:
    """Return who evaluated, and of compiled policies two digests: the module's, and the file's.

    The file names the version of OPA that compiled it as well.
    """
    named = {"name": judgement.engine, "version": judgement.engine_version}
    if not judgement.artifact:
        return named
    file = digest_bytes(judgement.artifact_file)
    return {**named, "artifact": judgement.artifact, "artifactFile": file}


def state_json(snapshot: Snapshot) -> Json:
    """Return what names one end of a step."""
    return {"commit": snapshot.commit.id if snapshot.commit else "", "tree": snapshot.tree_id}


def record_decision(report: GateReport, writer: EvidenceWriter, *, gated: bool = True) -> Entry:
    """Append the decision to the evidence log and return its entry; durable when this returns.

    `gated` is False where the step was judged only when it was to be applied.
    """
    word = "allowed" if report.allow else "denied"
    late = "" if gated else ", not gated before merge"
    summary = f"{word} {_named(report.step)}{late}"
    run = writer.begin(kind="gate", subjects=subjects_of(report.step), summary=summary)
    with run:
        for pack in report.packs:
            run.adopt_pack(pack)
        run.record_many(records(report, summary, gated=gated))
        return run.close(outcome="allow" if report.allow else "deny", summary=summary)


def _named(step: Step) -> str:
    base = step.base.commit.id[:12] if step.base.commit else "nothing"
    head = step.head.commit.id[:12] if step.head.commit else step.head.revision
    return f"the change from {base} to {head}"


def subjects_of(step: Step) -> list[Subject]:
    """Return what a statement about the step is about: its end, as commit and as tree."""
    return subjects_of_state(step.head)


def subjects_of_state(snapshot: Snapshot) -> list[Subject]:
    """Return what a statement about one state is about, as commit and as tree."""
    return [_subject("head", snapshot)]


def _subject(name: str, snapshot: Snapshot) -> Subject:
    commit = snapshot.commit
    if commit is None:
        return Subject(name, {"sha256": snapshot.tree_id.removeprefix("files:")})
    return Subject(name, {"gitCommit": commit.id, "gitTree": commit.tree_id})


def records(report: GateReport, summary: str, *, gated: bool) -> Iterator[Record]:
    """Yield all that is recorded of a decision, each policy set and envelope once."""
    decision, pages = paged({**decision_json(report), "gatedBeforeMerge": gated})
    yield Record("decision", summary, decision)
    yield from pages
    seen: set[str] = set()
    for name, judgement in report.judgements:
        yield policies_record(name, judgement.bundle)
        if judgement.artifact:
            yield _compiled(name, judgement)
        for subject, envelope in judgement.judged:
            if envelope not in seen:
                seen.add(envelope)
                yield _envelope(subject, envelope, judgement.envelopes.get(envelope))


def _envelope(subject: str, digest: str, text: bytes | None) -> Record:
    """Return the record of what was judged; without its text it lies in a pack of the run."""
    summary = f"what was judged of {subject}"
    if text is None:
        return PackedRecord("envelope", summary, None, subject, digest)
    return Record("envelope", summary, json.loads(text), subject)


def policies_record(name: str, bundle: PolicyBundle) -> Record:
    """Return the record that holds a bundle as it was: its digest can be computed from it."""
    texts = {module.path: module.text for module in bundle.modules}
    payload = {"digest": bundle.digest, "modules": texts, "data": bundle.data}
    return Record("policies", f"the policies of {name}", payload, name)


def _compiled(name: str, judgement: Judgement) -> Record:
    """Return the record of compiled policies: they decide again where there is no OPA."""
    file = base64.b64encode(judgement.artifact_file).decode()
    payload = {"digest": judgement.artifact, "policies": judgement.bundle.digest, "file": file}
    return Record("compiled", f"the compiled policies of {name}", payload, name)


def record_plans(
    snapshot: Snapshot,
    asked: Asked,
    planned: Sequence[tuple[Desired, Plan | Unplanned]],
    writer: EvidenceWriter,
) -> Entry:
    """Append what would have been done to each placement, and which could not be planned."""
    plans = [each for _, each in planned if isinstance(each, Plan)]
    name = snapshot.commit.id[:12] if snapshot.commit else snapshot.revision
    found = [f"{number} {word}" for word, number in sorted(counts(plans).items()) if number]
    where = f"planned {name} on {len(plans)} of {len(planned)} placements"
    summary = ": ".join([where, *filter(None, [", ".join(found)])])
    scope = {
        "revision": state_json(snapshot),
        "tenants": list(asked.tenants),
        "environment": asked.environment,
        "allowEmpty": asked.permitted.allow_empty,
        "takeConflicts": asked.permitted.take_conflicts,
    }
    run = writer.begin(kind="plan", subjects=[_subject("revision", snapshot)], summary=summary)
    with run:
        run.record_many([Record("scope", summary, scope)])
        run.record_many(record for pair in planned for record in _planned(*pair))
        outcome = "planned" if len(plans) == len(planned) else "incomplete"
        return run.close(outcome=outcome, summary=summary)


def _planned(desired: Desired, made: Plan | Unplanned) -> Iterator[Record]:
    if isinstance(made, Unplanned):
        yield failure(made.placement, desired.revision, made.message)
    else:
        yield from plan_records(made, desired_digest(desired))
