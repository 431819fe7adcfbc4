"""CanaryRule: how a new version reaches tenants bit by bit, and what stops it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from pydantic import Field

from controlplane.resources.base import Change, Checked, Flaw, Many, Model, Resource
from controlplane.resources.common import PackChoice, repeated
from controlplane.resources.names import (
    Count,
    EnvironmentRef,
    LabelKey,
    LabelValue,
    Name,
    TenantRef,
    Text,
    Token,
)
from controlplane.resources.scalars import Duration, Latency, Number, Objective, Percent

WHOLE = 10_000


class Subjects(Model):
    """What the rule is for. What is absent does not narrow it."""

    packs: Many[PackChoice] = ()
    """Upgrades to these versions of these packs; absent or empty: of every pack."""

    tenants: Many[TenantRef] = ()
    """Only for these tenants."""

    tenant_labels: dict[LabelKey, LabelValue] = Field(default_factory=dict)
    """Only for tenants that carry all of these labels."""

    environments: Many[EnvironmentRef] = ()
    """Only in these environments."""


class CanaryStep(Model):
    """A share of the traffic for a while."""

    weight: Percent
    """The share that goes to the new version."""

    pause: Duration = Duration.parse("10m")
    """How long to stay before judging."""

    minimum_samples: Count = 100
    """How many observations a judgement needs; with fewer it waits."""


class Cohort(Model):
    """A share of subjects that always sees the same variant."""

    name: Name
    """What it is called in the report."""

    weight: Percent
    """The share of subjects in it."""

    version: PackChoice | None = None
    """What it sees; absent: what runs today."""


class Strategy(Checked):
    """In which way traffic moves over."""

    type: Literal["canary", "blue-green", "ab"] = "canary"
    """Bit by bit, all at once with a way back, or side by side to compare."""

    steps: Many[CanaryStep] = ()
    """The shares, rising; for `canary`."""

    cohorts: Many[Cohort] = ()
    """The groups that are compared; for `ab`."""

    lasts: Duration | None = None
    """How long the comparison runs, or how long the old side is kept; for `ab` and `blue-green`."""

    assignment_key: Literal["request", "session", "user", "tenant"] = "request"
    """What is assigned to one side and stays there."""

    def flaws(self) -> Iterator[Flaw]:
        """Check that each type has its parts, weights rise, and cohorts make up the whole."""
        needs = {"canary": ("steps",), "blue-green": ("lasts",), "ab": ("cohorts", "lasts")}
        for field in ("steps", "cohorts", "lasts"):
            given = bool(getattr(self, field))
            if field in needs[self.type] and not given:
                yield Flaw(
                    (field,),
                    "missing",
                    f"strategy `{self.type}` needs `{field}`",
                    f"add `{field}:` beside `type`",
                )
            if given and field not in needs[self.type]:
                yield Flaw(
                    (field,),
                    "contradiction",
                    f"`{field}` means nothing for strategy `{self.type}`",
                    "remove it, or choose another type",
                )
        yield from _rising(self.steps)
        yield from repeated([cohort.name for cohort in self.cohorts], "cohorts", "cohort")
        total = sum(cohort.weight.basis_points for cohort in self.cohorts)
        if self.cohorts and total != WHOLE:
            yield Flaw(
                ("cohorts",),
                "range",
                f"the weights of the cohorts add up to {total // 100}%",
                "make them add up to 100%",
            )


def _rising(steps: tuple[CanaryStep, ...]) -> Iterator[Flaw]:
    last = 0
    for index, step in enumerate(steps):
        share = step.weight.basis_points
        if share > WHOLE:
            yield Flaw(
                ("steps", index, "weight"),
                "range",
                f"{step.weight} is too much",
                "use at most 100%",
            )
        elif share <= last:
            yield Flaw(
                ("steps", index, "weight"),
                "order",
                f"`weight` ({step.weight}) does not rise above the step before it",
                "sort the steps so that `weight` rises, the first above 0%",
            )
        last = share


class MetricGate(Checked):
    """A figure that must not get worse than a margin."""

    name: Name
    """What it is called in the report."""

    query: Text
    """The query that answers it; `{{version}}` and `{{tenant}}` stand for what is judged."""

    better: Literal["lower", "higher"]
    """Which way is better."""

    margin: Percent = Percent.parse("5%")
    """How much worse than today's version it may be."""

    confidence: Percent = Percent.parse("95%")
    """How sure the comparison must be."""

    missing: Literal["fail", "wait"] = "fail"
    """What it means when there is no data; it is never a pass."""

    def flaws(self) -> Iterator[Flaw]:
        """Check that the confidence can be had."""
        if not 5_000 <= self.confidence.basis_points < WHOLE:
            yield Flaw(
                ("confidence",),
                "range",
                f"a confidence of {self.confidence} cannot be had",
                "use 50% to 99.99%",
            )


