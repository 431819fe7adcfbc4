"""An evidence log of many decisions, each such as one pull request to a tenant leaves.

Tenants are copies of those of the shipped company under names of their own. A decision is about a
tenant, everything rendered for it, and the change; one in ten raises a budget beyond the plan and
is denied. Each is judged by the shipped rules and recorded in the form in which the gate does.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from controlplane.operations.gate import GateReport, Step
from controlplane.operations.judging import Judgement, questions
from controlplane.operations.policies import policy_sets
from controlplane.operations.recording import decision_json
from controlplane.operations.subjects import Projections, placement_subject, resource_subject
from controlplane.policy.decide import decide
from controlplane.policy.engine import PolicyEngine, Prepared
from controlplane.policy.envelope import Encoded, Subject
from controlplane.policy.model import PolicyBundle, merge
from controlplane.repo.changes import changes
from controlplane.repo.snapshot import nothing
from evidence.canonical import canonical, digest_bytes
from evidence.records import Record
from evidence.statement import Subject as About
from evidence.writer import EvidenceWriter, FinishedRun
from tests.support.company import company, rendered
from tests.support.decisions import FACTS

Json = Any
TOGETHER = 200  # decisions appended under one checkpoint
COPIES = 70  # of each tenant of the company
BEGIN = 1_795_255_200  # seconds since 1970: the first decision's time


def policies() -> PolicyBundle:
    """Return the shipped rules with the company's parameters."""
    (chosen,) = policy_sets(company())
    return chosen.bundle


@dataclass(frozen=True)
class Mold:
    """A tenant of the company with what is rendered for it."""

    name: str
    tenant: Subject
    placements: tuple[Subject, ...]


def molds() -> list[Mold]:
    """Return every tenant of the company."""
    head, placements = company(), rendered()
    known = Projections(head)
    return [
        Mold(
            name,
            _plain(resource_subject(tenant, known, head, None)),
            tuple(
                _plain(placement_subject(p, known)) for p in placements.values() if p.tenant == name
            ),
        )
        for name, tenant in head.of_kind("Tenant").items()
    ]


def _plain(subject: Subject) -> Subject:
    """Return a subject with its parts as JSON, to be changed."""
    return replace(subject, resource=_copy(subject.resource), references=_copy(subject.references))


def _copy(part: Json) -> Json:
    return json.loads(part.text if isinstance(part, Encoded) else canonical(part))


def subjects(mold: Mold, number: int) -> list[Subject]:
    """Return what decision `number` is about."""
    name = f"{mold.name}-{number // 14 % COPIES:02d}"
    tenant, *placed = (_renamed(each, mold.name, name) for each in (mold.tenant, *mold.placements))
    change = {"operation": "update", "classes": ["routine"], "fields": [_field(number)]}
    resource = _copy(tenant.resource)
    resource["metadata"]["annotations"] = {"change": str(number)}
    if number % 10 == 0:
        limit = resource["spec"].get("costEnvelope", {}).get("limit")
        if isinstance(limit, dict):
            limit["micros"] *= 1_000
    before = _copy(tenant.resource)
    changed = replace(tenant, resource=resource, change={**change, "before": before})
    first = placed[0]
    rendered = _copy(first.resource)
    objects = rendered["objects"]
    objects[0]["metadata"].setdefault("annotations", {})["change"] = str(number)
    placed[0] = replace(first, resource=rendered)
    return [changed, *placed, _change(name, number, change)]


def _field(number: int) -> Json:
    return {"path": ["metadata", "annotations", "change"], "old": "0", "new": str(number)}


def _renamed(subject: Subject, old: str, new: str) -> Subject:
    def other(value: Json) -> Json:
        return json.loads(json.dumps(value).replace(old, new))

    return replace(
        subject,
        name=subject.name.replace(old, new),
        resource=other(subject.resource),
        references=other(subject.references),
    )


