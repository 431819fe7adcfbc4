"""BudgetCap: a limit on money or usage, and what happens step by step as it is reached."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from controlplane.resources.base import Change, Checked, Flaw, Many, Model, Resource
from controlplane.resources.common import PackChoice, StaffRole
from controlplane.resources.markers import RefersTo
from controlplane.resources.names import (
    EngineRef,
    EnvironmentRef,
    Meter,
    Name,
    Positive,
    TenantRef,
    TimeZone,
)
from controlplane.resources.scalars import Duration, Money, MoneyLimit, Percent

AnyPack = Annotated[Name, RefersTo("Pack")]


class CapScope(Model):
    """Whose spending is counted. What is absent is not narrowed by it."""

    tenants: Many[TenantRef] = ()
    """These tenants; absent or empty: every tenant, each on its own."""

    environments: Many[EnvironmentRef] = ()
    """Only these environments."""

    packs: Many[AnyPack] = ()
    """Only these packs, in every version."""

    engines: Many[EngineRef] = ()
    """Only on these engines."""


class UsageLimit(Model):
    """A limit on how much is used, whatever it costs."""

    meter: Meter
    """The meter of the price plan."""

    quantity: Positive
    """How many of its units per period."""


class Period(Checked):
    """Over how long the limit is meant, and when that begins."""

    unit: Literal["hour", "day", "week", "month", "quarter", "year"] = "month"
    """How long it is."""

    time_zone: TimeZone = "UTC"
    """The IANA zone in which it begins and ends."""

    anchor: Annotated[int, Field(ge=1, le=28)] = 1
    """The day of the month (or of the week, Monday is 1) on which it begins."""

    carry_over: Percent = Percent.parse("0%")
    """The share of what was not spent that is added to the next period."""

    def flaws(self) -> Iterator[Flaw]:
        """Check that a week begins on one of its days and that no more is carried than is left."""
        if self.unit == "week" and self.anchor > 7:
            yield Flaw(("anchor",), "range", f"a week has no day {self.anchor}", "use 1 to 7")
        if self.carry_over.basis_points > 10_000:
            yield Flaw(
                ("carryOver",), "range", f"{self.carry_over} is more than is left", "use 0% to 100%"
            )


class Throttle(Model):
    """How slow it becomes."""

    to: Percent
    """The share of the tenant's usual rate that is left."""


class Rung(Checked):
    """What happens at one share of the limit."""

    at: Percent
    """The share of the limit: 90%, 120%."""

    action: Literal["warn", "throttle", "fallback", "suspend"]
    """What happens."""

    notify: Many[Literal["owner", "escalation", "billing", "security", "platform"]] = ("billing",)
    """Which contacts are told."""

    throttle: Throttle | None = None
    """How slow it becomes; required for `throttle`."""

    fallback: PackChoice | None = None
    """What runs instead; absent for `fallback`: what the pack itself names."""

    suspend: Literal["pack", "environment", "tenant"] | None = None
    """What stops; required for `suspend`."""

    def flaws(self) -> Iterator[Flaw]:
        """Check that the action has what it needs and nothing else."""
        for field in ("throttle", "suspend"):
            if self.action == field and getattr(self, field) is None:
                yield Flaw(
                    (field,),
                    "missing",
                    f"action `{field}` needs `{field}`",
                    f"add `{field}:` beside `action`",
                )
        for field in ("throttle", "fallback", "suspend"):
            if self.action != field and getattr(self, field) is not None:
                yield Flaw(
                    (field,),
                    "contradiction",
                    f"`{field}` is given, but the action is `{self.action}`",
                    f"remove it, or set `action: {field}`",
                )


class Increases(Model):
    """Who may raise the limit, and how far."""

    roles: Many[StaffRole] = ("finance",)
    """Roles that may approve a higher limit."""

    up_to: MoneyLimit | None = None
    """The highest limit they may set; absent: none, the limit stands."""


class BudgetCapSpec(Checked):
    """What is limited, and what happens."""

    scope: CapScope = CapScope()
    """Whose spending is counted."""

    limit: MoneyLimit | None = None
    """The money per period, or `unlimited`; give this or `usage`."""

    usage: UsageLimit | None = None
    """The usage per period; give this or `limit`."""

    period: Period = Period()
    """Over how long, and when that begins."""

    ladder: Many[Rung] = (
        Rung(at=Percent.parse("80%"), action="warn"),
        Rung(at=Percent.parse("100%"), action="suspend", suspend="pack"),
    )
    """What happens at which share of the limit, from the lowest up."""

    release_below: Percent | None = None
    """The share below which a step is undone within the period; absent: 5 points below it."""

    release: Literal["automatic", "by-person"] = "automatic"
    """Whether a new period undoes every step by itself."""

    grace: Duration = Duration.parse("0s")
    """How long a threshold must be passed before its action is taken."""

    increases: Increases = Increases()
    """Who may raise the limit, and how far."""

    when_unknown: Literal["throttle", "fallback", "suspend", "hold"] = "hold"
    """What happens while usage is unknown: `hold` keeps every step taken and allows nothing new."""

    late_after: Duration = Duration.parse("1h")
    """After how long without a reading usage counts as unknown."""

    def flaws(self) -> Iterator[Flaw]:
        """Check that there is one limit, and that the ladder rises."""
        if (self.limit is None) == (self.usage is None):
            yield Flaw(
                (),
                "choice",
                "a cap limits money or usage",
                "give exactly one of `limit` and `usage`; for no limit write `limit: unlimited`",
            )
        if not self.ladder:
            yield Flaw(
                ("ladder",), "empty", "the ladder has no step", "add a step such as at 100% suspend"
            )
        yield from _rising(self.ladder)
        top = self.increases.up_to
        if isinstance(self.limit, Money) and isinstance(top, Money):
            yield from _comparable(self.limit, top)


def _rising(ladder: tuple[Rung, ...]) -> Iterator[Flaw]:
    for index, (lower, upper) in enumerate(pairwise(ladder), start=1):
        if upper.at.basis_points <= lower.at.basis_points:
            yield Flaw(
                ("ladder", index, "at"),
                "order",
                f"`at` ({upper.at}) does not rise above the step before it ({lower.at})",
                "sort the steps so that `at` rises",
            )


def _comparable(limit: Money, top: Money) -> Iterator[Flaw]:
    path = ("increases", "upTo")
    if limit.currency != top.currency:
        yield Flaw(
            path,
            "currency",
            f"`upTo` is in {top.currency}, the limit in {limit.currency}",
            f"state it in {limit.currency}",
        )
    elif top.amount < limit.amount:
        yield Flaw(
            path,
            "order",
            f"`upTo` ({top}) is below the limit ({limit})",
            "raise `upTo` or lower the limit",
        )


class BudgetCap(Resource):
    """A limit on money or usage, and what happens as it is reached."""

    default_class: ClassVar[Change] = "budget"

    kind: Literal["BudgetCap"]
    """Always `BudgetCap`."""

    spec: BudgetCapSpec
    """What is limited, and what happens."""
