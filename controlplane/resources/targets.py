"""Cluster and ComputeEngine: where things run, what it can do, what it costs, how to reach it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from controlplane.resources.base import Change, Checked, Flaw, Many, Model, Resource
from controlplane.resources.common import Isolation, Window, ordered, repeated
from controlplane.resources.markers import ChangeClass
from controlplane.resources.names import (
    CredentialsRef,
    Endpoint,
    LabelKey,
    Name,
    Positive,
    TargetRef,
    Text,
    Token,
)
from controlplane.resources.scalars import (
    Bytes,
    BytesLimit,
    CountLimit,
    Duration,
    Money,
    Objective,
    Quantity,
    QuantityLimit,
    Timestamp,
)


class Accelerator(Model):
    """Accelerators of one model."""

    model: Token
    """The model: nvidia-h100, google-tpu-v5e…"""

    kind: Literal["gpu", "npu", "tpu"] = "gpu"
    """What it is."""

    count: Positive
    """How many there are."""


class Hardware(Model):
    """What the target is made of."""

    cpu: Quantity | None = None
    """CPU cores in all."""

    memory: Bytes | None = None
    """Memory in all."""

    accelerators: Many[Accelerator] = ()
    """GPUs, NPUs and TPUs."""


class TargetLimits(Model):
    """How much of it may be given to tenants. Absent: not known, and so never promised."""

    cpu: QuantityLimit | None = None
    """CPU cores requested by all tenants together."""

    memory: BytesLimit | None = None
    """Memory requested by all tenants together."""

    storage: BytesLimit | None = None
    """Storage claimed by all tenants together."""

    accelerators: CountLimit | None = None
    """Accelerators requested by all tenants together."""

    tenants: CountLimit | None = None
    """How many tenants may be placed there."""


class UnitCost(Checked):
    """What one unit of something costs us there."""

    resource: Literal[
        "cpu-hour", "memory-gib-hour", "storage-gib-month", "gpu-hour", "egress-gib", "node-hour"
    ]
    """What is used."""

    cost: Money
    """The cost of `per` units."""

    per: Positive = 1
    """How many units that cost buys."""

    starts: Timestamp | None = None
    """From when it counts; absent: always has."""

    ends: Timestamp | None = None
    """When it no longer counts; absent: no end is known."""

    def flaws(self) -> Iterator[Flaw]:
        """Check that it ends after it starts."""
        yield from ordered(self.starts, self.ends, "starts", "ends")


class TargetLifecycle(Checked):
    """Whether anything may still be placed there."""

    stage: Literal["active", "draining", "retired"] = "active"
    """`draining` takes nothing new and must be empty by a date; `retired` holds nothing."""

    drain_by: Timestamp | None = None
    """When it must be empty; required while draining."""

    replacement: TargetRef | None = None
    """Where its tenants should go."""

    reason: Text | None = None
    """Why it is drained or retired."""

    def flaws(self) -> Iterator[Flaw]:
        """Check that draining has a date."""
        if self.stage == "draining" and self.drain_by is None:
            yield Flaw(
                ("drainBy",),
                "missing",
                "stage `draining` needs `drainBy`",
                "add the moment by which it must be empty",
            )
        if self.stage == "active" and self.drain_by is not None:
            yield Flaw(
                ("drainBy",),
                "contradiction",
                "`drainBy` is only meant for a target that is drained",
                "remove it, or set `stage: draining`",
            )


class HealthExpectation(Model):
    """What "well" means for it."""

    availability: Objective = Objective.parse("99.5%")
    """The share of time in which it answers."""

    heartbeat: Duration = Duration.parse("1m")
    """After how long without an answer it counts as away."""


class TargetSpec(Checked):
    """What both kinds of target say."""

    provider: Token
    """Who runs the hardware: aws, gcp, hetzner, on-premises…"""

    region: Token
    """The provider's name of the place: eu-central-1."""

    residency_zone: Annotated[Name, ChangeClass("security")]
    """The zone by law: eu, us, uk, ch… Tenants name the zones in which their data may be."""

    hardware: Hardware = Hardware()
    """What it is made of."""

    runtimes: dict[LabelKey, Token] = Field(default_factory=dict)
    """What runs on it, in which version: kubernetes: 1.35.3, cuda: 12.8…"""

    capabilities: Many[Token] = ()
    """What packs may count on: gpu, network-policy, encrypted-storage…"""

    limits: TargetLimits = TargetLimits()
    """How much of it may be given to tenants."""

    unit_costs: Annotated[Many[UnitCost], ChangeClass("pricing")] = ()
    """What it costs us."""

    isolation: Many[Isolation] = ("shared", "namespace")
    """The levels of isolation it offers."""

    lifecycle: TargetLifecycle = TargetLifecycle()
    """Whether anything may still be placed there."""

    maintenance: Many[Window] = ()
    """When work is done on it."""

    health: HealthExpectation = HealthExpectation()
    """What "well" means for it."""

    def flaws(self) -> Iterator[Flaw]:
        """Check that windows and costs do not contradict each other."""
        yield from repeated([w.name for w in self.maintenance], "maintenance", "window")
        currencies = {cost.cost.currency for cost in self.unit_costs}
        if len(currencies) > 1:
            yield Flaw(
                ("unitCosts",),
                "currency",
                f"unit costs are in several currencies: {', '.join(sorted(currencies))}",
                "state them all in one currency",
            )


