"""Every rule on every subject of the shipped example: nothing forbids it, one finding is waived."""

from __future__ import annotations

import pytest

from controlplane.operations.judging import judge
from controlplane.operations.policies import policy_sets
from controlplane.operations.subjects import placement_subject, resource_subject
from controlplane.policy.engines.opa import OpaEngine
from controlplane.resources import KINDS
from controlplane.resources.waiver import Waiver
from tests.support import binaries
from tests.support.company import company, rendered

TIME = {"text": "2026-11-21T10:00:00Z", "epochSeconds": 1_795_255_200, "frozen": []}


@pytest.mark.requires("opa", "helm")
def test_the_shipped_example_passes_every_rule() -> None:
    head = company()
    resources = [
        resource_subject(resource, head, head, None)
        for kind in KINDS
        for resource in head.of_kind(kind).values()
    ]
    placements = [placement_subject(placement, head) for placement in rendered().values()]
    (chosen,) = policy_sets(head)
    engine = OpaEngine(binary=binaries.need("opa"))
    verdict = judge(engine, chosen.bundle, [*resources, *placements], {}, TIME).verdict
    assert verdict.indeterminate == ()
    assert set(verdict.rules) >= {r.id for r in chosen.bundle.rules if "Tenant" in r.subjects}
    waived = {
        (waiver.spec.rule, f"{waiver.spec.subject.kind}/{waiver.spec.subject.name}")
        for waiver in head.of_kind("Waiver").values()
        if isinstance(waiver, Waiver)
    }
    assert {(finding.rule, finding.subject) for finding in verdict.findings} == waived
    assert verdict.allow
