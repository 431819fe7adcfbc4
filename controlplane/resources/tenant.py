"""Tenant: who somebody is to the platform, where their workloads run and what they run.

Decides the shape of a tenant and what must hold within one. Leaves to policy whether this plan
may have that isolation, and to `tenant_data` what a tenant says of its data.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from controlplane.resources.base import Change, Checked, Flaw, Many, Model, OwnReference, Resource
from controlplane.resources.common import (
    Config,
    Contact,
    Isolation,
    TenantRole,
    ordered,
    repeated,
)
from controlplane.resources.markers import ChangeClass
from controlplane.resources.names import (
    BudgetCapRef,
    CanaryRuleRef,
    CredentialsRef,
    Endpoint,
    EnvironmentRef,
    EvidenceContractRef,
    HttpsUrl,
    Name,
    PackName,
    PricePlanRef,
    TargetRef,
    TenantRef,
    Text,
    Token,
)
from controlplane.resources.scalars import (
    BytesLimit,
    CountLimit,
    Duration,
    Money,
    MoneyLimit,
    Number,
    Percent,
    QuantityLimit,
    Timestamp,
)
from controlplane.resources.tenant_data import TenantData
from controlplane.resources.versions import VersionRange


class TenantLifecycle(Checked):
    """Where the tenant stands between its first day and its last."""

    stage: Literal["trial", "active", "suspended", "leaving"] = "active"
    """`trial` ends by itself, `suspended` keeps data but runs nothing, `leaving` will be purged."""

    trial_ends: Timestamp | None = None
    """When a trial ends; required in stage `trial`."""

    reason: Text | None = None
    """Why it is suspended or leaving; required in those stages."""

    since: Timestamp | None = None
    """When it entered this stage."""

    purge_after: Timestamp | None = None
    """When everything of a leaving tenant is deleted, except what a legal hold keeps."""

    def flaws(self) -> Iterator[Flaw]:
        """Check that each stage says what it needs, and no stage says what it cannot mean."""
        needs = {"trial": ["trial_ends"], "suspended": ["reason"]}
        needs["leaving"] = ["reason", "purge_after"]
        for field in needs.get(self.stage, []):
            if getattr(self, field) is None:
                yield _needed(field, self.stage)
        if self.stage != "leaving" and self.purge_after is not None:
            yield _unwanted("purgeAfter", "leaving")
        if self.stage != "trial" and self.trial_ends is not None:
            yield _unwanted("trialEnds", "trial")
        yield from ordered(self.since, self.trial_ends, "since", "trialEnds")
        yield from ordered(self.since, self.purge_after, "since", "purgeAfter")


def _needed(field: str, stage: str) -> Flaw:
    name = {"trial_ends": "trialEnds", "purge_after": "purgeAfter"}.get(field, field)
    return Flaw(
        (name,), "missing", f"stage `{stage}` needs `{name}`", f"add `{name}:` beside `stage`"
    )


def _unwanted(field: str, stage: str) -> Flaw:
    return Flaw(
        (field,),
        "contradiction",
        f"`{field}` is only meant for stage `{stage}`",
        f"remove `{field}`, or set `stage: {stage}`",
    )


class GroupRole(Model):
    """Members of a group of the tenant's identity provider hold a role."""

    group: Token
    """The group as the issuer's token names it."""

    role: TenantRole
    """What its members may do."""

    environments: Many[EnvironmentRef] = ()
    """Where they may do it; absent or empty: in every environment of the tenant."""


class AttributeRule(Model):
    """People whose token carries an attribute with one of these values hold a role."""

    attribute: Token
    """The claim in the token."""

    values: Many[Token]
    """The values that count."""

    role: TenantRole
    """What those people may do."""

    environments: Many[EnvironmentRef] = ()
    """Where they may do it; absent or empty: in every environment of the tenant."""


class Identity(Checked):
    """Whom the tenant's people sign in with, and what they may do."""

    issuer: HttpsUrl
    """The OIDC issuer whose tokens are accepted."""

    jwks_uri: HttpsUrl | None = None
    """Where its keys are; absent: found through the issuer's discovery document."""

    audience: Token | None = None
    """The audience a token must be meant for; absent: the platform's own."""

    groups: Many[GroupRole] = ()
    """Which group holds which role."""

    attributes: Many[AttributeRule] = ()
    """Which attribute of a token gives which role."""

    def flaws(self) -> Iterator[Flaw]:
        """Check that a group is given a role once per environment."""
        seen: set[tuple[str, str]] = set()
        for index, entry in enumerate(self.groups):
            for environment in entry.environments or ("",):
                if (entry.group, environment) in seen:
                    yield Flaw(
                        ("groups", index, "group"),
                        "duplicate",
                        f"group {entry.group!r} is given two roles in the same place",
                        "keep one of the two entries",
                    )
                seen.add((entry.group, environment))


