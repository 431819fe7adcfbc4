"""From an engine's answer to the total verdict: pure, and trusting nothing.

Decides what is a finding, what is outside of the decision contract, and until when a verdict
holds. The same answer gives the same bytes whichever engine it came from.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime

from controlplane.policy.engine import Answer, Question, Silent, Unanswered
from controlplane.policy.metadata import SLOT
from controlplane.policy.model import Cause, Finding, Indeterminate, Rule, Verdict, merge
from controlplane.values import FieldPath
from evidence.canonical import Json

LARGEST_INTEGER = 2**53 - 1
_TIME = b',"time":{'
_DAY = 86_400  # seconds
_LAST_SECOND = 253_402_300_799  # 9999-12-31T23:59:59Z, the last that RFC 3339 can say


class MalformedError(Exception):
    """An answer does not keep the decision contract; never leaves this module."""


def decide(question: Question, answer: Answer) -> Verdict:
    """Return the verdict of every rule of `question`; what was not answered denies.

    `answer` is rule id → `{"findings": […]}`, with `"valid_until": […]` where the rule has it.
    """
    now = _now(question)
    return merge(
        [_judge(question.subject, rule, answer.get(rule.id), now) for rule in question.rules]
    )


MOST = 4096  # verdicts that are kept


class Decider:
    """Decides question after question; an answer without findings that comes again is read once."""

    def __init__(self) -> None:
        # The objects are held, so that no other can get their identity.
        self._known: dict[
            tuple[int, int, int | None], tuple[Silent, tuple[Rule, ...], Verdict]
        ] = {}

    def decide(self, question: Question, answer: Answer) -> Verdict:
        """Return what `decide` does."""
        if not isinstance(answer, Silent):
            return decide(question, answer)
        key = (id(answer), id(question.rules), _now(question))
        known = self._known.get(key)
        if known is not None:
            return known[2]
        verdict = decide(question, answer)
        if not verdict.findings and not verdict.indeterminate:  # it names no subject
            if len(self._known) >= MOST:
                self._known.clear()
            self._known[key] = (answer, question.rules, verdict)
        return verdict


def unanswered_details(question: Question, answer: Answer) -> tuple[str, ...]:
    """Return why rules gave no trustworthy answer, in the engine's own words, for people."""
    return tuple(_details(question, answer))


def _details(question: Question, answer: Answer) -> Iterator[str]:
    now = _now(question)
    for rule in question.rules:
        given = answer.get(rule.id)
        detail = ""
        if isinstance(given, Unanswered):
            detail = f"{given.cause}: {given.detail}" if given.detail else str(given.cause)
        else:
            try:
                _read(question.subject, rule, given, now)
            except MalformedError as error:
                detail = f"{Cause.MALFORMED}: {error}"
        if detail:
            yield f"{question.subject} {rule.id}: {detail}"


def _judge(subject: str, rule: Rule, given: Json | Unanswered, now: int | None) -> Verdict:
    if isinstance(given, Unanswered):
        return _indeterminate(subject, rule, given.cause)
    if given is None:
        return _indeterminate(subject, rule, Cause.UNDEFINED)
    if "time" in rule.uses and now is None:
        return _indeterminate(subject, rule, Cause.SKIPPED)
    try:
        findings, until = _read(subject, rule, given, now)
    except MalformedError:
        return _indeterminate(subject, rule, Cause.MALFORMED)
    return Verdict(findings, (), (rule.id,), until)


def _indeterminate(subject: str, rule: Rule, cause: Cause) -> Verdict:
    return Verdict((), (Indeterminate(rule.id, subject, cause),), (rule.id,))


