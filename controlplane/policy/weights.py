"""What findings are weighed by: values of the base, as a decision records them.

A change cannot loosen its own judge, so all of it is read from the base by whoever makes one of
these. A recorded decision holds it in full: weighing the engines' verdict again by these values
gives the recorded answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from controlplane.values import FieldPath
from evidence.canonical import Json


@dataclass(frozen=True)
class Waived:
    """A waiver, as it counts: one rule, one subject, for a time. Moments are Unix seconds.

    `approved` says whether the trust root of the base knows who answers for it as an approver.
    `path` is the file in which it stands.
    """

    name: str
    rule: str
    subject: str  # "Tenant/acme"
    environments: tuple[str, ...]  # empty: everywhere
    severity: str  # what it says the rule's severity is
    issued: int
    expires: int
    approved: bool
    path: str = ""

    def to_json(self) -> dict[str, Json]:
        """Return the waiver as a decision records it."""
        return {
            "name": self.name,
            "rule": self.rule,
            "subject": self.subject,
            "environments": list(self.environments),
            "severity": self.severity,
            "issued": self.issued,
            "expires": self.expires,
            "approved": self.approved,
            "path": self.path,
        }


@dataclass(frozen=True)
class Nature:
    """What a rule says of how it weighs: a matter of style, and from when it denies (""=now)."""

    style: bool = False
    effective_on: str = ""

    @property
    def begins(self) -> int:
        """The moment from which it denies, in Unix seconds: midnight UTC of that day."""
        if not self.effective_on:
            return 0
        return int(datetime.fromisoformat(self.effective_on).replace(tzinfo=UTC).timestamp())


@dataclass(frozen=True)
class Weights:
    """Everything that findings are weighed by.

    `strictness` names every environment of the base. `placements` gives the environment of each
    placement of the tenants that have findings, in order.
    """

    now: int  # Unix seconds
    strictness: Mapping[str, str] = field(default_factory=dict)
    severities: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    natures: Mapping[str, Nature] = field(default_factory=dict)
    waivers: tuple[Waived, ...] = ()
    placements: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def environment(self, subject: str, path: FieldPath) -> str:
        """Return the environment that a finding belongs to, "" where it belongs to none."""
        kind, _, name = subject.partition("/")
        if kind == "Placement":
            return name.partition("/")[2].partition("@")[0]
        match path:
            case ("spec", "placements", int(index), *_) if kind == "Tenant":
                placed = self.placements.get(name, ())
                return placed[index] if index < len(placed) else ""
        return ""

    def to_json(self) -> dict[str, Json]:
        """Return the weights as a decision records them."""
        return {
            "now": self.now,
            "strictness": dict(self.strictness),
            "severities": {name: dict(rules) for name, rules in self.severities.items()},
            "rules": {
                rule: {"style": nature.style, "effectiveOn": nature.effective_on}
                for rule, nature in self.natures.items()
                if nature != Nature()
            },
            "waivers": [waiver.to_json() for waiver in self.waivers],
            "placements": {name: list(placed) for name, placed in self.placements.items()},
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Json]) -> Weights:
        """Return recorded weights; KeyError or TypeError for anything else."""
        return cls(
            now=value["now"],
            strictness=dict(value["strictness"]),
            severities={name: dict(rules) for name, rules in value["severities"].items()},
            natures={
                rule: Nature(nature["style"], nature["effectiveOn"])
                for rule, nature in value["rules"].items()
            },
            waivers=tuple(
                Waived(**{**waiver, "environments": tuple(waiver["environments"])})
                for waiver in value["waivers"]
            ),
            placements={name: tuple(placed) for name, placed in value["placements"].items()},
        )
