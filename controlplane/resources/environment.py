"""Environment: a stage of promotion, what must hold to enter it, and when nothing may change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from controlplane.resources.base import Change, Checked, Flaw, Many, Model, Resource
from controlplane.resources.common import ClassApprovals, Window, repeated
from controlplane.resources.markers import ChangeClass
from controlplane.resources.names import EnvironmentRef, TargetRef, Token
from controlplane.resources.scalars import Duration


class Entry(Model):
    """What must hold before a change enters."""

    approvals: Many[ClassApprovals] = ()
    """How many people must agree, by class of change."""

    soak: Duration = Duration.parse("0s")
    """How long it must have run in the environment before."""

    gates: Many[Token] = ()
    """Checks of the pipeline that must have passed, by name."""


class FreezeWindow(Window):
    """A stretch of time in which nothing changes."""

    exempt: Many[Change] = ("emergency",)
    """Classes of change that may pass all the same."""


class EnvironmentSpec(Checked):
    """Where it stands in the order, and what it demands."""

    tier: Literal["development", "staging", "production"] = "production"
    """How much is at stake there; the strictest when not said."""

    after: EnvironmentRef | None = None
    """The environment a change must have been in before; absent: it may start here."""

    strictness: Literal["relaxed", "standard", "strict"] = "standard"
    """Relaxed turns denials of rules about style into warnings, strict warnings into denials."""

    targets: Many[TargetRef] = ()
    """The clusters and engines that belong to it; absent or empty: any."""

    entry: Entry = Entry()
    """What must hold before a change enters."""

    freeze_windows: Annotated[Many[FreezeWindow], ChangeClass("policy")] = ()
    """When nothing may change there."""

    def flaws(self) -> Iterator[Flaw]:
        """Check that windows have names of their own."""
        yield from repeated([w.name for w in self.freeze_windows], "freezeWindows", "window")


class Environment(Resource):
    """A stage of promotion, such as dev, staging or prod."""

    default_class: ClassVar[Change] = "policy"

    kind: Literal["Environment"]
    """Always `Environment`."""

    spec: EnvironmentSpec
    """Where it stands in the order, and what it demands."""
