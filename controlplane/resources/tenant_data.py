"""What a tenant says of its data: where it may be, what it is, who may see what of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from controlplane.resources.base import Checked, Flaw, Many, Model
from controlplane.resources.common import Contact, DataClassName, ordered, repeated
from controlplane.resources.names import CredentialsRef, Endpoint, Name, Text, Token
from controlplane.resources.scalars import DurationLimit, Timestamp


class DataClass(Model):
    """A class of data the tenant holds."""

    name: DataClassName
    """The class."""

    retention: DurationLimit | None = None
    """How long it is kept; absent: until the tenant leaves."""


class Ingress(Model):
    """A way by which data comes in."""

    name: Name
    """What it is called."""

    kind: Literal["api", "upload", "stream", "database", "warehouse", "crawl"]
    """How it comes."""

    classes: Many[DataClassName] = ()
    """What may come this way; absent or empty: every class declared above."""

    source: Endpoint | None = None
    """Where it comes from, where that is one place."""


class Warehouse(Model):
    """The store that holds the data."""

    owner: Literal["platform", "tenant"] = "platform"
    """Whose it is."""

    kind: Literal["postgresql", "duckdb", "snowflake", "bigquery", "databricks", "s3"] = (
        "postgresql"
    )
    """What it is."""

    zone: Name | None = None
    """The residency zone in which it stands; absent: that of the placement."""

    credentials_ref: CredentialsRef | None = None
    """The name of the credentials for it, kept outside Git."""


class LegalHold(Checked):
    """Data that must not be deleted, whatever retention or a purge says."""

    matter: Token
    """The case it is held for."""

    classes: Many[DataClassName] = ()
    """What is held; absent or empty: everything."""

    since: Timestamp
    """From when it holds."""

    until: Timestamp | None = None
    """When it is lifted; absent: until somebody lifts it."""

    reason: Text
    """Why, for whoever must decide about it later."""

    contact: Contact | None = None
    """Who can lift it."""

    def flaws(self) -> Iterator[Flaw]:
        """Check that it is lifted after it begins."""
        yield from ordered(self.since, self.until, "since", "until")


class Redaction(Model):
    """What is taken out before anybody outside the tenant sees it."""

    profile: Literal["none", "personal", "strict"] = "personal"
    """`none` shows all, `personal` removes what identifies people, `strict` all but totals."""

    fields: Many[Token] = ()
    """Further fields that are always taken out."""


class Disclosure(Model):
    """Somebody outside the tenant who may see some of it."""

    recipient: Token
    """Who: an address, an organisation."""

    purpose: Text
    """What for."""

    classes: Many[DataClassName] = ()
    """Which classes they may see; absent or empty: none, only the fields below."""

    fields: Many[Token] = ()
    """Which single fields they may see."""

    until: Timestamp | None = None
    """When this ends; absent: until it is removed."""


class TenantData(Checked):
    """Where the tenant's data may be, what it is, and how long it is kept."""

    residency: Annotated[Many[Name], Field(min_length=1)]
    """The residency zones in which its data may be: eu, us, uk, ch…"""

    classes: Many[DataClass] = (DataClass(name="internal"),)
    """What it holds, and for how long."""

    ingress: Many[Ingress] = ()
    """How data comes in."""

    warehouse: Warehouse = Warehouse()
    """Whose store holds it."""

    legal_holds: Many[LegalHold] = ()
    """What must not be deleted."""

    redaction: Redaction = Redaction()
    """What is taken out before others see it."""

    disclosures: Many[Disclosure] = ()
    """Who outside may see what."""

    def flaws(self) -> Iterator[Flaw]:
        """Check that classes are declared once, and that what comes in is declared."""
        names = [entry.name for entry in self.classes]
        yield from repeated(list(names), "classes", "data class")
        for index, way in enumerate(self.ingress):
            for position, name in enumerate(way.classes):
                if name not in names:
                    yield Flaw(
                        ("ingress", index, "classes", position),
                        "undeclared",
                        f"data class `{name}` comes in but is not among `data.classes`",
                        f"add `- name: {name}` to `data.classes`",
                    )
