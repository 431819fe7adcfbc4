"""A change that brings its own judges, approvers or leniency: those of the base count, and no other.

The rules are the shipped ones of change control, the approvals real signatures.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from evidence.signers.base import Signer
from tests.support.documents import document
from tests.support.hostile import Hostile, Outcome
from tests.support.trusting import (
    ADA,
    BOB,
    CAROL,
    CONTRACT,
    MALLORY,
    PEOPLE,
    ROOT,
    approved,
    contract,
    root,
)

pytestmark = pytest.mark.requires("opa")

Change = Callable[[Hostile], None]
MISSING, SECOND = "change-control/required-approvals", "change-control/second-approver"
INDEPENDENT = "change-control/independent-approval"
FEW, OWN = "change-control/trust-threshold", "change-control/own-key"


def judged(world: Hostile, by: Sequence[Signer], evidence: Path) -> Outcome:
    """Return what the gate says of a change to which these people agreed."""
    head = world.head()
    return world.judge(head, said=approved(world.step(head), by, evidence))


def put(path: str, text: str) -> Change:
    def change(world: Hostile) -> None:
        world.files[path] = text

    return change


def gone(path: str) -> Change:
    def change(world: Hostile) -> None:
        del world.files[path]

    return change


def settings(spec: str) -> Change:
    return put("repository.yaml", document("Repository", "example", spec))


WITH_MALLORY = {**PEOPLE, "mallory": MALLORY}
_KEY = root({"mallory": MALLORY}).partition("  keys:\n")[2].partition("  identities:")[0]
DECIDING = root(PEOPLE, version=2).replace(
    "  identities:", _KEY.replace("purpose: approve", "purpose: decide") + "  identities:"
)
CASES: dict[str, tuple[Change, Sequence[Signer], set[str]]] = {
    "a trust root of the change's own": (
        put(ROOT, root({"mallory": MALLORY}, version=2, threshold=1)), [MALLORY],
        {FEW, MISSING, OWN},
    ),
    "a trust root beside the one in force": (
        put("trust/z.yaml", root({"mallory": MALLORY}, threshold=1, name="z")), [MALLORY],
        {FEW, MISSING, OWN},
    ),
    "a key that the change brings agrees to it": (
        put(ROOT, root(WITH_MALLORY, version=2)), [MALLORY], {FEW, MISSING, OWN},
    ),
    "a key that the change brings is one of two": (
        put(ROOT, root(WITH_MALLORY, version=2)), [BOB, MALLORY], {FEW},
    ),
    "only the author agrees to a new key": (
        put(ROOT, root(WITH_MALLORY, version=2)), [ADA], {FEW, OWN, INDEPENDENT},
    ),
    "only the author agrees to a key that decides": (
        put(ROOT, DECIDING), [ADA], {FEW, OWN, INDEPENDENT},
    ),
    "the threshold is lowered to what there is": (
        put(ROOT, root(PEOPLE, version=2, threshold=1)), [BOB], {FEW},
    ),
    "the trust root is taken away": (gone(ROOT), [BOB], {FEW}),
    "an old trust root again": (
        put(ROOT, root({"bob": BOB, "carol": CAROL})), [BOB, CAROL], {"change-control/trust-version"},
    ),
    "the contract asks somebody else": (
        put(CONTRACT, contract().replace("[security]}", "[finance]}")), [MALLORY], {MISSING},
    ),
    "the contract is about something else": (
        put(CONTRACT, contract().replace("[policy, security]", "[pricing]")), [], {MISSING},
    ),
    "the contract is taken away": (gone(CONTRACT), [], {MISSING}),
    "somebody whom nobody trusts agrees": (put(CONTRACT, contract(2)), [MALLORY], {MISSING}),
    "another branch is to be protected": (settings("protectedBranches: [other]"), [], {MISSING}),
    "another engine will do": (settings("requiredEngine: any\nwaiverNotice: 1d"), [], {MISSING}),
    "what merged unjudged may be applied": (settings("ungatedMerges: gate-then-apply"), [], {MISSING}),
    "rules that guard are turned off": (
        settings("severities:\n  prod:\n    change-control/required-approvals: 'off'"), [], {MISSING, SECOND},
    ),
    "the rule that asks is taken away": (
        gone("policies/change-control/required-approvals/rule.rego"), [], {MISSING, SECOND},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_change_of_whom_to_trust(case: str, trusting: Hostile, tmp_path: Path) -> None:
    change, by, denied_by = CASES[case]
    change(trusting)
    outcome = judged(trusting, by, tmp_path)
    assert (outcome.ended, set(outcome.said)) == ("deny", denied_by), outcome


@pytest.mark.parametrize(
    ("change", "by"),
    [
        (put(ROOT, root(WITH_MALLORY, version=2)), [BOB, CAROL]),
        (put(CONTRACT, contract(2)), [BOB]),
        (settings("protectedBranches: [other]"), [CAROL]),
    ],
    ids=["trust root", "contract", "settings"],
)
def test_what_the_right_people_agree_to_is_allowed(
    change: Change, by: Sequence[Signer], trusting: Hostile, tmp_path: Path
) -> None:
    change(trusting)
    outcome = judged(trusting, by, tmp_path)
    assert outcome.ended == "allow", outcome


@pytest.mark.parametrize(
    "spec", ["protectedBranches: []", "policySets: []", "genesis: {policies: x}"]
)
def test_settings_that_protect_nothing_are_none(
    spec: str, trusting: Hostile, tmp_path: Path
) -> None:
    settings(spec)(trusting)
    assert judged(trusting, [BOB, CAROL], tmp_path).ended == "invalid"


def test_an_approval_of_another_step_is_none(trusting: Hostile, tmp_path: Path) -> None:
    """Bob agreed to one protected branch, and the change has another since."""
    settings("protectedBranches: [other]")(trusting)
    said = approved(trusting.step(trusting.head()), [BOB], tmp_path)
    settings("protectedBranches: [another]")(trusting)
    assert trusting.judge(trusting.head(), said=said).said == (MISSING,)
