"""What a decision is made of: findings, what stayed indeterminate, and the total verdict.

A verdict holds strings, integers and booleans only, so that its canonical bytes are the same
whichever engine evaluated the policies. Nothing in it depends on an engine, a clock or a host.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from controlplane.values import FieldPath
from evidence.canonical import Json, canonical, digest_bytes


class Severity(StrEnum):
    """How much a finding weighs. Only DENY forbids."""

    DENY = "deny"
    WARN = "warn"
    INFO = "info"


class Cause(StrEnum):
    """Why a rule gave no answer that can be trusted. Each of them denies."""

    UNDEFINED = "undefined"
    ERROR = "error"  # the evaluator said so: a built-in failed, a conflict, a type error
    TIMEOUT = "timeout"
    CRASH = "crash"
    UNSUPPORTED = "unsupported"  # this engine cannot evaluate the rule
    SKIPPED = "skipped"
    MALFORMED = "malformed"  # the answer does not keep the decision contract


@dataclass(frozen=True)
class Finding:
    """A rule's answer about one field of one subject."""

    rule: str  # "tenancy/owner-contact"
    severity: Severity
    subject: str  # "Tenant/acme"
    code: str
    path: FieldPath = ()
    params: tuple[tuple[str, str | int], ...] = ()  # sorted by name


@dataclass(frozen=True)
class Indeterminate:
    """A rule that could not be answered for one subject, and why."""

    rule: str
    subject: str
    cause: Cause


@dataclass(frozen=True)
class Verdict:
    """The total answer about one subject or one change.

    `allow` is true only where nothing denies and nothing is indeterminate. `valid_until`
    (RFC 3339, "" for always) is given by rules that were told the time.
    """

    findings: tuple[Finding, ...]
    indeterminate: tuple[Indeterminate, ...]
    rules: tuple[str, ...]  # every rule that was asked, so that an empty answer can be told
    valid_until: str = ""

    @property
    def allow(self) -> bool:
        """Nothing denies, nothing is indeterminate, and at least one rule was asked."""
        denied = any(finding.severity is Severity.DENY for finding in self.findings)
        return bool(self.rules) and not denied and not self.indeterminate

    def to_json(self) -> Json:
        """Return the verdict as the JSON value whose canonical bytes engines must agree on."""
        return {
            "allow": self.allow,
            "findings": [
                {
                    "code": f.code,
                    "params": dict(f.params),
                    "path": list(f.path),
                    "rule": f.rule,
                    "severity": f.severity.value,
                    "subject": f.subject,
                }
                for f in self.findings
            ],
            "indeterminate": [
                {"cause": i.cause.value, "rule": i.rule, "subject": i.subject}
                for i in self.indeterminate
            ],
            "rules": list(self.rules),
            "validUntil": self.valid_until,
        }

    def digest(self) -> str:
        """Return the digest of the verdict's canonical bytes."""
        return digest_bytes(canonical(self.to_json()))


def merge(verdicts: Iterable[Verdict]) -> Verdict:
    """Return one verdict over many subjects: sorted, without repetition, earliest expiry."""
    findings: set[Finding] = set()
    indeterminate: set[Indeterminate] = set()
    rules: set[str] = set()
    expiries: set[str] = set()
    for verdict in verdicts:
        findings.update(verdict.findings)
        indeterminate.update(verdict.indeterminate)
        rules.update(verdict.rules)
        expiries.update({verdict.valid_until} - {""})
    return Verdict(
        findings=tuple(sorted(findings, key=_order)),
        indeterminate=tuple(sorted(indeterminate, key=lambda i: (i.subject, i.rule, i.cause))),
        rules=tuple(sorted(rules)),
        valid_until=min(expiries, default=""),
    )


def _order(finding: Finding) -> tuple[str, ...]:
    """Return what orders findings: all of a finding, so that no two of them may change places."""
    return (
        finding.subject,
        finding.rule,
        finding.code,
        repr(finding.path),
        repr(finding.params),
        finding.severity.value,
    )


@dataclass(frozen=True)
class PolicyModule:
    """One Rego file as it stands in Git."""

    path: str
    text: str


@dataclass(frozen=True)
class Rule:
    """What a rule says of itself in its `# METADATA`, checked when policies are loaded."""

    id: str  # "tenancy/owner-contact": the folder
    package: str  # "controlplane.tenancy.owner_contact"
    title: str
    description: str
    severity: Severity
    subjects: frozenset[str]  # "Tenant", "Placement", "Change", "Fleet", …
    uses: frozenset[str]  # of "references", "rendered", "change", "facts", "time", "parameters"
    messages: Mapping[str, str]  # finding code → text with {param} slots
    remedy: str
    controls: tuple[str, ...]  # "SOC2 CC6.1", "ISO27001 A.5.15"
    module: str  # path of the Rego file
    expires: bool = False  # it says until when its answer holds (`valid_until`)
    style: bool = False  # its denial is a warning where strictness is relaxed
    effective_on: str = ""  # "2027-03-01": before it a denial weighs as a warning


@dataclass(frozen=True)
class PolicyBundle:
    """A named, ordered set of policies with their parameters; `digest` names all of it."""

    rules: tuple[Rule, ...]
    modules: tuple[PolicyModule, ...]
    data: Mapping[str, Json]  # {"parameters": {family: {rule: …}}}: what Rego sees as `data`
    digest: str
