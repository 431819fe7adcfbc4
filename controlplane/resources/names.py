"""Short texts with a grammar: names, labels, addresses, digests, and references to resources."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, get_args

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from controlplane.resources.markers import RefersTo


@dataclass(frozen=True)
class Grammar:
    """A grammar in words: what such a text is called, and how to write one."""

    noun: str
    advice: str


LARGEST_INTEGER = 2**53 - 1
"""The largest integer that every evaluator and every JSON parser keeps exactly (RFC 8259 §6)."""

Name = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", min_length=1, max_length=63)
]
"""A DNS label (RFC 1123)."""

# Characters that turn what a reader sees around (CVE-2021-42574), and control characters.
_HIDDEN = re.compile(
    "[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)


def _visible(text: str) -> str:
    found = _HIDDEN.search(text)
    if found:
        message = {"number": f"{ord(found[0]):04X}", "remedy": "remove it, or type the text again"}
        raise PydanticCustomError("hidden", "holds the hidden character U+{number}", message)
    return text


Text = Annotated[
    str, StringConstraints(min_length=1, max_length=2000, pattern=r"\S"), AfterValidator(_visible)
]
"""Something a person wrote, for people; not empty, not blank, nothing hidden."""

Token = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/@+-]*$", max_length=253)
]
"""An identifier in somebody else's system: no spaces, no quotes."""

LabelKey = Annotated[
    str,
    StringConstraints(
        pattern=r"^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$",
        max_length=316,
    ),
]
LabelValue = Annotated[
    str, StringConstraints(pattern=r"^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$")
]

# `\x22` is a quotation mark; before it, ECMA 262 has no backslash, and editors read patterns so.
Email = Annotated[
    str,
    StringConstraints(pattern=r"^[^@\s<>\x22']+@[^@\s<>\x22']+\.[^@\s<>\x22']+$", max_length=254),
]
Phone = Annotated[str, StringConstraints(pattern=r"^\+[0-9]{6,15}$")]
HttpsUrl = Annotated[str, StringConstraints(pattern=r"^https://[^\s\x22'<>]+$", max_length=2000)]
BundleUrl = Annotated[
    str,
    StringConstraints(
        pattern=r"^(https://|http://(127\.0\.0\.1|localhost)[:/])[^\s\x22'<>@]+$", max_length=2000
    ),
]
"""Where a file is fetched from: https, or http on this machine; no password in it."""

Endpoint = Annotated[
    str, StringConstraints(pattern=r"^[a-z][a-z0-9+.-]*://[^\s\x22'<>]+$", max_length=2000)
]
"""Any address with a scheme: https://, otlp://, s3://, postgresql://…"""

Digest = Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")]
"""The name of some bytes: `sha256:` and 64 hexadecimal digits."""

_STEP = r"(\.{0,2}[A-Za-z0-9_-]|\.{3})[A-Za-z0-9_.-]*"  # any name but `.` and `..`
RelativePath = Annotated[str, StringConstraints(pattern=rf"^{_STEP}(/{_STEP})*$", max_length=500)]
"""A path inside the repository, with forward slashes; never absolute, and never out of it."""

PathPattern = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.*?/-]+$", max_length=500)]
"""A path with `*`, `**` and `?`, as in CODEOWNERS."""

RuleId = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*/[a-z0-9]+(-[a-z0-9]+)*$")
]
"""A rule is named by its folder below `policies/`: `family/rule`."""

Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
"""An ISO 4217 code."""

Host = Annotated[
    str, StringConstraints(pattern=r"^(\*\.)?[a-z0-9]([-a-z0-9.]*[a-z0-9])?$", max_length=253)
]
Cidr = Annotated[str, StringConstraints(pattern=r"^[0-9a-f.:]+/[0-9]{1,3}$")]
UrlPath = Annotated[str, StringConstraints(pattern=r"^/\S*$", max_length=2000)]
MetricName = Annotated[
    str, StringConstraints(pattern=r"^[a-zA-Z_:][a-zA-Z0-9_:]*$", max_length=200)
]
"""A name in the grammar of Prometheus."""

GitRefs = Annotated[str, StringConstraints(pattern=r"^refs/[a-z0-9/-]+$", max_length=200)]
PublicKey = Annotated[
    str,
    StringConstraints(
        pattern=r"^-----BEGIN PUBLIC KEY-----\s[A-Za-z0-9+/=\s]+-----END PUBLIC KEY-----\s*$",
        max_length=4000,
    ),
]
"""A public key in PEM (SubjectPublicKeyInfo, RFC 5280)."""

