"""Parts that several kinds share: people, windows of time, approvals, free-form values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

from controlplane.resources.base import Change, Checked, Flaw, Many, Model, raise_flaws
from controlplane.resources.names import (
    LARGEST_INTEGER,
    Email,
    HttpsUrl,
    PackName,
    Phone,
    Positive,
    Text,
    TimeZone,
    Token,
)
from controlplane.resources.scalars import Duration, TimeOfDay, Timestamp, bad
from controlplane.resources.versions import VersionRange
from controlplane.values import FieldPath

TenantRole = Literal["viewer", "developer", "operator", "admin", "auditor", "billing"]
"""What a person may do inside a tenant."""

StaffRole = Literal["owner", "platform", "security", "finance", "compliance", "tenant", "robot"]
"""In which capacity somebody on the platform's side acts: approves, decides, applies."""

DataClassName = Literal[
    "public", "internal", "confidential", "personal", "sensitive-personal", "health", "payment"
]
Isolation = Literal["shared", "namespace", "dedicated"]
DEPTH = 16


def _config(value: Any, path: FieldPath = ()) -> Iterator[Flaw]:
    """Yield what keeps `value` from being JSON without fractions, at most DEPTH deep."""
    if len(path) > DEPTH:
        yield Flaw(path, "too_deep", f"is nested deeper than {DEPTH} levels", "flatten it")
    elif isinstance(value, dict):
        for key, item in value.items():
            if isinstance(key, str):
                yield from _config(item, (*path, key))
            else:
                yield Flaw(path, "key", f"{key!r} is not a name", "write the name in quotes")
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _config(item, (*path, index))
    elif isinstance(value, float):
        advice = f'write it in quotes: "{value}"'
        yield Flaw(path, "fraction", f"the fraction {value} would lose exactness", advice)
    elif isinstance(value, int) and abs(value) > LARGEST_INTEGER:
        yield Flaw(path, "too_large", f"{value} is beyond 2^53", f'write it in quotes: "{value}"')
    elif not isinstance(value, str | int | None):
        yield Flaw(path, "not_json", f"{value!r} is not a plain value", "write it in quotes")


def _config_map(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise bad("mapping", "must be a mapping of names to values", "write `name: value` lines")
    raise_flaws(_config(value))
    return value


Config = Annotated[
    dict[str, Any],
    PlainValidator(_config_map),
    PlainSerializer(lambda value: value),
    WithJsonSchema({"type": "object", "additionalProperties": True}),
]
"""Free-form values: text, whole numbers, true/false, lists and mappings; no fractions."""


class Contact(Model):
    """A person or a team that can be reached."""

    name: Text
    """The person or team."""

    email: Email
    """Where mail reaches them."""

    phone: Phone | None = None
    """A number for the night, with country code: +4930123456."""

    page: HttpsUrl | None = None
    """Where a page or an incident can be raised."""


class Signer(Model):
    """An identity as its issuer knows it."""

    issuer: HttpsUrl | None = None
    """The OIDC issuer; absent where `subject` is an address known from the trust root."""

    subject: Token
    """The subject within the issuer, or an e-mail address."""


class Validity(Checked):
    """From when until when something counts."""

    starts: Timestamp | None = None
    """The first moment; absent: always has."""

    ends: Timestamp | None = None
    """The first moment at which it no longer counts; absent: no end is known."""

    def flaws(self) -> Iterator[Flaw]:
        """Check that it ends after it starts."""
        yield from ordered(self.starts, self.ends, "starts", "ends")


def ordered(
    first: Timestamp | None, second: Timestamp | None, earlier: str, later: str
) -> Iterator[Flaw]:
    """Yield a flaw at `later` unless it comes after `earlier`; absent ones are in order."""
    if first is not None and second is not None and second.moment <= first.moment:
        yield Flaw(
            (later,),
            "order",
            f"`{later}` ({second}) is not after `{earlier}` ({first})",
            f"move `{later}` to a later moment, or `{earlier}` to an earlier one",
        )


def repeated(names: list[str], field: str, what: str, key: str = "name") -> Iterator[Flaw]:
    """Yield a flaw for every item of `field` whose name was given before."""
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name in seen:
            yield Flaw(
                (field, index, key),
                "duplicate",
                f"{what} {name!r} is declared twice",
                "remove one of the two",
            )
        seen.add(name)


Day = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


class Weekly(Checked):
    """A window that comes back every week."""

    days: Many[Day]
    """The days on which it opens."""

    opens: TimeOfDay
    """Local time at which it opens."""

    lasts: Duration
    """How long it stays open; may run past midnight. Where the clock changes meanwhile, it closes
    when both the clock on the wall and the hours that passed say so."""

    def flaws(self) -> Iterator[Flaw]:
        """Check that there is a day and a length."""
        if not self.days:
            yield Flaw(("days",), "empty", "`days` names no day", "name at least one day")
        if not 0 < self.lasts.seconds <= 7 * 86_400:
            yield Flaw(
                ("lasts",), "range", f"`lasts` is {self.lasts}", "use more than 0s, at most 7d"
            )


class Window(Checked):
    """A stretch of time, once (`starts`, `ends`) or every week (`weekly`)."""

    name: Text
    """What people call it."""

    time_zone: TimeZone = "UTC"
    """The IANA zone in which the weekly times are meant."""

    starts: Timestamp | None = None
    """When it opens, for a window that comes once."""

    ends: Timestamp | None = None
    """When it closes, for a window that comes once."""

    weekly: Weekly | None = None
    """The days and hours, for a window that comes every week."""

    def flaws(self) -> Iterator[Flaw]:
        """Check that it is one of the two, whole and in order."""
        once = (self.starts is not None, self.ends is not None)
        if self.weekly is None and once != (True, True):
            yield Flaw(
                (),
                "incomplete",
                "the window has neither `starts` and `ends` nor `weekly`",
                "give both moments, or the days and hours of every week",
            )
        if self.weekly is not None and any(once):
            yield Flaw(
                ("weekly",),
                "contradiction",
                "the window is dated and weekly at once",
                "split it into two windows",
            )
        yield from ordered(self.starts, self.ends, "starts", "ends")


class Approvals(Model):
    """How many people must agree, and who they may be."""

    count: Positive = 1
    """How many different people."""

    roles: Many[StaffRole] = ()
    """In which roles they must stand; absent or empty: any role the trust root gives."""

    independent: bool = True
    """Whether the author of the change is excluded from being counted."""


class ClassApprovals(Approvals):
    """The approvals one class of change needs."""

    classes: Many[Change] = ()
    """The classes of change meant; absent or empty: every class."""


class PackChoice(Model):
    """A pack and the range of its versions that will do."""

    name: PackName
    """The pack's name in the catalogue."""

    version: VersionRange
    """PEP 440 specifiers: >=1.2,<2 or ~=1.2 or ==1.2.3."""
