"""Waivers that must not count: nothing lets data into the US but one that the base has, and honest.

The people that must agree to the change do; the waiver alone stands between it and a denial.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.documents import document
from tests.support.hostile import Hostile, Outcome
from tests.support.trusting import ADA, BOB, CAROL, approved

pytestmark = pytest.mark.requires("opa")

FILE = "catalog/waivers/abroad.yaml"
DENIED = "tenancy/first"
SOUND = {
    "rule": DENIED,
    "subject": "{kind: Tenant, name: acme}",
    "severity": "deny",
    "reason": "A test.",
    "compensatingControl": "Somebody looks.",
    "ticket": "T-1",
    "approvedBy": "{subject: bob@acme.example}",
    "issued": '"2026-12-20T12:00:00Z"',
    "expires": '"2026-12-30T12:00:00Z"',
}  # the gate judges at 2026-12-24T12:00:00Z


def waiver(**changed: str) -> str:
    given = {**SOUND, **changed}
    return document("Waiver", "abroad", "\n".join(f"{k}: {v}" for k, v in given.items()))


def waived(world: Hostile, tmp_path: Path, *, base: str, abroad: bool = True) -> Outcome:
    """Return what the gate says of data in the US where `main` has this waiver."""
    world.files[FILE] = base
    before = world.made.commit(world.files, branch="waived", parents=[world.base])
    if abroad:
        world.abroad()
    head = world.head(parents=[before])
    return world.judge(head, before, approved(world.step(head, before), [BOB, CAROL], tmp_path))


def brought(world: Hostile, tmp_path: Path, text: str, *by: object) -> Outcome:
    """Return what the gate says of a change that brings this waiver, and no data to the US."""
    world.files[FILE] = text
    head = world.head()
    keys = [key for key in (ADA, BOB, CAROL) if key in by]
    return world.judge(head, said=approved(world.step(head), keys, tmp_path))


def test_a_sound_one_waives(trusting: Hostile, tmp_path: Path) -> None:
    outcome = waived(trusting, tmp_path, base=waiver())
    assert (outcome.ended, outcome.said) == ("allow", (DENIED,)), outcome


WORTHLESS = {
    "ended a minute ago": {"expires": '"2026-12-24T11:59:00Z"'},
    "ends at this moment": {"expires": '"2026-12-24T12:00:00Z"'},
    "ended by another zone's clock": {"expires": '"2026-12-24T12:59:00+01:00"'},
    "begins in a minute": {"issued": '"2026-12-24T12:01:00Z"'},
    "about a neighbouring rule": {"rule": "tenancy/second"},
    "about the same name of another kind": {"subject": "{kind: Placement, name: acme/prod@here}"},
    "for an environment that the finding is not in": {"environments": "[prod]"},
    "of a rule that it calls less grave": {"severity": "warn"},
    "answered for by nobody the trust root knows": {"approvedBy": "{subject: eve@acme.example}"},
    "answered for by one of another issuer": {
        "approvedBy": "{subject: bob@acme.example, issuer: 'https://elsewhere.example'}"
    },
    "answered for by one whose case differs": {"approvedBy": "{subject: BOB@acme.example}"},
}


@pytest.mark.parametrize("case", WORTHLESS)
def test_one_that_does_not_hold_waives_nothing(
    case: str, trusting: Hostile, tmp_path: Path
) -> None:
    outcome = waived(trusting, tmp_path, base=waiver(**WORTHLESS[case]))
    assert (outcome.ended, outcome.said) == ("deny", (DENIED,)), outcome


STRANGE = {
    "every rule of a family": {"rule": "tenancy/*"},
    "every rule": {"rule": "'*'"},
    "a rule in Cyrillic letters": {"rule": "t\u0435nancy/first"},
    "a rule with a space after it": {"rule": "'tenancy/first '"},
    "a rule with a zero-width space": {"rule": '"tenancy/first\\u200b"'},
    "a rule in capitals": {"rule": "Tenancy/First"},
    "a rule by its package": {"rule": "controlplane.tenancy.first"},
    "every tenant": {"subject": "{kind: Tenant, name: '*'}"},
    "every kind": {"subject": "{kind: '*', name: acme}"},
    "a tenant in Cyrillic letters": {"subject": "{kind: Tenant, name: \u0430cme}"},
    "a tenant that is not there": {"subject": "{kind: Tenant, name: acm}"},
    "several subjects": {"subject": "[{kind: Tenant, name: acme}]"},
    "an end before its beginning": {"expires": '"2026-12-19T12:00:00Z"'},
    "an end that never comes": {"expires": "never"},
    "an end without a zone": {"expires": '"2026-12-30T12:00:00"'},
    "an end beyond the calendar": {"expires": '"9999-12-31T23:59:60Z"'},
}


@pytest.mark.parametrize("case", STRANGE)
def test_one_that_means_more_than_one_thing_is_none(
    case: str, trusting: Hostile, tmp_path: Path
) -> None:
    trusting.abroad()
    outcome = brought(trusting, tmp_path, waiver(**STRANGE[case]), BOB, CAROL)
    assert outcome.ended == "invalid", outcome


def test_the_change_that_needs_it_cannot_bring_it(trusting: Hostile, tmp_path: Path) -> None:
    trusting.abroad()
    outcome = brought(trusting, tmp_path, waiver(), BOB, CAROL)
    assert outcome.ended == "deny"
    assert DENIED in outcome.said


def test_the_change_that_needs_it_cannot_prolong_it(trusting: Hostile, tmp_path: Path) -> None:
    trusting.files[FILE] = waiver(expires='"2026-12-24T11:59:00Z"')
    before = trusting.made.commit(trusting.files, branch="ended", parents=[trusting.base])
    trusting.files[FILE] = waiver()
    trusting.abroad()
    head = trusting.head(parents=[before])
    said = approved(trusting.step(head, before), [BOB, CAROL], tmp_path)
    outcome = trusting.judge(head, before, said)
    assert outcome.ended == "deny"
    assert DENIED in outcome.said


GUARDS = ["required-approvals", "trust-threshold", "own-key", "waiver-approver", "policy-alone"]


@pytest.mark.parametrize("rule", GUARDS)
def test_the_rules_that_guard_are_not_waived(rule: str, trusting: Hostile, tmp_path: Path) -> None:
    """With the waiver in force nobody agrees to a change of settings that needs an approval."""
    trusting.files[FILE] = waiver(
        rule=f"change-control/{rule}", subject="{kind: Change, name: change}"
    )
    before = trusting.made.commit(trusting.files, branch="guards", parents=[trusting.base])
    trusting.files["repository.yaml"] = document(
        "Repository", "example", "protectedBranches: [other]"
    )
    outcome = trusting.judge(trusting.head(parents=[before]), before)
    assert (outcome.ended, outcome.said) == ("deny", ("change-control/required-approvals",))


def test_an_honest_one_may_be_brought(trusting: Hostile, tmp_path: Path) -> None:
    assert brought(trusting, tmp_path, waiver(), BOB).ended == "allow"


@pytest.mark.parametrize(
    ("text", "by"),
    [
        (waiver(approvedBy="{subject: ada@acme.example}"), (ADA, CAROL)),
        (waiver(), (CAROL,)),
        (waiver(approvedBy="{subject: eve@acme.example}"), (BOB, CAROL)),
    ],
    ids=["its author", "somebody who did not agree", "somebody unknown"],
)
def test_who_answers_for_one_is_an_approver_who_agreed_and_did_not_write_it(
    text: str, by: tuple[object, ...], trusting: Hostile, tmp_path: Path
) -> None:
    outcome = brought(trusting, tmp_path, text, *by)
    assert (outcome.ended, outcome.said) == ("deny", ("change-control/waiver-approver",)), outcome
