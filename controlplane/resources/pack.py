"""Pack: a versioned thing that tenants run, and everything a reviewer must know about it.

Parts that only some types of pack have are in `pack_parts`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from controlplane.resources.base import Change, Checked, Flaw, Many, Model, Resource
from controlplane.resources.common import Config, Contact, PackChoice, repeated
from controlplane.resources.markers import ChangeClass
from controlplane.resources.names import (
    Digest,
    Endpoint,
    LabelKey,
    Meter,
    Positive,
    RelativePath,
    Text,
    Token,
)
from controlplane.resources.pack_parts import (
    Capabilities,
    Connector,
    HealthCheck,
    Playbook,
    Telemetry,
)
from controlplane.resources.scalars import Bytes, Latency, Quantity, Timestamp
from controlplane.resources.versions import PackVersion, VersionRange


class Publisher(Model):
    """Who answers for the pack."""

    name: Text
    """The person, team or company."""

    contact: Contact | None = None
    """Where they can be reached."""


class PackLifecycle(Checked):
    """Whether this version may still be taken."""

    stage: Literal["preview", "stable", "deprecated", "withdrawn"] = "stable"
    """`deprecated` still runs until a date; `withdrawn` must not run any more."""

    ends: Timestamp | None = None
    """When a deprecated version is withdrawn; required in stage `deprecated`."""

    successor: PackChoice | None = None
    """What to take instead."""

    reason: Text | None = None
    """Why it is withdrawn; required in stage `withdrawn`."""

    advisories: Many[Token] = ()
    """Published vulnerabilities that are the reason: CVE-2026-12345…"""

    def flaws(self) -> Iterator[Flaw]:
        """Check that each stage says what it needs."""
        if self.stage == "deprecated" and self.ends is None:
            yield Flaw(
                ("ends",),
                "missing",
                "stage `deprecated` needs `ends`",
                "add the moment at which it is withdrawn",
            )
        if self.stage == "withdrawn" and self.reason is None:
            yield Flaw(
                ("reason",),
                "missing",
                "stage `withdrawn` needs `reason`",
                "add a sentence that tells tenants why",
            )


class Content(Model):
    """What is in the folder `content/` beside this file, and who vouches for it."""

    digest: Digest | None = None
    """The digest of the folder as published; absent: the lock files of tenants hold it."""

    signature: Endpoint | None = None
    """Where the publisher's signature over the digest is."""

    sbom: RelativePath | None = None
    """The bill of materials, inside `content/`."""


class Migration(Model):
    """How values for an older major version become values for this one."""

    from_major: int
    """The major version whose values are meant."""

    rename: dict[LabelKey, LabelKey] = Field(default_factory=dict)
    """Old name → new name."""

    remove: Many[LabelKey] = ()
    """Names that no longer mean anything."""

    notes: Text | None = None
    """What a person must decide."""


class Inputs(Model):
    """What a tenant can set."""

    schema_file: RelativePath | None = None
    """The JSON Schema (2020-12) of `config`, inside `content/`; absent: nothing can be set."""

    defaults: Config = Field(default_factory=dict)
    """Values that count where the tenant gives none."""

    migrations: Many[Migration] = ()
    """How values for older major versions are carried over."""


class RenderWith(Model):
    """How the pack becomes objects on a target."""

    kind: Literal["templates", "helm"] = "templates"
    """Jinja2 templates, or a Helm chart."""

    path: RelativePath = "templates"
    """Where they are, inside `content/`."""


class Limits(Model):
    """What the pack can take and promises to stay below."""

    tokens: Positive | None = None
    """The most model tokens in one call."""

    graph_nodes: Positive | None = None
    """The most nodes of a graph it works on."""

    latency: Latency | None = None
    """How long one call may take."""

    cpu: Quantity | None = None
    """CPU cores of one instance."""

    memory: Bytes | None = None
    """Memory of one instance."""


class Compatibility(Model):
    """Where it runs and with what."""

    engines: Many[Literal["kubernetes", "slurm", "ray", "postgresql"]] = ("kubernetes",)
    """The kinds of target it runs on."""

    runtimes: dict[LabelKey, VersionRange] = Field(default_factory=dict)
    """Versions it needs of what runs on the target: kubernetes: ">=1.29"."""

    capabilities: Many[Token] = ()
    """Capabilities the target must have."""

    packs: Many[PackChoice] = ()
    """Packs that must run beside it."""

    limits: Limits = Limits()
    """What it can take and promises to stay below."""


class PackSpec(Checked):
    """One version of a pack."""

    version: PackVersion
    """Three numbers: 1.2.3."""

    type: Literal["task", "connector", "playbook", "symbol"] = "task"
    """Does work, brings data in or out, guides people, or gives data a meaning."""

    summary: Text
    """What it does, in one sentence."""

    publisher: Publisher
    """Who answers for it."""

    licence: Token = "Apache-2.0"
    """The SPDX identifier of its licence."""

    lifecycle: Annotated[PackLifecycle, ChangeClass("security")] = PackLifecycle()
    """Whether this version may still be taken."""

    content: Annotated[Content, ChangeClass("security")] = Content()
    """What is in the folder `content/`, and who vouches for it."""

    render: RenderWith = RenderWith()
    """How it becomes objects on a target."""

    inputs: Inputs = Inputs()
    """What a tenant can set."""

    capabilities: Annotated[Capabilities, ChangeClass("security")] = Capabilities()
    """What it must be allowed to do, and what it allows others."""

    telemetry: Telemetry = Telemetry()
    """What it tells about itself, and what it must never tell."""

    compatibility: Compatibility = Compatibility()
    """Where it runs and with what."""

    meters: Annotated[Many[Meter], ChangeClass("pricing")] = ()
    """The meters of price plans that it feeds."""

    health: Many[HealthCheck] = ()
    """How to tell that an instance is well."""

    smoke: Many[HealthCheck] = ()
    """What must work after an upgrade before anybody relies on it."""

    fallback: PackChoice | None = None
    """What may run in its place when money or health calls for it."""

    connector: Connector | None = None
    """What a connector touches; only for type `connector`."""

    playbook: Playbook | None = None
    """What a playbook does; only for type `playbook`."""

    def flaws(self) -> Iterator[Flaw]:
        """Check that type and parts agree, and that checks have names of their own."""
        for part in ("connector", "playbook"):
            given = getattr(self, part) is not None
            if given and self.type != part:
                yield Flaw(
                    (part,),
                    "contradiction",
                    f"`{part}` is only meant for packs of type `{part}`",
                    f"remove it, or set `type: {part}`",
                )
            if not given and self.type == part:
                yield Flaw(
                    (part,),
                    "missing",
                    f"a pack of type `{part}` says nothing of what it does",
                    f"add `{part}:` below `spec`",
                )
        yield from repeated([check.name for check in self.health], "health", "check")
        yield from repeated([check.name for check in self.smoke], "smoke", "check")


class Pack(Resource):
    """One version of something tenants run: a task, connector, playbook or symbol."""

    default_class: ClassVar[Change] = "routine"

    kind: Literal["Pack"]
    """Always `Pack`."""

    spec: PackSpec
    """What this version is, needs, offers and promises."""

    @property
    def identity(self) -> str:
        """Return `name@version`: several versions of one pack live side by side."""
        return f"{self.metadata.name}@{self.spec.version}"