Count = Annotated[int, Field(ge=0, le=LARGEST_INTEGER)]
Positive = Annotated[int, Field(ge=1, le=LARGEST_INTEGER)]

Meter = Token
"""The name of something that is counted for money: calls, tokens, storage…"""

CredentialsRef = Annotated[Name, Field()]
"""The name of credentials that are kept outside Git; never the credentials."""


# Not `localtime`, `posix/…` or `right/…`, which mean something else on every machine.
_ZONE = re.compile(r"UTC|[A-Z][A-Za-z_]*(/[A-Z][A-Za-z0-9_+-]*)+")


@lru_cache(maxsize=1024)
def _is_zone(name: str) -> bool:
    try:
        return _ZONE.fullmatch(name) is not None and bool(zoneinfo.ZoneInfo(name).key)
    except (zoneinfo.ZoneInfoNotFoundError, OSError, ValueError):
        return False


def _existing_zone(name: str) -> str:
    if not _is_zone(name):
        remedy = "use an IANA name such as Europe/Berlin or UTC"
        message = {"zone": repr(name), "remedy": remedy}
        raise PydanticCustomError("time_zone", "{zone} is not a time zone", message)
    return name


TimeZone = Annotated[str, AfterValidator(_existing_zone)]
"""A name of the IANA time zone database."""

TenantRef = Annotated[Name, RefersTo("Tenant")]
EnvironmentRef = Annotated[Name, RefersTo("Environment")]
TargetRef = Annotated[Name, RefersTo("Cluster", "ComputeEngine")]
EngineRef = Annotated[Name, RefersTo("ComputeEngine")]
PricePlanRef = Annotated[Name, RefersTo("PricePlan")]
BudgetCapRef = Annotated[Name, RefersTo("BudgetCap")]
CanaryRuleRef = Annotated[Name, RefersTo("CanaryRule")]
EvidenceContractRef = Annotated[Name, RefersTo("EvidenceContract")]
TrustRootRef = Annotated[Name, RefersTo("TrustRoot")]
PackName = Annotated[Name, RefersTo("Pack", version="version")]
"""A pack's name; the range is in the field `version` beside it."""


def _say(text: object, noun: str, advice: str) -> tuple[str, Grammar]:
    constraints = get_args(text)[1]
    return constraints.pattern, Grammar(noun, advice)


GRAMMARS: Mapping[str, Grammar] = dict(
    (
        _say(Name, "name", "use lower-case letters, digits and inner dashes, at most 63"),
        _say(Text, "text", "write something"),
        _say(Token, "identifier", "use letters, digits and . _ : / @ + -, no spaces"),
        _say(LabelKey, "label name", "use letters, digits, . _ - and perhaps a DNS prefix with /"),
        _say(LabelValue, "label value", "use letters, digits, . _ -, at most 63"),
        _say(Email, "e-mail address", "write an address such as ada@example.com"),
        _say(Phone, "telephone number", "write + and digits, with the country code: +4930123456"),
        _say(HttpsUrl, "https address", "write an address that begins with https://"),
        _say(BundleUrl, "https address", "write an address with https://, without a user in it"),
        _say(Endpoint, "address", "write an address with its scheme: https://…"),
        _say(Digest, "digest", "write sha256: and 64 hexadecimal digits"),
        _say(
            RelativePath,
            "path",
            "write a path such as policies/tenancy, no slash at its ends, no `..`",
        ),
        _say(PathPattern, "path pattern", "write a path, with * for names and ** for folders"),
        _say(RuleId, "rule", "name the rule by its folder: family/rule"),
        _say(Currency, "currency", "write an ISO 4217 code such as EUR or USD"),
        _say(Host, "host name", "write a DNS name, with *. in front for all names below it"),
        _say(Cidr, "block of addresses", "write a block such as 10.0.0.0/8"),
        _say(UrlPath, "path of a URL", "write a path that begins with a slash"),
        _say(MetricName, "metric name", "use letters, digits, underscores and colons"),
        _say(GitRefs, "reference prefix", "write a prefix such as refs/evidence"),
        _say(PublicKey, "public key", "paste the PEM block, BEGIN PUBLIC KEY to END PUBLIC KEY"),
    )
)
"""Every grammar of this module in words, by its pattern."""
