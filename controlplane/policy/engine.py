"""The port behind which every Rego evaluator stands.

An engine prepares a bundle once and then answers questions about envelopes. The base class
guarantees totality whatever an engine does: an exception, a missing answer, an answer for
another question or one outside the decision contract becomes an `Indeterminate`, never a pass.
Implementations register under `controlplane.policy_engines`; `tests/conformance` holds the class
that each of them must pass.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar

from controlplane.policy.model import Cause, PolicyBundle, Rule
from evidence.canonical import Json, digest_bytes


@dataclass(frozen=True)
class Question:
    """One envelope (canonical JSON bytes) and the rules that are to judge it."""

    subject: str
    envelope: bytes
    rules: tuple[Rule, ...]
    parts: tuple[bytes, ...] = field(default=(), compare=False, repr=False)  # the same, in parts

    @cached_property
    def digest(self) -> str:
        """The digest by which an answer names the envelope."""
        return digest_bytes(self.envelope)


@dataclass(frozen=True)
class Unanswered:
    """A rule gave no trustworthy answer. `detail` is for people and not part of a verdict."""

    cause: Cause
    detail: str = ""


Answer = Mapping[str, Json | Unanswered]
"""Rule id → `{"findings": […]}` as plain JSON, with `"valid_until": […]` where the rule has it, or
why there is none. What it holds is checked by `decide`."""


class Silent(dict[str, Json]):
    """An answer in which no rule found anything, one object for all answers of the same words.

    It is nobody's to change: whoever meets it again need not read it again.
    """


_SKIPPED = Unanswered(Cause.SKIPPED, "the evaluator left the rule out")


class Prepared(ABC):
    """Policies loaded into an evaluator. A context manager; not shared between processes.

    What is evaluated where that is not the policies' own text: `artifact` is its digest, `""` else,
    and `artifact_file` the file from which it can be evaluated again.
    """

    artifact: str = ""
    artifact_file: bytes = b""

    @abstractmethod
    def evaluate(self, question: Question) -> Answer:
        """Evaluate every rule of the question. May raise; `answer` makes that a deny."""

    def answer(self, question: Question) -> Answer:
        """Return an answer for every rule of the question, whatever the evaluator does."""
        try:
            given = self.evaluate(question)
            if isinstance(given, Silent) and given.keys() == {rule.id for rule in question.rules}:
                return given
            return {rule.id: given.get(rule.id, _SKIPPED) for rule in question.rules}
        except Exception as error:  # noqa: BLE001 - whatever went wrong, every rule denies
            failed = Unanswered(Cause.ERROR, f"{type(error).__name__}: {error}")
            return {rule.id: failed for rule in question.rules}

    def answers(self, questions: Iterable[Question]) -> Iterator[Answer]:
        """Answer many questions in order; an engine overrides this where a batch is cheaper."""
        return (self.answer(question) for question in questions)

    def close(self) -> None:
        """End worker processes and servers that were started for this bundle."""
        return

    def __enter__(self) -> Prepared:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _mapping(given: Any) -> Answer:
    return given if isinstance(given, Mapping) else {}


def answered(prepared: Prepared, questions: Sequence[Question]) -> list[Answer]:
    """Return an answer for each question in order, whatever the engine's own batch does.

    Where it ends early or with an exception, what is left stays unanswered; where it gives more
    answers than it was asked questions, nobody knows which is about what.
    """
    found: list[Answer] = []
    why = _SKIPPED
    try:
        for given in islice(prepared.answers(questions), len(questions) + 1):
            found.append(_mapping(given))  # noqa: PERF401 - what came before an error stays
    except Exception as error:  # noqa: BLE001 - as for one answer: whatever went wrong, it denies
        why = Unanswered(Cause.ERROR, f"{type(error).__name__}: {error}")
    if len(found) > len(questions):
        found, why = [], Unanswered(Cause.MALFORMED, "more answers than questions")
    rest = questions[len(found) :]
    return [*found, *({rule.id: why for rule in question.rules} for question in rest)]


@dataclass(frozen=True)
class Machine:
    """What an engine may find on this machine; an entry point is called with it.

    `program` returns where a program is, None where it is nowhere. `home` holds this person's or
    machine's own settings and keys, `cache` what can be made again; None where there is none.
    """

    program: Callable[[str], Path | None]
    environment: Mapping[str, str]
    home: Path | None = None
    cache: Path | None = None


class PolicyEngine(ABC):
    """One evaluator of Rego.

    An entry point of the group `controlplane.policy_engines` names a function of a `Machine` that
    returns an engine, or raises EngineUnavailableError where what it needs is not there.
    """

    name: ClassVar[str]

    @abstractmethod
    def version(self) -> str:
        """Return the evaluator's own version, as it goes into a decision record."""

    @abstractmethod
    def prepare(self, bundle: PolicyBundle) -> Prepared:
        """Load a bundle.

        Raises PolicyLoadError, naming the place, for text this engine cannot evaluate faithfully.
        """
