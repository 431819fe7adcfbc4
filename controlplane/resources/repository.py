"""Repository: the one document that says how the repository itself is to be treated."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from controlplane.resources.base import Change, Checked, Flaw, Many, Model, Resource
from controlplane.resources.common import Config, repeated
from controlplane.resources.names import (
    BundleUrl,
    Digest,
    Endpoint,
    EnvironmentRef,
    GitRefs,
    Name,
    PathPattern,
    RelativePath,
    RuleId,
    Text,
    Token,
    TrustRootRef,
)
from controlplane.resources.scalars import Duration

Severity = Literal["deny", "warn", "info", "off"]


class CodeOwners(Model):
    """Who must agree when certain files change."""

    path: PathPattern
    """The files, as in CODEOWNERS: tenants/acme/**."""

    owners: Annotated[Many[Token], Field(min_length=1)]
    """People or teams; one of them must agree."""


class PolicyArchive(Model):
    """A signed OPA bundle that rules are taken from. Git says which one, by its digest."""

    file: RelativePath | None = None
    """Where it stands in this repository, such as policies/bundles/base.tar.gz."""

    url: BundleUrl | None = None
    """Where `cpctl policy fetch` fetches it from; no decision asks there."""

    digest: Digest
    """The digest of the file: of another one nothing is taken."""

    key: Name
    """The key of a trust root, of purpose `publish`, that must have signed it."""


class PolicySet(Model):
    """Rules that judge changes: a folder, or what a signed OPA bundle holds."""

    name: Name
    """What it is called in decisions."""

    path: RelativePath = "policies"
    """The folder; not looked at where there is a `bundle`."""

    bundle: PolicyArchive | None = None
    """The signed OPA bundle to take the rules from, instead of a folder."""

    families: Many[Name] = ()
    """Only these families of rules; absent or empty: all of them."""

    parameters: dict[RuleId, Config] = Field(default_factory=dict)
    """Values for rules that have parameters, by rule; each rule's schema says which there are.
    A rule of a bundle that is not named here has those of the bundle."""


class EvidenceLocation(Model):
    """Where evidence is kept."""

    refs: GitRefs = "refs/evidence"
    """The Git references under which writers publish their logs."""

    store: Endpoint | None = None
    """Where large payloads are kept; absent: beside the log."""


class Genesis(Model):
    """Where trust begins: what an auditor pins once.

    `cpctl gate --genesis` prints both. A history that begins in another way is refused, by it and
    by whatever applies from the very beginning.
    """

    trust_root: Digest | None = None
    """The digest of the first revision's keys; absent: not pinned yet."""

    policies: Digest | None = None
    """The digest of the first revision's policies; absent: not pinned yet."""


class Layout(Model):
    """Where things stand in the repository."""

    tenants: RelativePath = "tenants"
    """One folder per tenant: tenant.yaml and lock.yaml."""

    catalog: RelativePath = "catalog"
    """Environments, clusters, engines, packs, prices, budgets, canaries, contracts, waivers."""

    trust: RelativePath = "trust"
    """Trust roots."""

    policies: RelativePath = "policies"
    """Rego rules, one folder each: family/rule."""

    templates: RelativePath = "templates"
    """Jinja2 templates of what every tenant gets."""


class RepositorySpec(Checked):
    """How the repository is to be treated."""

    protected_branches: Many[Token] = ("main",)
    """Branches that only gated changes may enter."""

    code_owners: Many[CodeOwners] = ()
    """Who must agree when certain files change; where several fit, the last one counts."""

    policy_sets: Many[PolicySet] = (PolicySet(name="shipped"),)
    """The rules that judge changes."""

    required_engine: Literal["any", "opa", "embedded", "compiled"] = "any"
    """The policy engine a decision must come from."""

    severities: dict[EnvironmentRef, dict[RuleId, Severity]] = Field(default_factory=dict)
    """Where a rule weighs differently in one environment; `off` takes its findings out."""

    waiver_notice: Duration = Duration.parse("14d")
    """How long before a waiver ends every run of the gate warns of it."""

    ungated_merges: Literal["refuse", "gate-then-apply"] = "refuse"
    """What happens to a commit that nobody judged before it was merged."""

    evidence: EvidenceLocation = EvidenceLocation()
    """Where evidence is kept."""

    trust_root: TrustRootRef | None = None
    """Whose signatures count; absent: none do, and approvals are only counted, not verified."""

    genesis: Genesis = Genesis()
    """Where trust begins."""

    layout: Layout = Layout()
    """Where things stand."""

    notes: Text | None = None
    """What a newcomer should know."""

    def flaws(self) -> Iterator[Flaw]:
        """Check that there is something to judge, and something to protect."""
        yield from repeated([item.name for item in self.policy_sets], "policySets", "policy set")
        for field, value in (
            ("policySets", self.policy_sets),
            ("protectedBranches", self.protected_branches),
        ):
            if not value:
                yield Flaw((field,), "empty", f"`{field}` is empty", "name at least one")
        yield from self._strays()
        yield from self._unowned()

    def _unowned(self) -> Iterator[Flaw]:
        """Yield the patterns that fit no file: what somebody believes to be owned would not be."""
        for index, chosen in enumerate(self.code_owners):
            if {"", ".", ".."} & set(chosen.path.strip("/").split("/")):
                yield Flaw(
                    ("codeOwners", index, "path"),
                    "fits-nothing",
                    f"`{chosen.path}` fits no file, so nobody would be asked",
                    "write it from the root without `.` and `..`: `policies/`; `*` is every file",
                )

    def _strays(self) -> Iterator[Flaw]:
        """Yield the policy sets of which changes would not be known as changes of policy."""
        home = self.layout.policies
        for index, chosen in enumerate(self.policy_sets):
            at: tuple[str | int, ...] = ("policySets", index, "path")
            place: str | None = chosen.path
            if chosen.bundle is not None:
                at, place = ("policySets", index, "bundle", "file"), chosen.bundle.file
                yield from _one_source(chosen.bundle, ("policySets", index, "bundle"))
            if place is not None and not f"{place}/".startswith(f"{home}/"):
                yield Flaw(
                    at,
                    "elsewhere",
                    f"`{place}` is not below `{home}`, where policies are",
                    f"move it below `{home}`, or change `layout.policies`",
                )


def _one_source(bundle: PolicyArchive, at: tuple[str | int, ...]) -> Iterator[Flaw]:
    if (bundle.file is None) == (bundle.url is None):
        text = "a bundle has either a `file` or a `url`"
        yield Flaw(at, "inconsistent", text, "name the one place that it comes from")


class Repository(Resource):
    """How this repository is to be treated: one document, `repository.yaml` at the root."""

    default_class: ClassVar[Change] = "policy"

    kind: Literal["Repository"]
    """Always `Repository`."""

    spec: RepositorySpec = RepositorySpec()
    """Protected branches, owners, policies, evidence, layout."""
