"""PricePlan: what is charged for what, from when, with which discounts and rounding.

Taxes are another system's; what a month comes to is decided by pricing, not here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from controlplane.resources.base import Change, Checked, Flaw, Many, Model, Resource
from controlplane.resources.common import Signer, ordered, repeated
from controlplane.resources.markers import UNLIMITED
from controlplane.resources.names import (
    Count,
    Currency,
    Meter,
    Name,
    Positive,
    PricePlanRef,
    Text,
    Token,
)
from controlplane.resources.scalars import (
    CountLimit,
    Duration,
    Money,
    Percent,
    Timestamp,
)
from controlplane.resources.walk import values_of
from controlplane.values import dotted


class Tier(Model):
    """A price up to a number of units."""

    up_to: CountLimit
    """The last unit that has this price, or `unlimited` for the last tier."""

    price: Money
    """The price of `per` units."""

    per: Positive = 1
    """How many units that price buys."""


class Overage(Model):
    """What a unit costs beyond the included quantity and the last tier."""

    price: Money
    """The price of `per` units."""

    per: Positive = 1
    """How many units that price buys."""


class MeterPrice(Checked):
    """What one meter costs."""

    name: Meter
    """The meter: calls, tokens, compute, storage, ingest, query-credits, seats…"""

    unit: Token
    """What is counted: call, token, gib-month, hour, seat…"""

    aggregation: Literal["sum", "max", "average", "last", "unique"] = "sum"
    """How readings within a period become one figure."""

    included: Count = 0
    """How many units the base fee already pays for."""

    mode: Literal["graduated", "volume", "package"] = "graduated"
    """Each unit at its tier's price; all at the last tier reached; or whole packages of `per`."""

    tiers: Many[Tier] = ()
    """The prices, from the first unit on; absent or empty: only `overage` counts."""

    overage: Overage | None = None
    """The price beyond the included units and the last tier; absent: there is none to be had."""

    minimum: Money | None = None
    """The least this meter costs in a period."""

    maximum: Money | None = None
    """The most this meter costs in a period."""

    def flaws(self) -> Iterator[Flaw]:
        """Check that tiers rise, that something has a price, and minimum ≤ maximum."""
        yield from _rising(self.tiers)
        if not self.tiers and self.overage is None:
            yield Flaw(
                (),
                "missing",
                f"meter `{self.name}` has no price",
                'add `tiers`, or `overage: {price: "0.01 USD"}`',
            )
        if self.minimum and self.maximum and self.maximum.amount < self.minimum.amount:
            yield Flaw(
                ("maximum",),
                "order",
                f"`maximum` ({self.maximum}) is below `minimum` ({self.minimum})",
                "raise the maximum or lower the minimum",
            )


def _rising(tiers: tuple[Tier, ...]) -> Iterator[Flaw]:
    last = 0
    for index, tier in enumerate(tiers):
        final = index == len(tiers) - 1
        if tier.up_to is UNLIMITED:
            if not final:
                yield Flaw(
                    ("tiers", index, "upTo"),
                    "order",
                    "only the last tier can be `unlimited`",
                    "move this tier to the end",
                )
        elif isinstance(tier.up_to, int):
            if tier.up_to <= last:
                yield Flaw(
                    ("tiers", index, "upTo"),
                    "order",
                    f"`upTo` ({tier.up_to}) does not rise above the tier before it ({last})",
                    "sort the tiers so that `upTo` rises",
                )
            last = tier.up_to


class Discount(Checked):
    """Something taken off the price."""

    name: Name
    """What it is called on the invoice."""

    kind: Literal["volume", "commitment", "promotion"]
    """Earned by size, by a promise, or given for a time."""

    percent: Percent | None = None
    """The share taken off."""

    amount: Money | None = None
    """The amount taken off, per period."""

    meters: Many[Meter] = ()
    """The meters it applies to; absent or empty: the whole invoice."""

    threshold: Money | None = None
    """The spend or commitment from which it applies."""

    approved_by: Signer | None = None
    """Who granted it."""

    order: Count = 0
    """Its place when several apply: lower ones first, each on what the ones before left."""

    starts: Timestamp | None = None
    """From when it applies; absent: always has."""

    ends: Timestamp | None = None
    """When it no longer applies; absent: no end is known."""

    def flaws(self) -> Iterator[Flaw]:
        """Check that it is a share or an amount, of at most everything, in order of time."""
        if (self.percent is None) == (self.amount is None):
            yield Flaw((), "choice", "a discount is a share or an amount", "give one of the two")
        if self.percent is not None and self.percent.basis_points > 10_000:
            yield Flaw(
                ("percent",), "range", f"{self.percent} is more than everything", "stay below 100%"
            )
        yield from ordered(self.starts, self.ends, "starts", "ends")


