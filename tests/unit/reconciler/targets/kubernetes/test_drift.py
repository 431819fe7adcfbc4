"""The judgement over one object, from recorded metadata."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.targets.kubernetes import fields
from reconciler.targets.kubernetes.drift import Answer, Judgement, Known, Rules, judge, unchanged
from reconciler.targets.kubernetes.identity import parse
from reconciler.targets.kubernetes.inventory import Owned, Record
from reconciler.targets.kubernetes.ownership import DEFAULT_ALLOW, fingerprint
from tests.unit.reconciler.targets.kubernetes.recorded import (
    BODY,
    OURS,
    STATUS,
    meta,
    update,
    without_ours,
)

REF = parse("apps/v1/Deployment/acme/web")
LABEL = "acme-prod.123456789abc"
DIGEST = "sha256:aa"
RULES = Rules(DEFAULT_ALLOW, frozenset({"given"}))
REPLICAS = ("f:spec", "f:replicas")
TAKEN = [without_ours(REPLICAS), update({"f:spec": {"f:replicas": {}}})]


def recorded(found: dict[str, Any], digest: str = DIGEST) -> Record:
    return Record(digest, found["uid"], found["resourceVersion"], fingerprint(found))


KNOWN = Known(recorded(meta()), Owned(OURS["fieldsV1"], OURS["time"]))
FORGOTTEN = Known(None, None)


def judged(found: dict[str, Any], known: Known = KNOWN, digest: str = DIGEST) -> Judgement:
    return judge(REF, found, label=LABEL, digest=digest, body=BODY, known=known, rules=RULES)


def shown(paths: tuple[fields.Path, ...]) -> list[str]:
    return [fields.show(path) for path in paths]


@pytest.mark.parametrize("known", [KNOWN, FORGOTTEN])
def test_untouched_is_in_sync_with_and_without_a_record(known: Known) -> None:
    assert judged(meta(STATUS, generation=5), known).answer is Answer.IN_SYNC


@pytest.mark.parametrize("known", [KNOWN, FORGOTTEN])
def test_a_field_taken_by_another_is_drift(known: Known) -> None:
    verdict = judged(meta(managedFields=TAKEN), known)

    assert verdict.answer is Answer.DRIFTED
    assert shown(verdict.missing) == [".spec.replicas"]
    assert verdict.added == ()


@pytest.mark.parametrize("known", [KNOWN, FORGOTTEN])
def test_a_field_removed_is_drift_although_nobody_holds_it(known: Known) -> None:
    verdict = judged(meta(managedFields=[without_ours(REPLICAS)]), known)

    assert (verdict.answer, shown(verdict.missing)) == (Answer.DRIFTED, [".spec.replicas"])


@pytest.mark.parametrize("known", [KNOWN, FORGOTTEN])
def test_an_addition_is_drift(known: Known) -> None:
    tree = {"f:spec": {"f:template": {"f:spec": {"f:hostNetwork": {}}}}}
    verdict = judged(meta(update(tree)), known)

    assert verdict.answer is Answer.DRIFTED
    assert shown(verdict.added) == [".spec.template.spec.hostNetwork"]


def test_a_label_of_ours_taken_is_drift() -> None:
    path = ("f:metadata", "f:labels", "f:controlplane.dev/placement")
    found = meta(managedFields=[without_ours(path)], labels={})

    verdict = judged(found)

    assert shown(verdict.missing) == [".metadata.labels.controlplane.dev/placement"]


def test_owners_wiped_out_are_drift() -> None:
    assert judged(meta(managedFields=[])).answer is Answer.DRIFTED


def test_replicas_that_an_autoscaler_took_are_its_own() -> None:
    scaled = update({"f:spec": {"f:replicas": {}}}, "kube-controller-manager", "scale")
    found = meta(managedFields=[without_ours(REPLICAS), scaled])

    assert judged(found).answer is Answer.IN_SYNC


def test_another_body_needs_a_try() -> None:
    assert judged(meta(), digest="sha256:bb").answer is Answer.TRY
    assert judged(meta(), FORGOTTEN, digest="sha256:bb").answer is Answer.TRY


def test_an_apply_under_our_name_that_we_do_not_know_of_needs_a_try() -> None:
    found = meta(managedFields=[{**OURS, "time": "2026-11-21T09:00:00Z"}])

    assert judged(found).answer is Answer.TRY


def test_without_our_label_and_without_a_record_it_is_not_ours() -> None:
    found = meta(labels={}, managedFields=[update({"f:spec": {"f:replicas": {}}}, "gitops")])
    verdict = judged(found, FORGOTTEN)

    assert verdict.answer is Answer.FOREIGN
    assert "gitops" in verdict.reason


def test_another_placement_s_object_is_named() -> None:
    found = meta(
        labels={"controlplane.dev/placement": "other.1"},
        annotations={"controlplane.dev/placement": "other/prod"},
    )
    verdict = judged(found, FORGOTTEN)

    assert (verdict.answer, "other/prod" in verdict.reason) == (Answer.FOREIGN, True)


@pytest.mark.parametrize(
    ("identifier", "adopted"),
    [
        ("v1/ServiceAccount/acme/default", True),
        ("v1/ServiceAccount/acme/other", False),
        ("v1/Namespace/_/given", True),
        ("v1/Namespace/_/another", False),
    ],
)
def test_what_was_made_for_us_is_adopted(identifier: str, *, adopted: bool) -> None:
    verdict = judge(
        parse(identifier),
        meta(labels={}, annotations={}),
        label=LABEL,
        digest=DIGEST,
        body=BODY,
        known=FORGOTTEN,
        rules=RULES,
    )
    assert (verdict.answer is not Answer.FOREIGN) is adopted


def test_what_is_being_deleted_is_leaving() -> None:
    found = meta(deletionTimestamp="2026-11-21T09:00:00Z")

    assert judged(found).answer is Answer.LEAVING
    assert not unchanged(found, recorded(found), DIGEST)


def test_a_version_or_a_fingerprint_shows_it_untouched() -> None:
    record = recorded(meta())

    assert unchanged(meta(), record, DIGEST)
    assert unchanged(meta(STATUS, resourceVersion="300"), record, DIGEST)
    assert not unchanged(meta(generation=2, resourceVersion="300"), record, DIGEST)
    assert not unchanged(meta(), record, "sha256:bb")