class Contacts(Model):
    """Who is called for what."""

    owner: Contact | None = None
    """Answers for the tenant; stands in for every purpose below that is absent."""

    escalation: Contact | None = None
    """Called when an incident is not answered."""

    billing: Contact | None = None
    """Receives invoices and warnings about money."""

    security: Contact | None = None
    """Told of vulnerabilities and suspected breaches."""


class Support(Model):
    """What the tenant may expect when something is wrong."""

    tier: Literal["community", "standard", "premium"] = "standard"
    """The tier that was bought."""

    respond: Duration | None = None
    """How soon somebody answers; absent: as the tier says."""

    restore: Duration | None = None
    """How soon the service is back; absent: as the tier says."""


class Kpi(Model):
    """A figure by which the tenant measures success."""

    name: Name
    """What the figure is called."""

    metric: Token
    """The metric it is read from."""

    target: Number
    """The value to reach, as a decimal number in quotes."""

    direction: Literal["at-least", "at-most"] = "at-least"
    """On which side of the target it should be."""

    unit: Token | None = None
    """The unit of the target, for people."""

    window: Duration = Duration.parse("30d")
    """Over how long it is measured."""


class CostEnvelope(Model):
    """What the tenant means to spend at most."""

    limit: MoneyLimit
    """The amount per period, or `unlimited`, said in so many words."""

    period: Literal["day", "week", "month", "quarter", "year"] = "month"
    """Over how long the amount is meant."""

    expected: Money | None = None
    """What it usually spends, so that a surprise can be told."""


class Sink(Model):
    """Where the tenant's telemetry goes."""

    kind: Literal["otlp", "prometheus", "loki", "s3", "platform"] = "platform"
    """How it is sent; `platform` keeps it with us."""

    endpoint: Endpoint | None = None
    """Where to; absent for `platform`."""

    credentials_ref: CredentialsRef | None = None
    """The name of the credentials for it, kept outside Git."""


class Observability(Model):
    """What is recorded of the tenant's workloads and who keeps it."""

    sink: Annotated[Sink, ChangeClass("security")] = Sink()
    """Where metrics, logs and traces go."""

    keep_logs: Duration = Duration.parse("30d")
    """How long logs are kept."""

    trace_sample: Percent = Percent.parse("1%")
    """The share of requests that is traced."""


class Risk(Model):
    """How much would be at stake."""

    level: Literal["low", "medium", "high", "critical"] = "low"
    """How bad a breach or an outage would be."""

    regulations: Many[Token] = ()
    """The rules that apply: gdpr, hipaa, pci-dss, dora, nis2…"""

    notes: Text | None = None
    """What a reviewer should know."""


class Placement(Model):
    """One environment of the tenant on one target."""

    environment: EnvironmentRef
    """Which stage of promotion: the name of an Environment."""

    target: TargetRef
    """Where it runs: the name of a Cluster or a ComputeEngine."""

    isolation: Annotated[Isolation, ChangeClass("security")] = "namespace"
    """Shared with others, in a namespace of its own, or on a target of its own."""

    namespace: Name | None = None
    """The namespace or account on the target; absent: `<tenant>-<environment>`. Not the cluster's
    own: `default`, `controlplane-system`, `kube-…`."""


class PackOverride(Model):
    """What differs in one environment."""

    enabled: bool = True
    """Whether the pack runs there at all."""

    version: VersionRange | None = None
    """The range that counts there; absent: the pack's general one."""

    channel: Literal["stable", "preview"] | None = None
    """The channel that counts there; absent: the pack's general one."""

    config: Config = Field(default_factory=dict)
    """Values laid over the general ones, key by key."""


