"""PackLock: what each range of a tenant resolved to, so that a new version changes nobody."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from pydantic import Field

from controlplane.resources.base import Change, Checked, Flaw, Many, Model, OwnReference, Resource
from controlplane.resources.common import repeated
from controlplane.resources.names import Digest, EnvironmentRef, Name, TenantRef
from controlplane.resources.versions import PackVersion, VersionRange, exactly


class LockedPack(Checked):
    """One range and what it resolved to."""

    name: Name
    """The pack's name."""

    range: VersionRange
    """The range the tenant asked for."""

    version: PackVersion
    """The version that was taken."""

    digest: Digest
    """The digest of that version's content."""

    def flaws(self) -> Iterator[Flaw]:
        """Check that the version lies in the range."""
        if not self.range.contains(self.version):
            yield Flaw(
                ("version",),
                "range",
                f"{self.version} does not lie in {self.range}",
                "run `cpctl lock` to resolve it again",
            )

    def own_references(self) -> Iterator[OwnReference]:
        """Yield the exact version."""
        yield ("version",), ("Pack",), self.name, exactly(str(self.version))


class LockedEnvironment(Checked):
    """The packs of one environment."""

    packs: Many[LockedPack] = ()
    """Every pack that runs there."""

    def flaws(self) -> Iterator[Flaw]:
        """Check that every pack is locked once."""
        yield from repeated([pack.name for pack in self.packs], "packs", "pack")


class PackLockSpec(Model):
    """What a tenant's ranges resolved to."""

    tenant: TenantRef
    """Whose lock it is."""

    environments: dict[EnvironmentRef, LockedEnvironment] = Field(default_factory=dict)
    """The packs of each environment, by its name."""


class PackLock(Checked, Resource):
    """What each range of a tenant resolved to; written by `cpctl lock`, not by hand."""

    default_class: ClassVar[Change] = "routine"

    kind: Literal["PackLock"]
    """Always `PackLock`."""

    spec: PackLockSpec
    """The packs of each environment."""

    def flaws(self) -> Iterator[Flaw]:
        """Check that it has the name of its tenant."""
        if self.metadata.name != self.spec.tenant:
            yield Flaw(
                ("metadata", "name"),
                "contradiction",
                f"the lock of `{self.spec.tenant}` is called `{self.metadata.name}`",
                f"call it `{self.spec.tenant}`: a tenant has one lock",
            )
