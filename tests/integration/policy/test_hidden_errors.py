"""An error beside a condition that does not hold: who denies, and that no fault passes.

Evaluators look at conditions in an order of their own (OPA skips a body by its index, the embedded
one looks first at what depends on no member), so an engine may fail where OPA finds nothing: that
denies. The other way round happens only behind members: the embedded engine is silent because of a
condition that does not hold, as OPA is where that one is written first. So no fault passes. An
error behind a condition of the envelope that does not hold is silent in all of them.
"""

from __future__ import annotations

from functools import cache

import pytest

from controlplane.policy.bundle import load
from controlplane.policy.decide import decide
from controlplane.policy.engine import Question
from controlplane.policy.model import Verdict
from evidence.canonical import canonical
from tests.support.engines import NAMES, engine_named
from tests.support.policies import finds, rule

pytestmark = pytest.mark.requires("opa")

HERE = "input.subject.resource"
FALSE = {
    "a constant": "false",
    "another text": 'input.subject.name == "other"',
    "a field that is not there": f"{HERE}.none",
    "a negation": "not input.subject.name",
}
NO_MEMBER = f"some _ in {HERE}.empty"
ERRORS = {
    "concat": f'concat(",", [{HERE}.n]) == "a"',
    "plus": f"{HERE}.s + 1 == 2",
    "a comparison": f"{HERE}.s + 1 > 2",
    "abs": f"abs({HERE}.s) == 1",
    "sum": f"sum({HERE}.strs) == 1",
    "count": f"count({HERE}.n) == 1",
    "startswith": f'startswith({HERE}.n, "a")',
    "an assignment": f"y := {HERE}.s + 1\n\ty == 2",
    "a function": f"f({HERE}.s) == 1",
    "a rule": "g == 1",
    "a comprehension": f"count([x | some x in {HERE}.strs; x + 1 == 2]) == 0",
}
MORE = f"\n\nf(x) := x + 1\n\ng := {HERE}.s + 1"
BEHIND = {(a, b): f"{FALSE[a]}\n\t{ERRORS[b]}" for a in FALSE for b in ERRORS}
BEFORE = {(b, a): f"{ERRORS[b]}\n\t{FALSE[a]}" for a in FALSE for b in ERRORS}
NONE = {("no member", b): f"{NO_MEMBER}\n\t{ERRORS[b]}" for b in ERRORS}
ALONE = {(b, "alone"): ERRORS[b] for b in ERRORS}
INDEXED = ("startswith", "alone")  # OPA's index takes what is no text for another one
BODIES = BEHIND | BEFORE | NONE | ALONE
RESOURCE = {"n": 3, "s": "x", "zero": 0, "strs": ["a"], "empty": []}


@cache
def _verdicts(engine: str) -> dict[tuple[str, str], Verdict]:
    files: dict[str, str] = {}
    for number, body in enumerate(BODIES.values()):
        files |= rule(finds(body) + MORE, f"tenancy/b{number}")
    loaded = load(files)
    assert not loaded.problems, loaded.problems
    text = canonical({"subject": {"kind": "Tenant", "name": "acme", "resource": RESOURCE}})
    names = {f"tenancy/b{number}": name for number, name in enumerate(BODIES)}
    with engine_named(engine).prepare(loaded.bundle) as prepared:
        return {
            names[each.id]: decide(question, prepared.answer(question))
            for each in loaded.bundle.rules
            for question in (Question("Tenant/acme", text, (each,)),)
        }


@pytest.mark.parametrize("engine", NAMES)
def test_an_error_denies(engine: str) -> None:
    silent = [name for name in ALONE if not _verdicts(engine)[name].indeterminate]
    assert silent == ([INDEXED] if engine == "opa" else [])


@pytest.mark.parametrize("engine", NAMES)
def test_an_error_behind_what_does_not_hold_is_silent_in_every_engine(engine: str) -> None:
    assert [name for name in BEHIND if not _verdicts(engine)[name].allow] == []


@pytest.mark.parametrize("engine", NAMES)
def test_what_opa_denies_every_engine_denies(engine: str) -> None:
    ours, theirs = _verdicts(engine), _verdicts("opa")
    assert any(not verdict.allow for name, verdict in theirs.items() if name in BEFORE)
    assert [name for name in BODIES if ours[name].allow and not theirs[name].allow] == []


MEMBER = f"some x in object.keys({HERE}.n)"
ABSENT = f"not {HERE}.s"


def test_beside_a_member_that_fails_an_engine_says_what_opa_says_in_some_order() -> None:
    files = rule(finds(f"{MEMBER}\n\t{ABSENT}"), "tenancy/after")
    files |= rule(finds(f"{ABSENT}\n\t{MEMBER}"), "tenancy/before")
    bundle = load(files).bundle
    text = canonical({"subject": {"kind": "Tenant", "name": "acme", "resource": RESOURCE}})
    allowed = {}
    for name in NAMES:
        with engine_named(name).prepare(bundle) as prepared:
            allowed[name] = [
                decide(question, prepared.answer(question)).allow
                for each in bundle.rules
                for question in (Question("Tenant/acme", text, (each,)),)
            ]
    assert allowed == {
        "compiled": [False, True],
        "embedded": [True, True],
        "opa": [False, True],
    }
