"""The documents that are asked with and answered with, as models.

Requests are validated by them, and the OpenAPI document is generated from them, so that neither
can say something else. What an envelope means is described in docs/policies.md.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from controlplane.server.gate import pages

Sha256 = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
COMMIT: Final = r"^[0-9a-f]{40}$"
CommitId = Annotated[str, Field(pattern=COMMIT)]
MOST_ENVELOPES = 1000


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, populate_by_name=True)


class _Given(BaseModel):
    model_config = ConfigDict(populate_by_name=True)


class EnvelopeSubject(_Asked):
    """What is to be judged."""

    kind: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9]{0,62}$")]
    """The kind of subject: Tenant, Placement, Change…"""

    name: Annotated[str, Field(min_length=1, max_length=512)]
    """How findings name it."""

    resource: dict[str, Any]
    """Its projection for policies, as `cpctl gate` makes it."""


class EnvelopeChange(_Asked):
    """What is changed of the subject."""

    operation: Literal["none", "create", "update", "delete"] = "none"
    """What is done to it."""

    classes: list[str] = []
    """The classes of the change."""

    fields: list[Any] = []
    """The fields that change, with their old and new values."""

    before: Any = None
    """What it was before."""


class EnvelopeTime(_Asked):
    """The moment, for rules about time."""

    text: str
    """RFC 3339, in UTC."""

    epoch_seconds: Annotated[int, Field(alias="epochSeconds", ge=0)]
    """Seconds since 1970."""

    frozen: list[Any]
    """The freeze windows that are open."""

    upcoming: list[Any] = []
    """Those that are yet to open."""


class Envelope(_Asked):
    """One thing to be judged, with all that rules may look at."""

    api_version: Annotated[Literal["controlplane.dev/envelope/v1"], Field(alias="apiVersion")]
    """The format."""

    subject: EnvelopeSubject
    references: dict[str, dict[str, Any]] = {}
    """What the subject refers to, by kind and identity."""

    change: EnvelopeChange = EnvelopeChange()
    facts: dict[str, Any] = {}
    """Waivers, approvals and the like; told only to rules that ask for them."""

    time: EnvelopeTime | None = None
    """Told only to rules about time; without it they give no answer, which denies."""


class Batch(_Asked):
    """Several envelopes; each gets an answer of its own, in this order."""

    envelopes: Annotated[list[Envelope], Field(min_length=1, max_length=MOST_ENVELOPES)]


class ChangeRequest(_Asked):
    """A step of the served repository."""

    base: Annotated[CommitId, Field(default="")]
    """What the branch holds, as a commit id; the head of the served branch if not given."""

    head: CommitId
    """What it would hold."""

    quarantine: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{0,128}$")] = ""
    """The folder in `objects/` in which Git keeps what is being pushed."""

    limit: Annotated[int, Field(ge=1, le=pages.LARGEST)] = pages.DEFAULT
    """How many entries of each list are answered; the decision does not depend on it."""

    cursor: Annotated[str, Field(pattern=pages.CURSOR)] = ""
    """`next` of the page before; "" for the first. A page is neither judged nor recorded as a
    decision of its own."""


class Finding(_Given):
    """What a rule found, as the verdict says it."""

    code: str
    params: dict[str, str | int]
    path: list[str | int]
    rule: str
    severity: Literal["deny", "warn", "info"]
    subject: str


class Indeterminate(_Given):
    """A rule that gave no answer, which denies."""

    cause: Literal["undefined", "error", "timeout", "crash", "unsupported", "skipped", "malformed"]
    rule: str
    subject: str


class Verdict(_Given):
    """The total verdict, as it weighs: the same bytes as `cpctl gate` gives."""

    allow: bool
    findings: list[Finding]
    indeterminate: list[Indeterminate]
    rules: list[str]
    """Every rule that was asked. Where none was, nothing is allowed."""

    valid_until: Annotated[str, Field(alias="validUntil")]
    """Until when the verdict holds; "" for ever."""


class Worded(_Given):
    """A finding in words."""

    rule: str
    severity: Literal["deny", "warn", "info"]
    subject: str
    field: str
    message: str
    remedy: str
    position: str = ""
    """file:line:column, where it is known."""


class Weighed(_Given):
    """A finding that weighs otherwise than its rule says, by the word of the revision in force."""

    rule: str
    subject: str
    code: str
    path: list[str | int]
    was: Annotated[Literal["deny", "warn", "info"], Field(alias="from")]
    to: Literal["deny", "warn", "info", "off"]
    because: str


class Engine(_Given):
    """Who evaluated. `artifact` is the digest of compiled policies."""

    name: str
    version: str
    artifact: Sha256 | None = None


class JudgedEnvelope(_Given):
    """What was judged under a policy set, as rules were told it."""

    subject: str
    envelope: Sha256


class Judgement(_Given):
    """The part of one policy set in a verdict."""

    policy_set: Annotated[str, Field(alias="policySet")]
    policies: Sha256
    engine: Engine
    verdict_digest: Annotated[Sha256, Field(alias="verdictDigest")]
    judged: list[JudgedEnvelope]


class Revision(_Given):
    """Whose policies judged."""

    commit: str
    tree: str


class Entry(_Given):
    """Where a decision stands in the evidence log."""

    origin: str
    index: int


class Decision(_Given):
    """The answer about one envelope."""

    allow: bool
    """Whether it may be. Anything but `true` is a deny."""

    question: Sha256
    """The digest of the envelope (RFC 8785): compare it with that of what you asked about."""

    verdict: Verdict
    verdict_digest: Annotated[Sha256, Field(alias="verdictDigest")]
    revision: Revision
    judgements: list[Judgement]
    weighed: list[Weighed]
    """Severities of environments, dates and waivers that made something else of a finding."""

    words: list[Worded]
    """The findings in words, with remedies."""

    details: list[str]
    """Why something was not decided, for people."""

    recorded: Entry | None = None
    """Where it was recorded before it was answered, if the server records."""


class Decisions(_Given):
    """The answers about several envelopes. `allow` is true where each of them is."""

    allow: bool
    decisions: list[Decision]


class Totals(_Given):
    """How much there is of everything, whatever the page holds."""

    words: int
    problems: int
    details: int
    findings: int
    indeterminate: int
    weighed: int
    judged: int
    """Of all judgements together."""


class ChangeDecision(_Given):
    """The answer about a step of the repository; its lists hold one page of it."""

    allow: bool
    """Whether the step may be taken: of the whole answer, on every page."""

    decision: dict[str, Any]
    """The decision: from, to, verdict, judgements, classes. `verdictDigest` is that of the whole
    verdict; the lists of verdict, judgements and weighed hold what lies in the page."""

    words: list[Worded]
    problems: list[Worded]
    """Why the head is no valid repository; where there are any, no rule was asked."""

    details: list[str]
    totals: Totals
    next: str
    """The `cursor` of the next page; "" where every list ends in this one."""

    recorded: Entry | None = None


class Problem(_Given):
    """Why there is no decision (RFC 9457). `allow` is false: nobody is let through by an error."""

    title: str
    status: int
    detail: str
    remedy: str
    allow: Literal[False]
    place: str | None = None
