"""The larger parts of a pack: what it may do, what it tells, and what its type adds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from controlplane.resources.base import Checked, Flaw, Many, Model
from controlplane.resources.common import Approvals, repeated
from controlplane.resources.names import (
    Cidr,
    Host,
    LabelKey,
    MetricName,
    Name,
    RelativePath,
    RuleId,
    Text,
    Token,
    UrlPath,
)
from controlplane.resources.scalars import Duration

Port = Annotated[int, Field(ge=1, le=65535)]


class Peer(Checked):
    """Another end of a connection: exactly one of host, addresses, pack."""

    host: Host | None = None
    """A DNS name, `*.` in front for every name below it."""

    cidr: Cidr | None = None
    """A block of addresses: 10.0.0.0/8."""

    pack: Name | None = None
    """Another pack of the same tenant."""

    ports: Many[Port] = (443,)
    """The TCP ports."""

    reason: Text | None = None
    """Why it is needed, for the reviewer."""

    def flaws(self) -> Iterator[Flaw]:
        """Check that exactly one end is named."""
        given = [name for name in ("host", "cidr", "pack") if getattr(self, name) is not None]
        if len(given) != 1:
            yield Flaw(
                (),
                "choice",
                f"names {len(given)} ends: {', '.join(given) or 'none'}",
                "give exactly one of `host`, `cidr` and `pack`",
            )


class Network(Model):
    """Whom it talks to. What is not listed is not reachable."""

    egress: Many[Peer] = ()
    """Whom it calls."""

    ingress: Many[Peer] = ()
    """Who calls it."""


class SecretNeed(Model):
    """A secret it reads; the value is held elsewhere."""

    name: Name
    """The name it is mounted under."""

    scope: Literal["pack", "tenant", "platform"] = "pack"
    """Whose it is: its own, shared in the tenant, or the platform's."""

    keys: Many[LabelKey] = ()
    """The keys it reads; absent or empty: all of them."""


class Capabilities(Model):
    """What it must be allowed to do, and what it allows others."""

    network: Network = Network()
    """Whom it talks to."""

    secrets: Many[SecretNeed] = ()
    """The secrets it reads."""

    tools: Many[Token] = ()
    """The tools it calls: search, code-execution, mail…"""

    provides: Many[Token] = ()
    """What other packs may ask of it."""


class MetricContract(Model):
    """A metric it always exposes."""

    name: MetricName
    """The name, in the grammar of Prometheus."""

    type: Literal["counter", "gauge", "histogram"] = "gauge"
    """How to read it."""

    unit: Token | None = None
    """The unit: seconds, bytes, tokens…"""

    labels: Many[LabelKey] = ()
    """The labels it carries."""

    description: Text | None = None
    """What it measures."""


class EventContract(Model):
    """An event it emits."""

    name: Token
    """The event's type."""

    fields: Many[LabelKey] = ()
    """The fields it carries."""


class Telemetry(Checked):
    """What it tells about itself, and what it must never tell."""

    metrics: Many[MetricContract] = ()
    """Metrics it always exposes."""

    events: Many[EventContract] = ()
    """Events it emits."""

    never: Many[Token] = ()
    """What must never appear in metrics, logs or events: prompt, e-mail, card-number…"""

    def flaws(self) -> Iterator[Flaw]:
        """Check that names are unique and that nothing forbidden is promised."""
        yield from repeated([metric.name for metric in self.metrics], "metrics", "metric")
        yield from repeated([event.name for event in self.events], "events", "event")
        for index, metric in enumerate(self.metrics):
            for position, label in enumerate(metric.labels):
                if label in self.never:
                    yield Flaw(
                        ("metrics", index, "labels", position),
                        "contradiction",
                        f"label {label!r} is among what must never appear",
                        "remove the label, or take it out of `never`",
                    )


class HealthCheck(Checked):
    """One question with a yes or no answer."""

    name: Name
    """What it is called."""

    kind: Literal["http", "tcp", "command", "metric"] = "http"
    """How it is asked."""

    path: UrlPath | None = None
    """The path, for `http`."""

    port: Port | None = None
    """The port, for `http` and `tcp`."""

    command: Many[Text] = ()
    """The command and its arguments, for `command`; 0 is well."""

    query: Text | None = None
    """The query, for `metric`; an empty answer is not well."""

    within: Duration = Duration.parse("10s")
    """How long the answer may take."""

    def flaws(self) -> Iterator[Flaw]:
        """Check that the kind has what it needs."""
        needs = {"http": ("path", "port"), "tcp": ("port",), "command": ("command",)}
        for field in needs.get(self.kind, ("query",)):
            if not getattr(self, field):
                yield Flaw(
                    (field,),
                    "missing",
                    f"a check of kind `{self.kind}` needs `{field}`",
                    f"add `{field}:`",
                )


class Webhook(Model):
    """A call it makes or accepts when something happens."""

    event: Token
    """What happens."""

    direction: Literal["in", "out"] = "in"
    """Whether it is called or calls."""

    signed: bool = True
    """Whether the call carries a signature that is checked."""


class Connector(Model):
    """What a connector touches."""

    system: Token
    """The system it connects to: salesforce, s3, stripe…"""

    direction: Literal["read", "write", "both"] = "read"
    """Which way data goes, seen from us."""

    scopes: Many[Token] = ()
    """The scopes it asks the system for."""

    events: Many[Token] = ()
    """The events it subscribes to."""

    webhooks: Many[Webhook] = ()
    """The calls it makes or accepts."""


class Step(Model):
    """One step of a playbook."""

    name: Name
    """What it is called."""

    does: Text
    """What happens in it."""

    approval: Approvals | None = None
    """Who must agree before it; absent: it runs by itself."""

    within: Duration | None = None
    """How long it may take."""


class Playbook(Checked):
    """What a playbook does, and who must agree."""

    steps: Annotated[Many[Step], Field(min_length=1)]
    """The steps, in order."""

    sla: Duration | None = None
    """How long all of it may take."""

    policies: Many[RuleId] = ()
    """Rules that must pass before a run."""

    document: RelativePath | None = None
    """The text for people, inside `content/`."""

    def flaws(self) -> Iterator[Flaw]:
        """Check that steps have names of their own."""
        yield from repeated([step.name for step in self.steps], "steps", "step")
