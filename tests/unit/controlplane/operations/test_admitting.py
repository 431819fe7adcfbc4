"""What a namespace must say, and that what a controller made is added and replaces nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from controlplane.operations.admitted_object import Asked, Seen
from controlplane.operations.admitting import _with, admit
from controlplane.render.errors import FilePlace
from controlplane.render.model import RenderedObject, RenderedPlacement

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HOME = RenderedPlacement("acme", "prod", "east", "acme-prod", ())
DECLARED = {"app.kubernetes.io/managed-by": "controlplane", "controlplane.dev/tenant": "acme"}


def namespace(labels: dict[str, str], before: dict[str, str] | None) -> Asked:
    def body(own: dict[str, str]) -> Any:
        return {"apiVersion": "v1", "kind": "Namespace",
                "metadata": {"name": "acme-prod", "labels": own}}  # fmt: skip

    return Asked("u", "UPDATE", "Namespace", "", "acme-prod", "somebody", body(labels),
                 None if before is None else body(before), dry_run=False)  # fmt: skip


@pytest.mark.parametrize("name", sorted(DECLARED))
@pytest.mark.parametrize("value", [None, "other", ""])
@pytest.mark.parametrize("before", [DECLARED, None, {}])
def test_a_namespace_keeps_both_labels_by_which_it_is_ours(
    name: str, value: str | None, before: dict[str, str] | None
) -> None:
    """Without `managed-by` the API server would ask nobody about what it holds."""
    homes = cast("Any", SimpleNamespace(placement=lambda cluster, namespace: HOME))
    policies = cast("Any", SimpleNamespace(revision="a" * 40))
    labels = {k: v for k, v in DECLARED.items() if k != name}
    labels |= {} if value is None else {name: value}
    found = admit(namespace(labels, before), "east", policies, homes, NOW)
    assert (found.allow, name in found.why) == (False, True)


def test_a_namespace_that_stays_as_it_is_declared_is_taken() -> None:
    homes = cast("Any", SimpleNamespace(placement=lambda cluster, namespace: HOME))
    found = admit(namespace(DECLARED, DECLARED), "east", cast("Any", None), homes, NOW)
    assert found.allow


def test_what_a_controller_made_replaces_nothing_that_is_declared() -> None:
    body: Any = {"apiVersion": "apps/v1", "kind": "Deployment",
                 "metadata": {"name": "web", "namespace": "acme-prod"}, "spec": {}}  # fmt: skip
    declared = RenderedObject.of(body, FilePlace("x", 1), "")
    home = RenderedPlacement("acme", "prod", "east", "acme-prod", (declared,))
    live = {**body, "spec": {"replicas": 2}}
    beside = _with(home, Seen(live, child=True), deleted=False).objects
    assert [each.resource.body["spec"] for each in beside] == [{}, {"replicas": 2}]
    instead = _with(home, Seen(live), deleted=False).objects
    assert [each.resource.body["spec"] for each in instead] == [{"replicas": 2}]
