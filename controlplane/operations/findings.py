"""Puts a verdict into words: where each finding stands, what it says, what to do about it.

A verdict holds codes and parameters only; the rule's metadata holds the words.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from controlplane.operations.item_names import steps
from controlplane.policy.envelope import Encoded, Subject
from controlplane.policy.model import Cause, Finding, Indeterminate, Rule, Severity, Verdict
from controlplane.render.model import RenderedPlacement
from controlplane.repo.layout import REPOSITORY_FILE
from controlplane.repo.snapshot import Snapshot
from controlplane.values import FieldPath, Position, dotted
from evidence.canonical import Json

_SLOT = re.compile(r"\{([A-Za-z][A-Za-z0-9]*)\}")


@dataclass(frozen=True)
class LocatedFinding:
    """A finding as a person reads it."""

    rule: str
    severity: Severity
    subject: str
    position: Position
    field: str
    message: str
    remedy: str
    controls: tuple[str, ...] = ()
    code: str = ""
    path: FieldPath = ()
    params: tuple[tuple[str, str | int], ...] = ()
    because: str = ""  # why it weighs otherwise than the rule says; part of the message, too
    steps: FieldPath = ()  # `path` with items of lists by name, as `item_names` gives it


@dataclass(frozen=True)
class Undecided:
    """A rule that gave no answer for a subject, in words."""

    rule: str
    subject: str
    cause: Cause
    message: str
    remedy: str
    position: Position


class Locates(Protocol):
    """Knows where findings and subjects stand."""

    def locate(self, finding: Finding, /) -> Place:
        """Return the place of a finding."""

    def place(self, subject: str, /) -> Position:
        """Return the place of a subject."""


@dataclass(frozen=True)
class Place:
    """Where a finding stands: in a file, and in its subject with items of lists by name."""

    position: Position
    steps: FieldPath


@dataclass(frozen=True)
class Known:
    """The places of findings, and of subjects that stayed open, found when they were judged."""

    findings: Mapping[tuple[str, FieldPath], Place]  # by subject and path, whatever they weigh
    subjects: Mapping[str, Position]

    def locate(self, finding: Finding) -> Place:
        """Return the place that was found; raises KeyError where nothing was found there."""
        return self.findings[finding.subject, finding.path]

    def place(self, subject: str) -> Position:
        """Return the place of a subject; raises KeyError for one that did not stay open."""
        return self.subjects[subject]


class Places:
    """Finds where subjects and their fields stand in the files of one revision."""

    def __init__(
        self,
        snapshot: Snapshot,
        placements: Mapping[str, RenderedPlacement],
        judged: Iterable[Subject] = (),
        change: Callable[[FieldPath], Position | None] = lambda _: None,
    ) -> None:
        """`change` finds what a finding about the change as a whole points at."""
        self._snapshot = snapshot
        self._placements = placements
        self._change = change
        self._judged = {subject.identity: subject for subject in judged}
        self._read: dict[str, Json] = {}

    def locate(self, finding: Finding) -> Place:
        """Return the place of a finding: a field, the template of an object, or the repository."""
        position = self.place(finding.subject, finding.path)
        return Place(position, steps(finding.path, self._resource(finding.subject)))

    def _resource(self, subject: str) -> Json:
        """Return what was judged, None where that is not at hand."""
        if subject not in self._read and subject in self._judged:
            self._read[subject] = json.loads(Encoded.of(self._judged[subject].resource).text)
        return self._read.get(subject)

    def place(self, subject: str, path: FieldPath = ()) -> Position:
        """Return the place of a subject, or of a field of it."""
        kind, _, name = subject.partition("/")
        placement = self._placements.get(name) if kind == "Placement" else None
        if placement is not None:
            return self._rendered(placement, path)
        if kind == "Placement":  # was not rendered
            return self._snapshot.locate("Tenant", name.partition("/")[0], ("spec", "placements"))
        if kind == "Fleet":
            kind, name, path = _about(self._resource(subject), path)
        if kind == "Change" and (found := self._change(path)) is not None:
            return found
        try:
            return self._snapshot.locate(kind, name, path)
        except KeyError:
            return Position(REPOSITORY_FILE)

    def _rendered(self, placement: RenderedPlacement, path: FieldPath) -> Position:
        index = path[1] if len(path) > 1 else None
        if isinstance(index, int) and index < len(placement.objects):
            source = placement.objects[index].source
            return Position(source.path, source.line)
        return self._snapshot.locate("Tenant", placement.tenant, ("spec", "placements"))


def _about(fleet: Json, path: FieldPath) -> tuple[str, str, FieldPath]:
    """Return (kind, name, path) of the resource that a place in the fleet's figures is about.

    The innermost `at` on the way counts; without one it is the fleet itself, which has no file.
    """
    found: tuple[str, str, FieldPath] = ("Fleet", "fleet", path)
    value = fleet
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            break
        if isinstance(value, dict) and "at" in value:
            at = value["at"]
            found = (at["kind"], at["name"], tuple(at["path"]))
    return found


def explain(
    verdict: Verdict,
    rules: Mapping[str, Rule],
    places: Locates,
    weighed: Mapping[Finding, str] | None = None,
) -> tuple[LocatedFinding, ...]:
    """Return the findings in words, the gravest first, then by place.

    `weighed` says why a finding weighs otherwise than its rule says.
    """
    order = (Severity.DENY, Severity.WARN, Severity.INFO)
    why = weighed or {}
    found = [
        _located(finding, rules[finding.rule], places.locate(finding), why.get(finding, ""))
        for finding in verdict.findings
    ]
    return tuple(sorted(found, key=lambda f: (order.index(f.severity), f.position, f.rule)))


def _located(finding: Finding, rule: Rule, place: Place, because: str) -> LocatedFinding:
    return LocatedFinding(
        rule=finding.rule,
        severity=finding.severity,
        subject=finding.subject,
        position=place.position,
        field=dotted(finding.path),
        message=message(finding, rule, because),
        remedy=rule.remedy,
        controls=rule.controls,
        code=finding.code,
        path=finding.path,
        params=finding.params,
        because=because,
        steps=place.steps,
    )


def message(finding: Finding, rule: Rule, because: str = "") -> str:
    """Return what a finding says, and `because`: why it weighs otherwise than its rule says."""
    said = worded(rule.messages.get(finding.code, finding.code), dict(finding.params))
    return f"{said} ({because})" if because else said


def worded(template: str, params: Mapping[str, str | int]) -> str:
    """Fill the {slots} of a message. One without a value stays; nothing is evaluated."""
    return _SLOT.sub(lambda slot: str(params.get(slot[1], slot[0])), template)


_CAUSES: Mapping[Cause, tuple[str, str]] = {
    Cause.UNDEFINED: ("gave no answer", "run `cpctl policy test`; the rule must define `findings`"),
    Cause.ERROR: ("ended in an error", "run `cpctl policy test` on the rule"),
    Cause.TIMEOUT: ("took too long", "run the gate again, or make the rule cheaper"),
    Cause.CRASH: ("ended the evaluator", "run the gate again with the other engine"),
    Cause.UNSUPPORTED: ("cannot be evaluated by this engine", "use `--engine opa`"),
    Cause.SKIPPED: ("was skipped", "run the gate again"),
    Cause.MALFORMED: (
        "answered outside the decision contract",
        "findings hold code, path and params only; see docs/policies.md",
    ),
}


def undecided(items: tuple[Indeterminate, ...], places: Locates) -> Iterator[Undecided]:
    """Yield what stayed open, in words, at its subject's place."""
    for item in items:
        words, remedy = _CAUSES[item.cause]
        place = places.place(item.subject)
        yield Undecided(item.rule, item.subject, item.cause, words, remedy, place)
