"""Short texts with a grammar: names, labels, addresses, digests, and references to resources."""

from __future__ import annotations

import zoneinfo
from functools import lru_cache
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from controlplane.resources.markers import RefersTo

LARGEST_INTEGER = 2**53 - 1
"""The largest integer that every evaluator and every JSON parser keeps exactly (RFC 8259 §6)."""

Name = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", min_length=1, max_length=63)
]
"""A DNS label (RFC 1123)."""

Text = Annotated[str, StringConstraints(min_length=1, max_length=2000, pattern=r"\S")]
"""Something a person wrote, for people; not empty, not blank."""

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

Email = Annotated[
    str, StringConstraints(pattern=r"^[^@\s<>\"']+@[^@\s<>\"']+\.[^@\s<>\"']+$", max_length=254)
]
HttpsUrl = Annotated[str, StringConstraints(pattern=r"^https://[^\s\"'<>]+$", max_length=2000)]
Endpoint = Annotated[
    str, StringConstraints(pattern=r"^[a-z][a-z0-9+.-]*://[^\s\"'<>]+$", max_length=2000)
]
"""Any address with a scheme: https://, otlp://, s3://, postgresql://…"""

Digest = Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")]
"""The name of some bytes: `sha256:` and 64 hexadecimal digits."""

RelativePath = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*$", max_length=500)
]
"""A path inside the repository, with forward slashes; never absolute."""

PathPattern = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.*?/-]+$", max_length=500)]
"""A path with `*`, `**` and `?`, as in CODEOWNERS."""

RuleId = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*/[a-z0-9]+(-[a-z0-9]+)*$")
]
"""A rule is named by its folder below `policies/`: `family/rule`."""

Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
"""An ISO 4217 code."""

Count = Annotated[int, Field(ge=0, le=LARGEST_INTEGER)]
Positive = Annotated[int, Field(ge=1, le=LARGEST_INTEGER)]

Meter = Token
"""The name of something that is counted for money: calls, tokens, storage…"""

CredentialsRef = Annotated[Name, Field()]
"""The name of credentials that are kept outside Git; never the credentials."""


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def _existing_zone(name: str) -> str:
    if name not in _zones():
        raise PydanticCustomError(
            "time_zone",
            "{zone} is not a time zone",
            {"zone": repr(name), "remedy": "use an IANA name such as Europe/Berlin or UTC"},
        )
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