class TenantPack(Model):
    """A pack the tenant runs."""

    name: PackName
    """The pack's name in the catalogue."""

    version: VersionRange
    """The versions that will do: >=1.2,<2 or ~=1.2 or ==1.2.3; the lock file says which one is."""

    channel: Literal["stable", "preview"] = "stable"
    """Whether versions in preview count."""

    config: Config = Field(default_factory=dict)
    """Values for the pack's inputs; the pack's schema says which there are."""

    environments: dict[EnvironmentRef, PackOverride] = Field(default_factory=dict)
    """What differs in one environment, by its name."""

    def own_references(self) -> Iterator[OwnReference]:
        """Yield the range that counts in each environment with one of its own."""
        for environment, override in self.environments.items():
            if override.version is not None:
                path = ("environments", environment, "version")
                yield path, ("Pack",), self.name, override.version


class Quotas(Model):
    """How much the tenant may hold per placement. Absent: as the plan says."""

    cpu: QuantityLimit | None = None
    """CPU cores requested."""

    memory: BytesLimit | None = None
    """Memory requested."""

    storage: BytesLimit | None = None
    """Storage claimed."""

    gpus: CountLimit | None = None
    """GPUs and other accelerators."""

    pods: CountLimit | None = None
    """Pods or jobs at the same time."""


class RateLimits(Model):
    """How fast the tenant may go. Absent: as the plan says."""

    requests_per_second: CountLimit | None = None
    """Calls per second, across all packs."""

    burst: CountLimit | None = None
    """Calls that may come at once above that rate."""

    tokens_per_minute: CountLimit | None = None
    """Model tokens per minute."""

    concurrent_runs: CountLimit | None = None
    """Tasks and playbooks at the same time."""


class TenantSpec(Checked):
    """Everything the platform does for a tenant."""

    plan: Annotated[Literal["core", "growth", "agency"], ChangeClass("pricing")] = "core"
    """The bundle that was bought."""

    parent: Annotated[TenantRef | None, ChangeClass("access")] = None
    """The agency whose client workspace it is: that one sees it, its other clients never do."""

    lifecycle: Annotated[TenantLifecycle, ChangeClass("access")] = TenantLifecycle()
    """Trial, active, suspended or leaving."""

    identity: Annotated[Identity | None, ChangeClass("access")] = None
    """Whom its people sign in with; absent: nobody signs in, only the platform operates it."""

    contacts: Contacts = Contacts()
    """Who is called for what."""

    support: Annotated[Support, ChangeClass("pricing")] = Support()
    """What it may expect when something is wrong."""

    data: Annotated[TenantData, ChangeClass("security")]
    """Where its data may be, what it is, and how long it is kept."""

    kpis: Many[Kpi] = ()
    """The figures by which it measures success."""

    cost_envelope: Annotated[CostEnvelope | None, ChangeClass("budget")] = None
    """What it means to spend at most; absent: as the plan's caps say."""

    observability: Observability = Observability()
    """What is recorded and who keeps it."""

    risk: Annotated[Risk, ChangeClass("security")] = Risk()
    """How much would be at stake."""

    placements: Many[Placement] = ()
    """Which environment runs where."""

    packs: Many[TenantPack] = ()
    """What it runs."""

    price_plan: Annotated[PricePlanRef | None, ChangeClass("pricing")] = None
    """What it pays: the name of a PricePlan; absent: the one in force that is for its plan."""

    budget_caps: Annotated[Many[BudgetCapRef], ChangeClass("budget")] = ()
    """The caps that hold for it, beside those whose scope includes it."""

    canary_rules: Many[CanaryRuleRef] = ()
    """How its upgrades are rolled out, beside rules that select it."""

    evidence_contract: Annotated[EvidenceContractRef | None, ChangeClass("policy")] = None
    """What must be proven of its changes; absent: the contracts that hold for everybody."""

    quotas: Annotated[Quotas, ChangeClass("budget")] = Quotas()
    """How much it may hold."""

    rate_limits: Annotated[RateLimits, ChangeClass("budget")] = RateLimits()
    """How fast it may go."""

    def flaws(self) -> Iterator[Flaw]:
        """Check that nothing is declared twice."""
        yield from repeated([pack.name for pack in self.packs], "packs", "pack")
        yield from repeated([kpi.name for kpi in self.kpis], "kpis", "KPI")
        places = [f"{p.environment}@{p.target}" for p in self.placements]
        yield from repeated(places, "placements", "placement", "target")


class Tenant(Resource):
    """Somebody the platform runs things for."""

    default_class: ClassVar[Change] = "routine"

    kind: Literal["Tenant"]
    """Always `Tenant`."""

    spec: TenantSpec
    """What the tenant is, may do, runs, and pays."""

    @property
    def identity(self) -> str:
        """Return the tenant's name."""
        return self.metadata.name
