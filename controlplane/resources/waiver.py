"""Waiver: one rule does not count for one subject, for a reason and for a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from controlplane.resources.base import Change, Checked, Flaw, Many, Model, OwnReference, Resource
from controlplane.resources.common import Signer, ordered
from controlplane.resources.names import EnvironmentRef, RuleId, Text, Token
from controlplane.resources.scalars import Timestamp
from controlplane.resources.versions import exactly

SubjectKind = Literal[
    "Tenant",
    "Environment",
    "Cluster",
    "ComputeEngine",
    "Pack",
    "PricePlan",
    "BudgetCap",
    "CanaryRule",
    "EvidenceContract",
    "Repository",
    "TrustRoot",
    "PackLock",
    "Placement",
    "Fleet",
    "Change",
]


class Subject(Model):
    """The one thing the rule does not count for."""

    kind: SubjectKind
    """A kind of this vocabulary, or Placement, Fleet, Change."""

    name: Token
    """Its name; `name@version` for a pack, `tenant/environment@target` for a placement."""

    def own_references(self) -> Iterator[OwnReference]:
        """Yield the subject itself where it is a resource."""
        if self.kind in ("Placement", "Fleet", "Change"):
            return
        name, _, version = self.name.partition("@")
        yield ("name",), (self.kind,), name, exactly(version) if version else None


class WaiverSpec(Checked):
    """What does not count for whom, why, and until when."""

    rule: RuleId
    """The one rule, by its folder: family/rule."""

    subject: Subject
    """The one thing it does not count for."""

    environments: Many[EnvironmentRef] = ()
    """Only there; absent or empty: everywhere."""

    severity: Literal["deny", "warn", "info"] = "deny"
    """The rule's severity; how long a waiver may last depends on it."""

    reason: Text
    """Why it is right all the same."""

    ticket: Token
    """Where the work to make it unnecessary is tracked."""

    approved_by: Signer
    """Who answers for it."""

    issued: Timestamp
    """From when it counts."""

    expires: Timestamp
    """The first moment at which it no longer counts."""

    compensating_control: Text | None = None
    """What protects instead meanwhile."""

    def flaws(self) -> Iterator[Flaw]:
        """Check that it expires after it is issued."""
        yield from ordered(self.issued, self.expires, "issued", "expires")


class Waiver(Resource):
    """One rule, one subject, a reason, an approver, an expiry."""

    default_class: ClassVar[Change] = "policy"

    kind: Literal["Waiver"]
    """Always `Waiver`."""

    spec: WaiverSpec
    """What does not count for whom, why, and until when."""