def _read(
    subject: str, rule: Rule, given: Json, now: int | None
) -> tuple[tuple[Finding, ...], str]:
    wanted = {"findings", "valid_until"} if rule.expires else {"findings"}
    if not isinstance(given, Mapping) or set(given) != wanted:
        raise MalformedError(f"the answer is not an object with {', '.join(sorted(wanted))}")
    if not isinstance(given["findings"], list):
        raise MalformedError("`findings` is not a set")
    findings = tuple(_finding(subject, rule, each) for each in given["findings"])
    return findings, _until(rule, given.get("valid_until", []), now)


def _finding(subject: str, rule: Rule, given: Json) -> Finding:
    if not isinstance(given, Mapping) or set(given) != {"code", "path", "params"}:
        raise MalformedError("a finding is not an object with code, path and params")
    code, path, params = given["code"], given["path"], given["params"]
    if not isinstance(code, str) or code not in rule.messages:
        raise MalformedError(f"code {code!r} has no message in METADATA")
    if not isinstance(params, Mapping):
        raise MalformedError("`params` is not an object")
    named = tuple(sorted((_name(name), _scalar(params[name], "a parameter")) for name in params))
    missing = set(SLOT.findall(rule.messages[code])) - {name for name, _ in named}
    if missing:
        raise MalformedError(f"the message of {code} needs {', '.join(sorted(missing))}")
    return Finding(rule.id, rule.severity, subject, code, _path(path), named)


def _path(given: Json) -> FieldPath:
    if not isinstance(given, list):
        raise MalformedError("`path` is not a list")
    steps = tuple(_scalar(step, "a step of `path`") for step in given)
    if any(isinstance(step, int) and step < 0 for step in steps):
        raise MalformedError("a step of `path` is negative")
    return steps


def _name(given: Json) -> str:
    if not isinstance(given, str):
        raise MalformedError("the name of a parameter is not text")
    return given


def _scalar(given: Json, what: str) -> str | int:
    """Return text or an integer below 2^53; a boolean is neither."""
    if isinstance(given, bool) or not isinstance(given, (str, int)):
        raise MalformedError(f"{what} is neither text nor an integer")
    if isinstance(given, int) and abs(given) > LARGEST_INTEGER:
        raise MalformedError(f"{what} is beyond 2^53")
    if isinstance(given, str) and any("\ud800" <= c <= "\udfff" for c in given):
        raise MalformedError(f"{what} holds half of a character")
    return given


def _until(rule: Rule, given: Json, now: int | None) -> str:
    """Return when the answer may change: "" never, in a day where the rule does not say.

    The present moment would hide whatever else the verdict ends with.
    """
    if "time" not in rule.uses or now is None:
        return ""
    if not rule.expires:
        return _text(min(now + _DAY, _LAST_SECOND))
    if not isinstance(given, list):
        raise MalformedError("`valid_until` is not a set")
    moments = []
    for each in given:
        if isinstance(each, bool) or not isinstance(each, int) or not 0 <= each <= _LAST_SECOND:
            raise MalformedError("`valid_until` holds something that is no time in seconds")
        moments.append(each)
    return min((_text(moment) for moment in moments if moment > now), default="")


def _now(question: Question) -> int | None:
    """Return the time the rules were told, None where they were told none."""
    if not any("time" in rule.uses for rule in question.rules):
        return None
    time = _time(question.envelope)
    now = time.get("epochSeconds") if isinstance(time, dict) else None
    known = isinstance(now, int) and not isinstance(now, bool) and 0 <= now <= _LAST_SECOND
    return now if known else None


def _time(envelope: bytes) -> Json:
    """Return the field `time`. It is the last of a canonical envelope, so its end shows it.

    No text can hold the beginning that is looked for: its quotation marks would have backslashes.
    What reads as one object from there to the last bracket is therefore a field of the outermost.
    """
    begin = envelope.rfind(_TIME)
    if begin >= 0 and envelope.endswith(b"}"):
        with suppress(ValueError):
            return json.loads(envelope[begin + len(_TIME) - 1 : -1])
    value = json.loads(envelope)
    return value.get("time") if isinstance(value, dict) else None


def _text(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
