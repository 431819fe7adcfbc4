"""The shipped example as a whole: every rule on every subject, every workload in its quota."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from controlplane.operations import fleet_subject
from controlplane.operations.judging import judge
from controlplane.operations.policies import policy_sets
from controlplane.operations.subjects import Projections, placement_subject, resource_subject
from controlplane.policy.engines.opa import OpaEngine
from controlplane.resources import KINDS
from controlplane.resources.scalars import Bytes, Quantity
from controlplane.resources.waiver import Waiver
from tests.support import binaries
from tests.support.company import company, rendered

TIME = {"text": "2026-11-21T10:00:00Z", "epochSeconds": 1_795_255_200, "frozen": []}


@pytest.mark.requires("opa", "helm")
def test_the_shipped_example_passes_every_rule() -> None:
    head = company()
    known = Projections(head)
    resources = [
        resource_subject(resource, known, head, None)
        for kind in KINDS
        for resource in head.of_kind(kind).values()
    ]
    placements = [placement_subject(placement, known) for placement in rendered().values()]
    (chosen,) = policy_sets(head)
    engine = OpaEngine(binary=binaries.need("opa"))
    asked = [*resources, *placements, fleet_subject.subject(head)]
    verdict = judge(engine, chosen.bundle, asked, {}, TIME).verdict
    assert verdict.indeterminate == ()
    assert set(verdict.rules) == {r.id for r in chosen.bundle.rules if r.subjects != {"Change"}}
    waived = {
        (waiver.spec.rule, f"{waiver.spec.subject.kind}/{waiver.spec.subject.name}")
        for waiver in head.of_kind("Waiver").values()
        if isinstance(waiver, Waiver)
    }
    assert {(finding.rule, finding.subject) for finding in verdict.findings} == waived
    assert verdict.allow


def pods(body: Mapping[str, Any]) -> tuple[int, Mapping[str, Any]]:
    """Return how many pods an object may have at once, and their spec."""
    spec = body.get("spec", {})
    if body["kind"] in {"Deployment", "StatefulSet"}:
        surge = 1 if body["kind"] == "Deployment" and spec["replicas"] else 0
        return spec["replicas"] + surge, spec["template"]["spec"]
    if body["kind"] == "CronJob":
        running = 0 if spec.get("suspend") else 1
        return running, spec["jobTemplate"]["spec"]["template"]["spec"]
    return 0, {}


def used(body: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """Yield what an object takes of a quota, in thousandths or bytes."""
    count, spec = pods(body)
    yield "pods", count * 1000
    for container in spec.get("containers", ()):
        resources = container["resources"]
        yield "requests.cpu", count * Quantity.parse(resources["requests"]["cpu"]).milli
        yield "requests.memory", count * Bytes.parse(resources["requests"]["memory"]).count
        yield "limits.memory", count * Bytes.parse(resources["limits"]["memory"]).count
    if body["kind"] == "PersistentVolumeClaim":
        storage = body["spec"]["resources"]["requests"]["storage"]
        yield "requests.storage", Bytes.parse(storage).count


@pytest.mark.requires("helm")
def test_what_a_tenant_runs_fits_into_its_quota() -> None:
    for placement in rendered().values():
        bodies = [resource.body for resource in placement.resources]
        (quota,) = [body["spec"]["hard"] for body in bodies if body["kind"] == "ResourceQuota"]
        total: Counter[str] = Counter()
        for body in bodies:
            for name, amount in used(body):
                total[name] += amount
        for name, amount in total.items():
            counted = name in {"pods", "requests.cpu"}
            limit = quota[name]
            most = Quantity.parse(limit).milli if counted else Bytes.parse(limit).count
            assert amount <= most, (placement.name, name, amount, most)
