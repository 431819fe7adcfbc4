"""Which recorded envelope a rule is given, and what no envelope has.

A rule is told what its metadata asks for, so a candidate may want an envelope that nobody needed
then. Where everything in it was recorded about the subject, it is put together: the gate would
have made these very bytes. Where something was not, that is said; nothing is made up.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from controlplane.operations.past import PastDecision
from controlplane.policy.envelope import API_VERSION
from controlplane.policy.model import PolicyBundle, Rule
from evidence.canonical import Json, canonical, digest_bytes

_FACT: Final = re.compile(r"\bfacts(?:\.([A-Za-z_]\w*)|\[\s*\"([^\"]+)\"\s*\]|\s*,\s*\"([^\"]+)\")")
REMEMBERED: Final = 200_000  # shapes kept, of about 200 bytes


@dataclass(frozen=True)
class Shape:
    """What decides whether an envelope suits a rule."""

    version: str
    timed: bool
    facts: frozenset[str]  # their names


_MEMBER: Final = re.compile(r'[{,]"(\w+)":')
_TIME: Final = ',"time":'


def shape_of(envelope: bytes) -> Shape:
    """Return the shape of an envelope, whose canonical bytes hold their members by name.

    The subject and what it refers to, which come last but for the time, are left unread: they are
    nearly all of it. Bytes that do not look so are read as a whole.
    """
    text, begun = envelope.decode(), dict[str, Json]()
    at = _MEMBER.match(text)
    while at is not None and at[1] < "references":
        begun[at[1]], end = _DECODER.raw_decode(text, at.end())
        at = _MEMBER.match(text, end)
    timed = _ends_with_time(text)
    if at is None or at[1] != "references" or "facts" not in begun or timed is None:
        begun = json.loads(text)
        timed = "time" in begun
    return Shape(str(begun.get("apiVersion")), timed, frozenset(begun.get("facts") or ()))


def _ends_with_time(text: str) -> bool | None:
    """Whether the last member is the time, after which one brace follows; None where unclear."""
    begin = text.rfind(_TIME)
    if begin < 0:
        return False
    try:
        _, end = _DECODER.raw_decode(text, begin + len(_TIME))
    except ValueError:  # the name is part of a text
        return None
    return True if text[end:] == "}" else None


_DECODER: Final = json.JSONDecoder()


@dataclass(frozen=True)
class Given:
    """One envelope of one decision; its bytes are fetched when they are needed.

    `made` holds them where it was put together.
    """

    digest: str
    shape: Shape
    decision: PastDecision
    made: bytes | None = None

    def text(self) -> bytes:
        """Return the canonical bytes; raises EvidenceError where they are damaged."""
        return self.decision.envelope(self.digest) if self.made is None else self.made

    def value(self) -> Json:
        """Return the envelope as JSON."""
        return json.loads(self.text())


@dataclass
class Inputs:
    """Finds envelopes for rules, and remembers what it has seen of which envelope."""

    _shapes: dict[str, Shape] = field(default_factory=dict)
    _sound: set[str] = field(default_factory=set)

    def require(self, decision: PastDecision, names: Sequence[str]) -> None:
        """See that the envelopes of those digests are there; raises EvidenceError otherwise."""
        for name in names:
            if name not in self._shapes and name not in self._sound:
                decision.envelope(name)
                if len(self._sound) >= REMEMBERED:
                    self._sound.clear()
                self._sound.add(name)

    def of(self, decision: PastDecision, names: Sequence[str]) -> list[Given]:
        """Return the envelopes of those digests; raises EvidenceError where one is damaged."""
        return [Given(name, self._shape(name, decision), decision) for name in names]

    def _shape(self, name: str, decision: PastDecision) -> Shape:
        found = self._shapes.get(name)
        if found is None:
            found = shape_of(decision.envelope(name))
            if len(self._shapes) >= REMEMBERED:
                self._shapes.clear()
            self._shapes[name] = found
        return found


def choose(given: Sequence[Given], *, timed: bool, informed: bool) -> Given | str:
    """Return the envelope for rules that are told this, or what none of them has."""
    if not given:
        return "it was not recorded"
    if stale := next((g.shape.version for g in given if g.shape.version != API_VERSION), None):
        return f"the recorded input is of the version {stale}"
    for each in given:
        if (each.shape.timed, bool(each.shape.facts)) == (timed, informed):
            return each
    clock = next((each for each in given if each.shape.timed), None)
    facts = next((each for each in given if each.shape.facts), None)
    if timed and clock is None:
        return "the recorded input does not say the time"
    if informed and facts is None:
        return "the recorded input holds no facts"
    return _made(given[0], clock if timed else None, facts if informed else None)


def _made(base: Given, clock: Given | None, facts: Given | None) -> Given:
    value = {**base.value(), "facts": facts.value()["facts"] if facts else {}}
    value.pop("time", None)
    if clock is not None:
        value["time"] = clock.value()["time"]
    text = canonical(value)
    names = facts.shape.facts if facts else frozenset[str]()
    shape = Shape(base.shape.version, clock is not None, names)
    return Given(digest_bytes(text), shape, base.decision, text)


def facts_named(bundle: PolicyBundle, rule: Rule) -> frozenset[str]:
    """Return the facts that a rule's text names; none where it asks for no facts."""
    if "facts" not in rule.uses:
        return frozenset()
    text = next(module.text for module in bundle.modules if module.path == rule.module)
    code = "\n".join(line.partition("#")[0] for line in text.splitlines())
    return frozenset(next(filter(None, groups)) for groups in _FACT.findall(code))