class ClusterConnection(Model):
    """How the reconciler reaches a cluster."""

    kind: Literal["kubernetes", "directory"]
    """A Kubernetes API server, or a directory of rendered manifests."""

    credentials_ref: CredentialsRef
    """The name under which address and credentials are found outside Git."""


class EngineConnection(Model):
    """How the reconciler reaches an engine."""

    kind: Literal["slurm", "ray", "postgresql", "directory"]
    """What answers there; `directory` writes what would be sent into files."""

    credentials_ref: CredentialsRef
    """The name under which address and credentials are found outside Git."""

    endpoint: Endpoint | None = None
    """The address, where it is no secret and the same for everybody."""


class ClusterSpec(TargetSpec):
    """A Kubernetes cluster."""

    connection: Annotated[ClusterConnection, ChangeClass("security")]
    """How it is reached."""

    pod_security: Literal["restricted", "baseline", "privileged"] = "restricted"
    """The Pod Security Standard that its namespaces enforce."""


class EngineSpec(TargetSpec):
    """A compute engine other than Kubernetes."""

    engine: Literal["slurm", "ray", "postgresql"]
    """What it is."""

    connection: Annotated[EngineConnection, ChangeClass("security")]
    """How it is reached."""

    partitions: Many[Token] = ()
    """Queues, partitions or databases into which it is divided."""

    def flaws(self) -> Iterator[Flaw]:
        """Check that what answers is what it is."""
        yield from super().flaws()
        if self.connection.kind not in (self.engine, "directory"):
            yield Flaw(
                ("connection", "kind"),
                "contradiction",
                f"a connection of kind `{self.connection.kind}` cannot reach `{self.engine}`",
                f"use `kind: {self.engine}` or `kind: directory`",
            )


class Cluster(Resource):
    """A Kubernetes cluster, or a directory that stands for one."""

    default_class: ClassVar[Change] = "policy"

    kind: Literal["Cluster"]
    """Always `Cluster`."""

    spec: ClusterSpec
    """Where it is, what it can do, what it costs, how it is reached."""


class ComputeEngine(Resource):
    """A compute engine: Slurm, Ray Serve, PostgreSQL."""

    default_class: ClassVar[Change] = "policy"

    kind: Literal["ComputeEngine"]
    """Always `ComputeEngine`."""

    spec: EngineSpec
    """Where it is, what it can do, what it costs, how it is reached."""