def _change(name: str, number: int, change: Json) -> Subject:
    author = {"name": "Ada", "email": "ada@meridian.example"}
    path = f"tenants/{name}/tenant.yaml"
    return Subject(
        "Change",
        "change",
        {
            "base": {"id": _commit(number), "author": author},
            "head": {"id": _commit(number + 1), "author": author},
            "classes": ["routine"],
            "subjects": [{"kind": "Tenant", "name": name, **change}],
            "files": [],
            "paths": [path],
            "blastRadius": {"tenants": [name], "environments": ["prod"], "targets": []},
        },
    )


def _commit(number: int) -> str:
    return f"{number:040x}"


def write(writer: EvidenceWriter, engine: PolicyEngine, count: int) -> int:
    """Record so many decisions; returns how many envelopes they rest on."""
    bundle, forms = policies(), molds()
    envelopes = 0
    with engine.prepare(bundle) as prepared:
        shared = _shared(bundle, prepared)
        for start in range(0, count, TOGETHER):
            runs = []
            for number in range(start, min(count, start + TOGETHER)):
                mold = forms[number % len(forms)]
                report = _report(engine, prepared, bundle, subjects(mold, number), number)
                runs.append(_run(report, number, shared))
                envelopes += len(report.judgements[0][1].judged)
            writer.append(runs)
    return envelopes


def _report(
    engine: PolicyEngine,
    prepared: Prepared,
    bundle: PolicyBundle,
    about: Sequence[Subject],
    number: int,
) -> GateReport:
    seconds = BEGIN + 600 * number
    time = {"epochSeconds": seconds, "frozen": [], "text": f"second {seconds}"}
    asked = list(questions(about, bundle.rules, FACTS, time))
    pairs = list(zip(asked, prepared.answers(asked), strict=True))
    named = [(question, digest_bytes(question.envelope)) for question in asked]
    judgement = Judgement(
        verdict=merge(decide(*pair) for pair in pairs),
        engine=engine.name,
        engine_version=engine.version(),
        bundle=bundle,
        envelopes={name: question.envelope for question, name in named},
        judged=tuple((question.subject, name) for question, name in named),
        details=(),
        artifact=prepared.artifact,
        artifact_file=prepared.artifact_file,
    )
    step = Step(nothing(), nothing())
    return GateReport(
        step=step,
        verdict=merge([judgement.verdict]),
        changes=changes(step.base, step.head),
        judgements=(("base/meridian", judgement),),
        time=time,
        facts=FACTS,
    )


def _shared(bundle: PolicyBundle, prepared: Prepared) -> tuple[Record, ...]:
    """Return the records that every run holds and the directory keeps once."""
    name = "base/meridian"
    texts = {module.path: module.text for module in bundle.modules}
    payload = {"digest": bundle.digest, "modules": texts, "data": bundle.data}
    policies = Record("policies", f"the policies of {name}", payload, name)
    if not prepared.artifact:
        return (policies,)
    file = base64.b64encode(prepared.artifact_file).decode()
    compiled = {"digest": prepared.artifact, "policies": bundle.digest, "file": file}
    return policies, Record("compiled", f"the compiled policies of {name}", compiled, name)


def _run(report: GateReport, number: int, shared: tuple[Record, ...]) -> FinishedRun:
    decision = decision_json(report) | {
        "from": {"commit": _commit(number), "tree": _commit(number)},
        "to": {"commit": _commit(number + 1), "tree": _commit(number + 1)},
        "classes": ["routine"],
        "gatedBeforeMerge": True,
    }
    word = "allow" if report.allow else "deny"
    return FinishedRun(
        "gate",
        (About("head", {"gitCommit": _commit(number + 1), "gitTree": _commit(number + 1)}),),
        f"{word} change {number}",
        word,
        (Record("decision", f"{word} change {number}", decision), *shared, *_envelopes(report)),
    )


def _envelopes(report: GateReport) -> Iterator[Record]:
    ((_, judgement),) = report.judgements
    seen: set[str] = set()
    for subject, name in judgement.judged:
        if name not in seen:
            seen.add(name)
            value = json.loads(judgement.envelopes[name])
            yield Record("envelope", f"what was judged of {subject}", value, subject)
