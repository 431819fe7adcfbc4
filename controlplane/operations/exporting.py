"""What rules would be asked about a revision, as files that other tools of OPA's read.

Decides which envelopes there are, one a subject, told everything: the time, and the facts that are
known without a step (waivers; nobody approved anything). There is no `Change`: a revision has none.
The policies come with an adapter in the package `main`, where conftest looks for `deny` and `warn`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime

from controlplane.errors import InvalidRepositoryError
from controlplane.operations import fleet_subject, rendering, subjects
from controlplane.operations.freezes import clock
from controlplane.policy.envelope import Subject, envelope
from controlplane.policy.model import PolicyBundle, Rule, Severity
from controlplane.render.helm import ChartRenderer
from controlplane.repo.snapshot import Snapshot
from controlplane.resources.environment import Environment
from evidence.canonical import Json, canonical

File = tuple[str, bytes]
"""Path, relative, and content."""


def inputs(head: Snapshot, charts: ChartRenderer, now: datetime) -> Iterator[File]:
    """Yield the envelope of every subject of a valid snapshot.

    Raises InvalidRepositoryError where something cannot be rendered.
    """
    windows = [e for e in head.of_kind("Environment").values() if isinstance(e, Environment)]
    time, facts = clock(now, windows), _facts(head)
    for subject in _subjects(head, charts):
        name = subject.name.replace("/", "~")
        yield f"inputs/{subject.kind}/{name}.json", envelope(subject, facts, time).text


def _facts(head: Snapshot) -> dict[str, Json]:
    waivers = head.of_kind("Waiver")
    nobody: dict[str, Json] = {"approvals": [], "approvers": [], "authors": [], "reviews": []}
    known = [waivers[name].for_policy() for name in sorted(waivers)]
    return {**nobody, "emergency": False, "loosened": [], "waivers": known}


def _subjects(head: Snapshot, charts: ChartRenderer) -> Iterator[Subject]:
    known = subjects.Projections(head)
    for document in head.documents:
        resource = head.get(document.kind, document.identity)
        if resource is not None:
            yield subjects.resource_subject(resource, known, head, None)
    for tenant in sorted(head.of_kind("Tenant")):
        rendered = rendering.render(head, (tenant,), charts)
        for problem in (p for found in rendered.problems.values() for p in found):
            raise InvalidRepositoryError(
                f"{problem.position}: {problem.message}", remedy=problem.remedy
            )
        for placement in rendered.placements:
            yield subjects.placement_subject(placement, known)
    yield fleet_subject.subject(head)


def for_conftest(bundle: PolicyBundle) -> Iterator[File]:
    """Yield the policies as they are, their parameters, and the adapter."""
    for module in bundle.modules:
        yield f"policy/{module.path}", module.text.encode()
    yield "policy/adapter.rego", adapter(bundle.rules).encode()
    yield "data/data.json", canonical(bundle.data)


def adapter(rules: Iterable[Rule]) -> str:
    """Return Rego in which each rule's findings are conftest's `deny`, or its `warn`."""
    return "\n".join(["package main", "", *(line for rule in rules for line in _lines(rule))])


def _lines(rule: Rule) -> list[str]:
    word = "deny" if rule.severity is Severity.DENY else "warn"
    return [
        f"{word} contains result if {{",
        f"\tinput.subject.kind in {json.dumps(sorted(rule.subjects))}",
        f"\tsome finding in data.{rule.package}.findings",
        '\tmsg := sprintf("%v: %v/%v: %v", '
        f'["{rule.id}", input.subject.kind, input.subject.name, finding.code])',
        f'\tresult := {{"msg": msg, "rule": "{rule.id}", "finding": finding}}',
        "}",
        "",
    ]
