"""From the engines' verdict to the final one: what a finding weighs, here and today.

Pure. In this order: the environment's severities and strictness (the strictest of all where a
finding belongs to no single one), the day from which a rule denies, and waivers. What stayed
indeterminate is never weighed: it denies. The engines' own verdicts stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from controlplane.policy.model import Finding, Severity, Verdict, merge
from controlplane.policy.weights import Nature, Waived, Weights
from evidence.canonical import Json

PROTECTED = "change-control/"
"""Rules that no waiver waives: they guard waivers, policies, trust and approvals themselves."""

DAY = 86_400
_RANKS = {"off": 0, "info": 1, "warn": 2, "deny": 3}
_RELAXED, _STRICT = "relaxed", "strict"

Standing = Literal["in force", "ends soon", "not yet", "ended", "worthless"]


@dataclass(frozen=True)
class Weighing:
    """One finding that weighs otherwise than its rule says, and why. `to` may be `off`."""

    finding: Finding  # as the engines gave it
    to: str
    because: str

    def to_json(self) -> dict[str, Json]:
        """Return what a decision records of it."""
        return {
            "rule": self.finding.rule,
            "subject": self.finding.subject,
            "code": self.finding.code,
            "path": list(self.finding.path),
            "from": self.finding.severity.value,
            "to": self.to,
            "because": self.because,
        }


@dataclass(frozen=True)
class WaiverStanding:
    """A waiver as this run found it: how it stands, how many findings it waives, and why not."""

    waiver: Waived
    standing: Standing
    because: str
    waives: int


@dataclass(frozen=True)
class Weighed:
    """The final verdict, what weighs otherwise in it, and how every waiver stands."""

    verdict: Verdict
    weighings: tuple[Weighing, ...]
    waivers: tuple[WaiverStanding, ...]


@dataclass(frozen=True)
class _Weight:
    """What one finding weighs, why, by which waiver, and the moments at which that changes."""

    to: str
    because: tuple[str, ...] = ()
    waiver: str = ""
    changes: tuple[int, ...] = ()


def weigh(verdict: Verdict, weights: Weights, *, notice: int = 14 * DAY) -> Weighed:
    """Return the final verdict; `notice` (seconds) is how long before its end a waiver is due.

    A finding that is `off` is not part of it. `validUntil` is the earliest moment at which a
    waiver, a date or the engines' own answer changes anything.
    """
    found = [(finding, _weight(finding, weights)) for finding in verdict.findings]
    kept = tuple(replace(f, severity=Severity(w.to)) for f, w in found if w.to != "off")
    moments = {_text(moment) for _, weight in found for moment in weight.changes}
    until = min({*moments, verdict.valid_until} - {""}, default="")
    final = merge([Verdict(kept, verdict.indeterminate, verdict.rules, until)])
    weighings = tuple(Weighing(f, w.to, "; ".join(w.because)) for f, w in found if w.because)
    used = [weight.waiver for _, weight in found]
    standings = tuple(
        WaiverStanding(
            waiver, *_standing(waiver, weights, verdict, notice), used.count(waiver.name)
        )
        for waiver in weights.waivers
    )
    return Weighed(final, weighings, standings)


def _weight(finding: Finding, weights: Weights) -> _Weight:
    environment = weights.environment(finding.subject, finding.path)
    nature = weights.natures.get(finding.rule, Nature())
    severity, where = _in_environments(finding, environment, nature, weights)
    because = [where] if where else []
    changes: list[int] = []
    if severity == "deny" and weights.now < nature.begins:
        severity = "warn"
        because.append(f"denies from {nature.effective_on}")
        changes.append(nature.begins)
    waivers = [w for w in weights.waivers if _matches(w, finding, environment)]
    if severity in ("deny", "warn"):
        changes += [m for w in waivers for m in (w.issued, w.expires) if m > weights.now]
    counting = [w for w in waivers if w.issued <= weights.now < w.expires]
    if counting and severity in ("deny", "warn"):
        waiver = max(counting, key=lambda each: (each.expires, each.name))
        because.append(f"waived by {waiver.name} until {_text(waiver.expires)}")
        return _Weight("info", tuple(because), waiver.name, tuple(changes))
    return _Weight(severity, tuple(because), changes=tuple(changes))


def _in_environments(
    finding: Finding, environment: str, nature: Nature, weights: Weights
) -> tuple[str, str]:
    """Return the severity where the finding belongs and what made it so ("" for the rule itself).

    An environment that the base does not know says nothing: the strictest of all counts.
    """
    own = finding.severity.value
    names = [environment] if environment in weights.strictness else sorted(weights.strictness)
    if not names:
        return own, ""
    each = [(_here(finding, name, nature, weights), name) for name in names]
    severity, name = max(each, key=lambda item: _RANKS[item[0]])
    if severity == own:
        return own, ""
    chosen = finding.rule in weights.severities.get(name, {})
    said = f"by repository.yaml in {name}" if chosen else f"as {name} is {weights.strictness[name]}"
    return severity, f"{severity} {said}"


def _here(finding: Finding, name: str, nature: Nature, weights: Weights) -> str:
    chosen = weights.severities.get(name, {}).get(finding.rule)
    if chosen is not None:
        return chosen
    strictness = weights.strictness[name]
    if strictness == _STRICT and finding.severity is Severity.WARN:
        return "deny"
    if strictness == _RELAXED and finding.severity is Severity.DENY and nature.style:
        return "warn"
    return finding.severity.value


def _matches(waiver: Waived, finding: Finding, environment: str) -> bool:
    """Whether the waiver is about this finding, whenever that is, and worth anything."""
    if (waiver.rule, waiver.subject) != (finding.rule, finding.subject):
        return False
    if waiver.environments and environment not in waiver.environments:
        return False
    sound = waiver.approved and not _understates(waiver, finding)
    return sound and not waiver.rule.startswith(PROTECTED)


def _understates(waiver: Waived, finding: Finding) -> bool:
    """Whether it says the rule weighs less than it does, and so could last too long."""
    return _RANKS[waiver.severity] < _RANKS[finding.severity.value]


def _standing(
    waiver: Waived, weights: Weights, verdict: Verdict, notice: int
) -> tuple[Standing, str]:
    if reason := "; ".join(_objections(waiver, verdict)):
        return "worthless", reason
    if weights.now >= waiver.expires:
        return "ended", f"ended {_text(waiver.expires)}"
    if weights.now < waiver.issued:
        return "not yet", f"counts from {_text(waiver.issued)}"
    if waiver.expires - weights.now <= notice:
        days = (waiver.expires - weights.now) // DAY
        return "ends soon", f"{days} day{'' if days == 1 else 's'} left"
    return "in force", ""


def _objections(waiver: Waived, verdict: Verdict) -> Iterator[str]:
    if waiver.rule.startswith(PROTECTED):
        yield f"{waiver.rule} cannot be waived"
    if not waiver.approved:
        yield "who answers for it is no approver of the trust root"
    about = [f for f in verdict.findings if (f.rule, f.subject) == (waiver.rule, waiver.subject)]
    if any(_understates(waiver, finding) for finding in about):
        yield f"it calls {waiver.rule} `{waiver.severity}`, which weighs more"


def _text(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
