"""Engines of somebody else that answer many questions in their own way: none of it is an allow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, ClassVar

import pytest

from controlplane.operations.judging import judge
from controlplane.policy.bundle import load
from controlplane.policy.engine import Answer, PolicyEngine, Prepared, Question
from controlplane.policy.model import Cause, PolicyBundle
from tests.support.decisions import FACTS, TIME, tenant
from tests.support.policies import finds, rule

SILENT: Answer = {"tenancy/first": {"findings": []}}
Batch = Callable[[list[Question]], Iterator[Any]]


class Batching(PolicyEngine):
    """An engine that answers as `batch` does."""

    name: ClassVar[str] = "batching"

    def __init__(self, batch: Batch) -> None:
        self._batch = batch

    def version(self) -> str:
        return "batching 1"

    def prepare(self, bundle: PolicyBundle) -> Prepared:
        return _Batch(self._batch)


class _Batch(Prepared):
    def __init__(self, batch: Batch) -> None:
        self._batch = batch

    def evaluate(self, question: Question) -> Answer:
        return SILENT

    def answers(self, questions: Iterable[Question]) -> Iterator[Answer]:
        yield from self._batch(list(questions))


def _raises(_: list[Question]) -> Iterator[Any]:
    yield SILENT
    raise OSError("gone")


def _raises_at_once(_: list[Question]) -> Iterator[Any]:
    raise MemoryError


def _for_ever(_: list[Question]) -> Iterator[Any]:
    while True:
        yield SILENT


BATCHES: dict[str, tuple[Batch, list[Cause]]] = {
    "none": (lambda _: iter([]), [Cause.SKIPPED] * 3),
    "too few": (lambda _: iter([SILENT, SILENT]), [Cause.SKIPPED]),
    "too many": (lambda _: iter([SILENT] * 4), [Cause.MALFORMED] * 3),
    "without end": (_for_ever, [Cause.MALFORMED] * 3),
    "an error after the first": (_raises, [Cause.ERROR] * 2),
    "an error at once": (_raises_at_once, [Cause.ERROR] * 3),
    "no answers": (lambda _: iter([None, "no", 7]), [Cause.UNDEFINED] * 3),
    "nothing to go through": (lambda _: None, [Cause.ERROR] * 3),  # type: ignore[arg-type, return-value]
    "empty ones": (lambda _: iter([{}, SILENT, {}]), [Cause.UNDEFINED] * 2),
}


@pytest.mark.parametrize("case", BATCHES)
def test_whatever_a_batch_lacks_denies(case: str) -> None:
    batch, causes = BATCHES[case]
    bundle = load(rule(finds("false"))).bundle
    subjects = [tenant(name) for name in ("a", "b", "c")]
    found = judge(Batching(batch), bundle, subjects, FACTS, TIME)
    assert [each.cause for each in found.verdict.indeterminate] == causes
    assert not found.verdict.allow
    assert len(found.details) == len(causes)


def test_a_whole_one_is_believed() -> None:
    bundle = load(rule(finds("false"))).bundle
    honest = Batching(lambda asked: iter([SILENT] * len(asked)))
    assert judge(honest, bundle, [tenant("a"), tenant("b")], FACTS, TIME).verdict.allow