class BurnRate(Model):
    """How fast the error budget may be spent."""

    window: Duration
    """Over how long it is measured."""

    at_most: Number
    """How many times the rate that would just use up the budget: "14.4"."""


class Slo(Model):
    """An objective that must hold while the new version comes in."""

    name: Name
    """What it is called."""

    query: Text
    """The share of good events."""

    objective: Objective
    """The share that must be good."""

    window: Duration = Duration.parse("30d")
    """Over how long."""

    burn_rates: Many[BurnRate] = ()
    """How fast the error budget may be spent."""


class Suite(Model):
    """A test of robustness that must pass before any traffic."""

    name: Literal[
        "distribution-shift", "injection", "noisy-retrieval", "long-context", "tool-failure"
    ]
    """What is tested."""

    pass_rate: Percent = Percent.parse("95%")
    """The share of cases that must pass."""

    cases: Count = 100
    """How many cases there must be at least."""


class DriftLimit(Model):
    """How far a distribution may move."""

    metric: Token
    """The distribution."""

    measure: Literal["psi", "kl", "ks", "mean"] = "psi"
    """How the distance is measured."""

    at_most: Number
    """The largest distance."""

    window: Duration = Duration.parse("1d")
    """Over how long it is measured."""


class CostGate(Model):
    """What the new version may cost."""

    increase: Percent = Percent.parse("0%")
    """How much dearer than today's version it may be, per call."""


class LatencyGate(Model):
    """How slow the new version may be."""

    quantile: Objective = Objective.parse("95%")
    """The share of calls that must be as fast."""

    at_most: Latency
    """How long those may take."""


class OnFailure(Model):
    """What a failure does."""

    action: Literal["rollback", "pause"] = "rollback"
    """Back to the old version, or stay where it is until somebody decides."""

    notify: Many[Literal["owner", "escalation", "security", "platform"]] = ("platform",)
    """Which contacts are told."""


class Report(Model):
    """What is written at the end."""

    to: Many[Token] = ()
    """Who receives it; absent or empty: it is only kept as evidence."""

    format: Literal["md", "json"] = "md"
    """For people or for programs."""


class Wave(Model):
    """Tenants that follow together."""

    name: Name
    """What it is called."""

    tenants: Many[TenantRef] = ()
    """These tenants."""

    tenant_labels: dict[LabelKey, LabelValue] = Field(default_factory=dict)
    """Tenants that carry all of these labels."""

    after: Duration = Duration.parse("1d")
    """How long the wave before must have run well."""


class CanaryRuleSpec(Checked):
    """What is rolled out how, and what stops it."""

    subjects: Subjects = Subjects()
    """What the rule is for."""

    strategy: Strategy = Strategy(
        steps=(
            CanaryStep(weight=Percent.parse("5%")),
            CanaryStep(weight=Percent.parse("25%")),
            CanaryStep(weight=Percent.parse("100%")),
        )
    )
    """In which way traffic moves over."""

    metrics: Many[MetricGate] = ()
    """Figures that must not get worse."""

    slos: Many[Slo] = ()
    """Objectives that must hold meanwhile."""

    robustness: Many[Suite] = ()
    """Tests that must pass before any traffic."""

    drift: Many[DriftLimit] = ()
    """How far distributions may move."""

    cost: CostGate | None = None
    """What the new version may cost; absent: not judged."""

    latency: Many[LatencyGate] = ()
    """How slow it may be."""

    preflight: Many[Token] = ()
    """Checks that must pass before the first step, by name."""

    on_failure: OnFailure = OnFailure()
    """What a failure does."""

    report: Report = Report()
    """What is written at the end."""

    waves: Many[Wave] = ()
    """Which tenants follow when; absent or empty: all at once."""

    def flaws(self) -> Iterator[Flaw]:
        """Check that nothing has the name of something else."""
        for field in ("metrics", "slos", "robustness", "waves"):
            names = [item.name for item in getattr(self, field)]
            yield from repeated(names, field, field.rstrip("s"))


class CanaryRule(Resource):
    """How a new version reaches tenants, and what stops it."""

    default_class: ClassVar[Change] = "policy"

    kind: Literal["CanaryRule"]
    """Always `CanaryRule`."""

    spec: CanaryRuleSpec
    """What is rolled out how, and what stops it."""
