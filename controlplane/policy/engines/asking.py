"""How an evaluator is asked, whichever it is: together first, each rule alone after an error.

Decides what an entry's value means for each rule, and refuses one that names another envelope.
Which envelopes no evaluator is asked about is left to `fitness`, what an evaluator is and how it is
reached to its own module.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

from controlplane.policy.engine import Answer, Prepared, Question, Silent, Unanswered
from controlplane.policy.engines.fitness import Fitness
from controlplane.policy.entries import QUESTION, Entries, entries
from controlplane.policy.model import Cause, PolicyBundle, Rule
from evidence.canonical import Json


class PoliciesByEntry(Prepared):
    """A bundle whose entries (see `entries`) are evaluated one at a time."""

    def __init__(self, bundle: PolicyBundle, *, check_question: bool = True) -> None:
        """`check_question` is off only in the tests that show what it is for."""
        self.bundle = bundle
        self.entries: Entries = entries(bundle)
        self._check_question = check_question
        self._fitness = Fitness()

    @abstractmethod
    def evaluate_entry(self, entry: str, envelope: bytes) -> Json | Unanswered:
        """Return the value of `controlplane_decision.<entry>`, or why there is none."""

    def evaluate(self, question: Question) -> Answer:
        """Ask the rules together, and each alone where that fails with an error."""
        if fault := self._fitness.unfit(question.envelope, question.parts):
            return _all(question.rules, Unanswered(Cause.UNSUPPORTED, fault))
        asked = self.entries.for_rules(question.rules)
        if len(asked) == 1:
            given = self._ask(*asked[0], question)
            if isinstance(given, Silent):
                return given
            answers = dict(given)
        else:
            answers = self._each(asked, question)
        failed = [rule for rule in question.rules if _is_error(answers.get(rule.id))]
        if len(failed) > 1:
            answers |= self._each(self.entries.one_by_one(failed), question)
        return answers

    def _each(
        self, asked: Sequence[tuple[str, tuple[Rule, ...]]], question: Question
    ) -> dict[str, Json | Unanswered]:
        answers: dict[str, Json | Unanswered] = {}
        for entry, rules in asked:
            answers |= self._ask(entry, rules, question)
        return answers

    def _ask(self, entry: str, rules: tuple[Rule, ...], question: Question) -> Answer:
        return self._meaning(rules, self.evaluate_entry(entry, question.envelope), question)

    def _meaning(
        self, rules: tuple[Rule, ...], value: Json | Unanswered, question: Question
    ) -> Answer:
        """Return what the value of an entry means for each of its rules."""
        if isinstance(value, Unanswered):
            return _all(rules, value)
        if not isinstance(value, dict) or not isinstance(value.get("answers"), dict):
            return _all(rules, Unanswered(Cause.UNDEFINED, "the entry is undefined"))
        if self._check_question and value.get(QUESTION) != question.digest:
            return _all(rules, Unanswered(Cause.MALFORMED, "an answer about another envelope"))
        missing = Unanswered(Cause.UNDEFINED, "the rule has no value for this input")
        return {rule.id: value["answers"].get(rule.id, missing) for rule in rules}


def _all(rules: tuple[Rule, ...], why: Unanswered) -> Answer:
    return {rule.id: why for rule in rules}


def _is_error(answer: Json | Unanswered | None) -> bool:
    return isinstance(answer, Unanswered) and answer.cause is Cause.ERROR
