"""What an engine says, with one part otherwise: nothing that was damaged on the way is an allow.

An engine that itself leaves a finding out cannot be told from one that found nothing; that it is
not so is what the agreement of three engines is for.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator
from typing import Any

from controlplane.policy.bundle import load
from controlplane.policy.decide import decide
from controlplane.policy.engine import Question, Unanswered
from controlplane.policy.engines.asking import PoliciesByEntry
from controlplane.policy.model import PolicyBundle
from evidence.canonical import Json, canonical, digest_bytes
from tests.support.envelopes import places
from tests.support.policies import finds, rule

VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 2**53, "", "x", "bad", [], {}, [[]], [None], {"findings": []},
    -(2**53), 10**400, 1.0, math.nan, math.inf, "\ud800", b"x", object(), [math.nan], {1: 2},
)  # fmt: skip
ENVELOPE = canonical({"subject": {"kind": "Tenant", "name": "acme"}})
FINDINGS = [{"code": "bad", "path": ["spec", 0], "params": {"name": "x"}}] * 3
IDS = ("tenancy/first", "tenancy/second")
HONEST = {
    "question": digest_bytes(ENVELOPE),
    "answers": {identity: {"findings": FINDINGS} for identity in IDS},
}


class _Says(PoliciesByEntry):
    """An engine that says one thing, whatever it is asked."""

    def __init__(self, bundle: PolicyBundle, said: Any) -> None:
        super().__init__(bundle)
        self._said = said

    def evaluate_entry(self, entry: str, envelope: bytes) -> Json | Unanswered:
        said: Json = self._said
        return said


def _mutants() -> Iterator[Any]:
    yield from VALUES
    for path in places(HONEST):
        for value in (places, *VALUES):  # the function stands for dropped
            if path[-1] in IDS and value == {"findings": []}:
                continue  # another answer, and a whole one
            changed = copy.deepcopy(HONEST)
            holder: Any = changed
            for step in path[:-1]:
                holder = holder[step]
            if value is places:
                del holder[path[-1]]
            else:
                holder[path[-1]] = value
            yield changed


def test_what_was_not_asked_is_not_answered() -> None:
    """Findings of a rule that nobody knows are no findings, and no answer for one that is asked."""
    bundle = load(rule(finds("true"), IDS[0])).bundle
    question = Question("Tenant/acme", ENVELOPE, bundle.rules)
    honest: dict[str, Any] = copy.deepcopy(HONEST)
    verdict = decide(question, _Says(bundle, honest).answer(question))
    assert {f.rule for f in verdict.findings} == {IDS[0]}
    honest["answers"] = {"tenancy/unknown": honest["answers"][IDS[0]]}
    verdict = decide(question, _Says(bundle, honest).answer(question))
    assert (verdict.findings, len(verdict.indeterminate), verdict.allow) == ((), 1, False)


def test_nothing_that_was_damaged_is_an_allow(
    record_property: Callable[[str, object], None],
) -> None:
    files = rule(finds("true"), IDS[0]) | rule(finds("true"), IDS[1])
    bundle = load(files).bundle
    question = Question("Tenant/acme", ENVELOPE, bundle.rules)
    assert decide(question, _Says(bundle, HONEST).answer(question)).indeterminate == ()
    mutants = list(_mutants())
    for said in mutants:
        verdict = decide(question, _Says(bundle, said).answer(question))
        assert not verdict.allow, said
    record_property("counted: mutants of answers", len(mutants))
    assert len(mutants) > 500
