"""EvidenceContract: approvals and evidence that a class of change needs, and how long they stay."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from controlplane.resources.base import Change, Checked, Flaw, Many, Model, Resource
from controlplane.resources.common import Approvals, DataClassName, StaffRole, repeated
from controlplane.resources.names import EnvironmentRef, Name, Positive, TenantRef, Text, Token
from controlplane.resources.scalars import Duration, DurationLimit

Purpose = Literal["author", "approve", "decide", "apply", "witness", "publish", "log", "import"]
"""What a key or an identity may sign for. One key, one purpose."""


class SignatureNeed(Model):
    """Signatures of one purpose."""

    purpose: Purpose
    """What was signed for."""

    roles: Many[StaffRole] = ()
    """By whom; absent or empty: any role with that purpose."""

    count: Positive = 1
    """How many different signers."""


class Requirement(Checked):
    """What changes of some classes in some environments need."""

    name: Name
    """What it is called where it is not met."""

    classes: Annotated[Many[Change], Field(min_length=1)]
    """The classes of change meant."""

    environments: Many[EnvironmentRef] = ()
    """Only there; absent or empty: everywhere."""

    approvals: Approvals | None = None
    """Who must have agreed; absent: nobody needs to."""

    tests: Many[Token] = ()
    """Tests whose passing must be on record, by name."""

    gates: Many[Token] = ("gate",)
    """Gates whose decision must be on record, by name."""

    sbom: bool = False
    """Whether a bill of materials must be there for every pack that changes."""

    signatures: Many[SignatureNeed] = ()
    """Signatures that must be there."""

    fresh_for: Duration = Duration.parse("7d")
    """How old any of this may be when the change is applied."""

    keep: DurationLimit = Duration.parse("1y")
    """How long it is kept, or `unlimited`."""

    hold: bool = False
    """Whether it is kept beyond that until somebody lifts the hold."""

    review_within: Duration | None = None
    """How soon somebody must look at it afterwards; for emergencies."""

    def flaws(self) -> Iterator[Flaw]:
        """Check that an emergency is reviewed, and that nothing expires before it is used."""
        if "emergency" in self.classes and self.review_within is None:
            yield Flaw(
                ("reviewWithin",),
                "missing",
                "a change in an emergency must be reviewed afterwards",
                "add `reviewWithin: 3d`",
            )
        if isinstance(self.keep, Duration) and self.keep.seconds < self.fresh_for.seconds:
            yield Flaw(
                ("keep",),
                "order",
                f"`keep` ({self.keep}) is shorter than `freshFor` ({self.fresh_for})",
                "keep it at least as long as it counts",
            )


class RedactionGrant(Model):
    """Who may receive the evidence, and with what taken out."""

    recipient: Token
    """An address or an organisation."""

    profile: Literal["none", "personal", "strict"] = "strict"
    """`none` shows all, `personal` removes what identifies people, `strict` all but totals."""

    classes: Many[DataClassName] = ()
    """Classes of data that may stay in."""

    purpose: Text
    """What for."""


class EvidenceContractSpec(Checked):
    """What must be proven of changes."""

    tenants: Many[TenantRef] = ()
    """Only for these tenants; absent or empty: for everybody."""

    requirements: Annotated[Many[Requirement], Field(min_length=1)]
    """What changes of which class need; where several fit, all of them count."""

    disclosures: Many[RedactionGrant] = ()
    """Who may receive the evidence, and with what taken out."""

    def flaws(self) -> Iterator[Flaw]:
        """Check that requirements have names of their own."""
        yield from repeated([r.name for r in self.requirements], "requirements", "requirement")


class EvidenceContract(Resource):
    """Which approvals and evidence a class of change needs."""

    default_class: ClassVar[Change] = "policy"

    kind: Literal["EvidenceContract"]
    """Always `EvidenceContract`."""

    spec: EvidenceContractSpec
    """What must be proven of changes."""
