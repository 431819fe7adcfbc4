"""Who owns what, and what is left to others."""

from __future__ import annotations

import pytest

from reconciler.targets.kubernetes import fields
from reconciler.targets.kubernetes.identity import parse
from reconciler.targets.kubernetes.ownership import (
    DEFAULT_ALLOW,
    Allow,
    additions,
    disowned,
    fingerprint,
    is_yielded,
    owners,
)
from tests.unit.reconciler.targets.kubernetes.recorded import OURS, STATUS, meta, update

DEPLOYMENT = parse("apps/v1/Deployment/acme/web")
CLAIM = parse("v1/PersistentVolumeClaim/acme/data")
HOST_NETWORK = {"f:spec": {"f:template": {"f:spec": {"f:hostNetwork": {}}}}}
REPLICAS = {"f:spec": {"f:replicas": {}}}


def test_ours_is_what_we_applied() -> None:
    who = owners(meta(STATUS, update(HOST_NETWORK)))

    assert who.ours == OURS["fieldsV1"]
    assert who.time == OURS["time"]
    assert [entry.manager for entry in who.foreign] == ["kube-controller-manager", "evil"]


def test_our_name_on_another_operation_is_not_ours() -> None:
    who = owners(meta(update(HOST_NETWORK, manager="controlplane")))

    assert [fields.show(p) for p in additions(DEPLOYMENT, who, DEFAULT_ALLOW)] == [
        ".spec.template.spec.hostNetwork"
    ]


def test_status_and_metadata_of_others_are_no_additions() -> None:
    noted = update({"f:metadata": {"f:annotations": {"f:note": {}}}})
    assert additions(DEPLOYMENT, owners(meta(STATUS, noted)), DEFAULT_ALLOW) == []


@pytest.mark.parametrize(
    ("manager", "subresource", "allowed"),
    [
        ("kube-controller-manager", "scale", True),
        ("kube-controller-manager", "", False),
        ("kubectl", "scale", False),
    ],
)
def test_replicas_belong_to_the_autoscaler_alone(
    manager: str, subresource: str, *, allowed: bool
) -> None:
    who = owners(meta(update(REPLICAS, manager, subresource)))

    assert is_yielded(DEPLOYMENT, who, ("f:spec", "f:replicas"), DEFAULT_ALLOW) is allowed


def test_a_rule_holds_for_its_kind_only() -> None:
    bound = update({"f:spec": {"f:volumeName": {}}}, "kube-controller-manager")
    bare = {**meta(bound), "managedFields": [bound]}

    assert additions(CLAIM, owners(bare), DEFAULT_ALLOW) == []
    assert additions(DEPLOYMENT, owners(bare), DEFAULT_ALLOW)


def test_brackets_in_a_pattern_are_plain_text() -> None:
    rule = Allow(field='.spec.containers[name="proxy"]*', manager="mesh")

    assert rule.matches("Pod", "mesh", "", '.spec.containers[name="proxy"].image')
    assert not rule.matches("Pod", "mesh", "", '.spec.containers[name="other"].image')
    assert not rule.matches("Pod", "evil", "", '.spec.containers[name="proxy"].image')


def test_the_holder_of_a_field_is_named() -> None:
    who = owners(meta(update(REPLICAS, "one"), update(REPLICAS, "two")))

    assert who.manager_of(("f:spec", "f:replicas")) == "one, two"
    assert who.manager_of(("f:spec", "f:paused")) == ""


def test_status_leaves_the_fingerprint_alone() -> None:
    assert fingerprint(meta()) == fingerprint(meta(STATUS, resourceVersion="300"))


@pytest.mark.parametrize(
    "changed",
    [
        meta(update(HOST_NETWORK)),
        meta(uid="other"),
        meta(generation=2),
        meta(deletionTimestamp="2026-11-21T08:30:00Z"),
        meta(managedFields=[{**OURS, "time": "2026-11-21T09:00:00Z"}]),
        meta(managedFields=[]),
        meta(managedFields=[{**OURS, "operation": "Update"}]),
    ],
)
def test_everything_else_changes_the_fingerprint(changed: dict[str, object]) -> None:
    assert fingerprint(meta()) != fingerprint(changed)


def test_the_order_of_entries_does_not_change_the_fingerprint() -> None:
    other = update(HOST_NETWORK)
    assert fingerprint(meta(other)) == fingerprint(meta(managedFields=[other, OURS]))


def test_disowning_takes_a_field_from_everybody_but_us() -> None:
    both = update({"f:spec": {"f:template": {"f:spec": {"f:hostNetwork": {}, "f:hostPID": {}}}}})
    path = ("f:spec", "f:template", "f:spec", "f:hostNetwork")

    left = disowned(meta(both, update(HOST_NETWORK, "two")), [path, ("f:spec", "f:replicas")])

    assert [entry["manager"] for entry in left] == ["controlplane", "evil"]
    assert left[0] == OURS
    assert left[1]["fieldsV1"] == {"f:spec": {"f:template": {"f:spec": {"f:hostPID": {}}}}}
