"""How an evaluator is asked, whichever it is: together first, each rule alone after an error.

Decides which envelopes no evaluator is asked about (they would read them differently), what an
entry's value means for each rule, and refuses one that names another envelope. What an evaluator
is and how it is reached is left to its own module.
"""

from __future__ import annotations

import json
import re
from abc import abstractmethod

from controlplane.policy.engine import Answer, Prepared, Question, Unanswered
from controlplane.policy.entries import QUESTION, Entries, entries
from controlplane.policy.model import Cause, PolicyBundle, Rule
from evidence.canonical import Json, digest_bytes

LARGEST_INTEGER = 2**53 - 1
DEEPEST = 100  # levels of nesting
_LONG_NUMBER = re.compile(rb"\d{16}")
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


class PoliciesByEntry(Prepared):
    """A bundle whose entries (see `entries`) are evaluated one at a time."""

    def __init__(self, bundle: PolicyBundle, *, check_question: bool = True) -> None:
        """`check_question` is off only in the tests that show what it is for."""
        self.bundle = bundle
        self.entries: Entries = entries(bundle)
        self._check_question = check_question

    @abstractmethod
    def evaluate_entry(self, entry: str, envelope: bytes) -> Json | Unanswered:
        """Return the value of `controlplane_decision.<entry>`, or why there is none."""

    def evaluate(self, question: Question) -> Answer:
        """Ask the rules together, and each alone where that fails with an error."""
        if fault := unfit(question.envelope):
            return _all(question.rules, Unanswered(Cause.UNSUPPORTED, fault))
        answers: dict[str, Json | Unanswered] = {}
        for entry, rules in self.entries.for_rules(question.rules):
            answers |= self._ask(entry, rules, question.envelope)
        failed = [rule for rule in question.rules if _is_error(answers.get(rule.id))]
        if len(failed) > 1:
            for entry, rules in self.entries.one_by_one(failed):
                answers |= self._ask(entry, rules, question.envelope)
        return answers

    def _ask(self, entry: str, rules: tuple[Rule, ...], envelope: bytes) -> Answer:
        value = self.evaluate_entry(entry, envelope)
        if isinstance(value, Unanswered):
            return _all(rules, value)
        if not isinstance(value, dict) or not isinstance(value.get("answers"), dict):
            return _all(rules, Unanswered(Cause.UNDEFINED, "the entry is undefined"))
        if self._check_question and value.get(QUESTION) != digest_bytes(envelope):
            return _all(rules, Unanswered(Cause.MALFORMED, "an answer about another envelope"))
        missing = Unanswered(Cause.UNDEFINED, "the rule has no value for this input")
        return {rule.id: value["answers"].get(rule.id, missing) for rule in rules}


def unfit(envelope: bytes) -> str:
    """Return why evaluators would not read an envelope alike, "" where they do.

    Raises ValueError for what is not JSON.
    """
    try:
        value = json.loads(envelope, parse_float=_fraction)
        if _LONG_NUMBER.search(envelope):
            json.loads(envelope, parse_int=_exact)
    except _UnfitError as error:
        return str(error)
    except RecursionError:
        return "it is nested too deeply"
    if not isinstance(value, dict):
        return "it is no object"
    if _SURROGATE.search(envelope):
        return "a text holds half of a character"
    openings = envelope.count(b"[") + envelope.count(b"{")
    deep = openings > DEEPEST and _is_deep(value)
    return f"it is nested deeper than {DEEPEST} levels" if deep else ""


class _UnfitError(Exception):
    """A number that evaluators read differently; never leaves this module."""


def _fraction(text: str) -> Json:
    raise _UnfitError(f"the number {text} has a fraction or an exponent")


def _exact(text: str) -> Json:
    if abs(int(text)) > LARGEST_INTEGER:
        raise _UnfitError(f"the number {text} is beyond 2^53")
    return int(text)


def _is_deep(value: Json) -> bool:
    level = [value]
    for _ in range(DEEPEST):
        level = [
            member
            for each in level
            if isinstance(each, (dict, list))
            for member in (each.values() if isinstance(each, dict) else each)
        ]
        if not level:
            return False
    return any(isinstance(each, (dict, list)) for each in level)


def _all(rules: tuple[Rule, ...], why: Unanswered) -> Answer:
    return {rule.id: why for rule in rules}


def _is_error(answer: Json | Unanswered | None) -> bool:
    return isinstance(answer, Unanswered) and answer.cause is Cause.ERROR