class Rounding(Model):
    """How fractions of the smallest coin are treated."""

    mode: Literal["half-even", "half-up", "up", "down"] = "half-even"
    """Which way a fraction goes."""

    decimals: Annotated[int, Field(ge=0, le=6)] = 2
    """How many decimals are kept."""

    per: Literal["line", "invoice"] = "line"
    """Whether every line is rounded, or only the sum."""


class EvaluationPackage(Model):
    """A trial sold at a fixed price."""

    name: Name
    """What it is called."""

    price: Money
    """The price of all of it."""

    lasts: Duration
    """How long it runs."""

    deliverables: Many[Text] = ()
    """What the tenant has at the end."""


class Entitlements(Model):
    """What the plan lets a tenant have. Absent: not restricted by the plan."""

    seats: CountLimit | None = None
    """How many people."""

    environments: CountLimit | None = None
    """How many environments."""

    workspaces: CountLimit | None = None
    """How many client workspaces, for an agency."""

    cost_envelope: Money | None = None
    """The largest envelope a tenant may declare for itself, per month."""

    isolation: Many[Literal["shared", "namespace", "dedicated"]] = ("shared", "namespace")
    """The levels of isolation it may choose."""

    support: Many[Literal["community", "standard", "premium"]] = ("community", "standard")
    """The support tiers it may choose."""

    features: Many[Token] = ()
    """Anything else that is switched on."""


class PricePlanSpec(Checked):
    """What is charged for what."""

    currency: Currency
    """The currency of every amount below: an ISO 4217 code."""

    plan: Literal["core", "growth", "agency"] | None = None
    """The bundle it is the price of; absent: only tenants that name it pay it."""

    effective_from: Timestamp
    """The first moment at which it counts."""

    effective_until: Timestamp | None = None
    """The first moment at which it no longer counts; absent: until another one supersedes it."""

    supersedes: PricePlanRef | None = None
    """The plan it takes the place of; invoices for earlier periods still use that one."""

    base_fee: Money | None = None
    """What every period costs before anything is used; absent: nothing."""

    period: Literal["month", "quarter", "year"] = "month"
    """How often is charged."""

    meters: Many[MeterPrice] = ()
    """What usage costs."""

    discounts: Many[Discount] = ()
    """What is taken off."""

    rounding: Rounding = Rounding()
    """How fractions of the smallest coin are treated."""

    margin_floor: Percent | None = None
    """The least margin over unit costs; absent: none is demanded."""

    evaluations: Many[EvaluationPackage] = ()
    """Trials sold at a fixed price."""

    entitlements: Entitlements = Entitlements()
    """What the plan lets a tenant have."""

    def flaws(self) -> Iterator[Flaw]:
        """Check dates, names, and that one currency is used throughout."""
        yield from ordered(
            self.effective_from, self.effective_until, "effectiveFrom", "effectiveUntil"
        )
        yield from repeated([meter.name for meter in self.meters], "meters", "meter")
        yield from repeated([item.name for item in self.discounts], "discounts", "discount")
        for path, money in values_of(self, Money):
            if money.currency != self.currency:
                yield Flaw(
                    path,
                    "currency",
                    f"`{dotted(path)}` is in {money.currency}, the plan in {self.currency}",
                    f"state it in {self.currency}",
                )


class PricePlan(Resource):
    """What tenants pay, from a moment on."""

    default_class: ClassVar[Change] = "pricing"

    kind: Literal["PricePlan"]
    """Always `PricePlan`."""

    spec: PricePlanSpec
    """Base fee, meters, discounts, rounding, entitlements."""
