"""`make fuzz-rego`: does any engine judge a rule that nobody wrote otherwise than OPA does?

Rules and documents follow from a number alone: a run can be made again. Many rules stand in one
bundle, because compiling takes longer than asking. Whole verdicts are compared. In which order
conditions are looked at no language says, so where one of them fails and another does not hold,
one engine may deny (*error*) and another not. What then counts: an error where OPA has none denies,
and is counted; no error where OPA has one must be what OPA says of the same rule with its
conditions in another order. Everything else is a difference.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from controlplane.policy.bundle import LoadedPolicies, load
from controlplane.policy.decide import decide
from controlplane.policy.engine import Question
from controlplane.policy.errors import PolicyLoadError
from controlplane.policy.model import Cause, Verdict
from controlplane.values import Problem
from evidence.canonical import canonical
from tests.support.engines import NAMES, engine_named
from tests.support.policies import rule
from tests.support.rego_grammar import module
from tests.support.rego_values import document

RULES = 3_000
SEED = 20_260_101
A_BATCH = 60  # rules in one bundle
DOCUMENTS = 16  # for each bundle
ORDERS = 40  # in which OPA is asked about a rule again
TYPES = "rego_type_error"  # what OPA knows of types, no check of ours does: it says so at its place

Judged = dict[str, dict[tuple[str, int], Verdict]]
"""By engine, then by (name of the rule, number of the document)."""


@dataclass
class Total:
    """What was compared, and what came of it."""

    rules: int = 0
    refused: int = 0  # by the check at authoring
    mistyped: int = 0  # by OPA, for the types of what is written out
    verdicts: int = 0
    found: int = 0  # verdicts of OPA with findings
    failed: int = 0  # verdicts of OPA with an error
    denied: int = 0  # with an error where OPA has none
    reordered: int = 0  # as OPA says of the conditions in another order
    differences: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.rules:,} rules ({self.refused:,} refused when written, {self.mistyped:,} by OPA "
            f"for their types), {self.verdicts:,} verdicts: {self.found:,} with findings, "
            f"{self.failed:,} failed in OPA; {self.denied:,} denied beside OPA, "
            f"{self.reordered:,} as in another order"
        )


def compare(number: int, seed: int, told: Callable[[Total], None] = lambda _: None) -> Total:
    """Compare the engines on so many rules, some at a time."""
    total = Total()
    for batch in range(-(-number // A_BATCH)):
        size = min(A_BATCH, number - batch * A_BATCH)
        seeds = {f"g{each}": f"{seed}/{batch}/{each}" for each in range(size)}
        random = Random(f"{seed}/{batch}")
        _batch(seeds, [document(random) for _ in range(DOCUMENTS)], total)
        told(total)
    return total


def _batch(seeds: Mapping[str, str], documents: Sequence[Any], total: Total) -> None:
    texts = {name: module(each) for name, each in seeds.items()}
    total.rules += len(texts)
    taken = {name: text for name, text in texts.items() if not _load({name: text}).problems}
    total.refused += len(texts) - len(taken)
    given = judged(_loadable(taken, total), documents)
    shown: set[str] = set()
    for (name, at), theirs in given["opa"].items():
        total.verdicts += 1
        total.found += bool(theirs.findings)
        total.failed += _failed(theirs)
        for engine in NAMES:
            ours = given[engine][name, at]
            if ours == theirs or name in shown:
                continue
            if _failed(ours):
                total.denied += 1
            elif _failed(theirs) and _in_another_order(seeds[name], documents[at], ours):
                total.reordered += 1
            else:
                shown.add(name)
                total.differences.append(_shown(texts[name], documents[at], engine, ours, theirs))


def judged(texts: Mapping[str, str], documents: Sequence[Any]) -> Judged:
    """Return what each engine says; raises PolicyLoadError where one does not load a rule."""
    return {engine: asked(engine, texts, documents) for engine in NAMES}


def asked(
    engine: str, texts: Mapping[str, str], documents: Sequence[Any]
) -> dict[tuple[str, int], Verdict]:
    """Return what one engine says of each rule on each document."""
    bundle = _load(texts).bundle
    given: dict[tuple[str, int], Verdict] = {}
    with engine_named(engine).prepare(bundle) as prepared:
        for at, each in enumerate(documents):
            question = Question("Tenant/acme", canonical(each), bundle.rules)
            answer = prepared.answer(question)
            for one in bundle.rules:
                alone = Question(question.subject, question.envelope, (one,))
                given[one.id.partition("/")[2], at] = decide(alone, answer)
    return given


def _load(texts: Mapping[str, str]) -> LoadedPolicies:
    files: dict[str, str] = {}
    for name, text in texts.items():
        files |= rule(text, f"tenancy/{name}")
    return load(files)


def _loadable(texts: Mapping[str, str], total: Total) -> dict[str, str]:
    """Return the rules that every engine loads; what the check should have refused is noted."""
    left = dict(texts)
    for engine in ("opa", "embedded", "compiled"):
        while refused := _refused(engine, left):
            for name, problem in refused.items():
                text = left.pop(name)
                if engine == "opa" and TYPES in problem.message:
                    total.mistyped += 1
                else:
                    total.differences.append(f"{text}\n{engine} does not load it: {problem}")
    return left


def _refused(engine: str, texts: Mapping[str, str]) -> dict[str, Problem]:
    """Return which of the rules an engine does not load, and why."""
    if not texts:
        return {}
    try:
        with engine_named(engine).prepare(_load(texts).bundle):
            return {}
    except PolicyLoadError as error:
        at = {f"policies/tenancy/{name}/rule.rego": name for name in texts}
        placed = {at[p.position.path]: p for p in error.problems if p.position.path in at}
        if placed or len(texts) == 1:
            return placed or {next(iter(texts)): error.problems[0]}
    half = len(texts) // 2  # it did not say where: look for it
    names = list(texts)
    return _refused(engine, {name: texts[name] for name in names[:half]}) | _refused(
        engine, {name: texts[name] for name in names[half:]}
    )


def _failed(verdict: Verdict) -> bool:
    return any(each.cause is Cause.ERROR for each in verdict.indeterminate)


def _in_another_order(seed: str, document: Any, ours: Verdict) -> bool:
    """Whether OPA says the same of the rule with its conditions in some other order."""
    texts = {f"o{order}": module(seed, order) for order in range(1, ORDERS + 1)}
    texts = {name: text for name, text in texts.items() if not _load({name: text}).problems}
    while refused := _refused("opa", texts):  # a name before it is declared
        texts = {name: text for name, text in texts.items() if name not in refused}
    return any(
        (_unnamed(each) == _unnamed(ours)) for each in asked("opa", texts, [document]).values()
    )


def _unnamed(verdict: Verdict) -> tuple[Any, ...]:
    findings = [(each.code, each.path, each.params) for each in verdict.findings]
    return findings, [each.cause for each in verdict.indeterminate]


def _shown(text: str, document: Any, engine: str, ours: Verdict, theirs: Verdict) -> str:
    resource = json.dumps(document["subject"]["resource"])
    return f"{text}\n{resource}\n{engine:8} {ours.to_json()}\nopa      {theirs.to_json()}"


def main(arguments: Sequence[str]) -> int:
    """Compare, print the totals, and return 1 where engines differ."""
    parser = argparse.ArgumentParser(prog="fuzz-rego", description=__doc__)
    parser.add_argument("--rules", type=int, default=RULES)
    parser.add_argument("--seed", type=int, default=SEED)
    given = parser.parse_args(arguments)
    total = compare(given.rules, given.seed, lambda each: print(each, file=sys.stderr))
    print(f"seed {given.seed}: {total}")
    for each in total.differences:
        print(f"\n{each}")
    return 1 if total.differences else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
