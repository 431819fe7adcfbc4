"""What the slots of a scaffold stand for: names that the repository already has, and days.

A slot is looked up only when a scaffold has it. Where there is nothing to look up, the line that
has the slot is left out, or the person is told what to make first.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from controlplane.errors import UsageError
from controlplane.repo.snapshot import Snapshot
from controlplane.resources.environment import Environment
from controlplane.resources.pack import Pack
from controlplane.resources.price_plan import PricePlan
from controlplane.resources.targets import Cluster

_SLOT = re.compile(r"@([a-z]+)@")


@dataclass(frozen=True)
class Lookup:
    """Looks up what slots stand for in `repository`, for something called `name`.

    `given` are values that the person gave, by dotted field; `version` is that of a pack.
    """

    repository: Snapshot
    name: str
    version: str
    today: date
    given: Mapping[str, str]

    def fill(self, text: str) -> str:
        """Return `text` with every slot filled, without lines whose slot stands for nothing."""
        lines = (self._line(line) for line in text.splitlines(keepends=True))
        return "".join(line for line in lines if line is not None)

    def _line(self, line: str) -> str | None:
        words = {slot: _WORDS[slot](self) for slot in _SLOT.findall(line)}
        if None in words.values():
            return None
        return _SLOT.sub(lambda slot: str(words[slot[1]]), line)

    @cached_property
    def first(self) -> str | None:
        """The environment where changes start: the first by name that comes after no other."""
        found = self.repository.of_kind("Environment").values()
        return next(
            (e.identity for e in found if isinstance(e, Environment) and e.spec.after is None), None
        )

    @cached_property
    def cluster(self) -> Cluster | None:
        """A cluster that takes new tenants and belongs to the first environment."""
        environment = self.repository.get("Environment", self.first or "")
        chosen = environment.spec.targets if isinstance(environment, Environment) else ()
        found = [c for c in self.repository.of_kind("Cluster").values() if isinstance(c, Cluster)]
        open_ones = [c for c in found if c.spec.lifecycle.stage == "active"]
        fitting = [c for c in open_ones if not chosen or c.identity in chosen]
        return next((c for c in fitting if "namespace" in c.spec.isolation), None)

    @cached_property
    def pack(self) -> Pack:
        """The newest stable version of a pack that runs there without being told anything."""
        candidates = sorted(self._candidates(), key=lambda pack: pack.spec.version)
        if not candidates:
            raise UsageError(
                "no pack in the catalogue runs there without being configured",
                remedy="make one with `cpctl new pack NAME`, or copy another tenant's file",
            )
        first = min(pack.metadata.name for pack in candidates)
        return next(pack for pack in reversed(candidates) if pack.metadata.name == first)

    def _candidates(self) -> Iterator[Pack]:
        offered = set(self.cluster.spec.capabilities) if self.cluster else set()
        for pack in self.repository.of_kind("Pack").values():
            if isinstance(pack, Pack) and pack.spec.lifecycle.stage == "stable":
                needs = pack.spec.compatibility
                alone = not needs.packs and "kubernetes" in needs.engines
                if alone and set(needs.capabilities) <= offered and not self._asks(pack):
                    yield pack

    def _asks(self, pack: Pack) -> bool:
        """Whether the pack has inputs without a default."""
        if pack.spec.inputs.schema_file is None:
            return False
        path = self.repository.content_prefix(pack.identity) + pack.spec.inputs.schema_file
        read = self.repository.files(path).get(path)
        try:
            schema = json.loads(read()) if read else {}
        except ValueError:
            return True
        asked = set(schema.get("required", ())) if isinstance(schema, dict) else {""}
        return not asked <= set(pack.spec.inputs.defaults)


def _needed(what: str, found: str | None, remedy: str) -> str:
    if found is None:
        raise UsageError(f"the repository has no {what} yet", remedy=remedy)
    return found


def _rule(lookup: Lookup) -> str:
    advice = "add --set spec.rule=FAMILY/RULE; `cpctl gate` names the rule that denies"
    if "spec.rule" not in lookup.given:
        raise UsageError("a waiver is for one rule", remedy=advice)
    return lookup.given["spec.rule"]


def _tenant(lookup: Lookup) -> str | None:
    return next(iter(lookup.repository.of_kind("Tenant")), None)


def _currency(lookup: Lookup) -> str:
    plans = lookup.repository.of_kind("PricePlan").values()
    return next((plan.spec.currency for plan in plans if isinstance(plan, PricePlan)), "EUR")


def _target(lookup: Lookup) -> str:
    found = lookup.cluster.identity if lookup.cluster else None
    return _needed("cluster that takes new tenants", found, "make one: `cpctl new cluster NAME`")


def _zone(lookup: Lookup) -> str:
    return lookup.cluster.spec.residency_zone if lookup.cluster else "eu"


def _next_month(lookup: Lookup) -> str:
    first = lookup.today.replace(day=1) + timedelta(days=32)
    return f"{first:%Y-%m}"


_WORDS: Mapping[str, Callable[[Lookup], str | None]] = {
    "name": lambda lookup: lookup.name,
    "version": lambda lookup: lookup.version,
    "environment": lambda lookup: lookup.first,
    "target": _target,
    "zone": _zone,
    "pack": lambda lookup: lookup.pack.metadata.name,
    "major": lambda lookup: str(lookup.pack.spec.version.release[0]),
    "minor": lambda lookup: str(lookup.pack.spec.version.release[1]),
    "tenant": _tenant,
    "currency": _currency,
    "rule": _rule,
    "month": lambda lookup: f"{lookup.today:%Y-%m}",
    "next": _next_month,
    "today": lambda lookup: lookup.today.isoformat(),
    "soon": lambda lookup: (lookup.today + timedelta(days=7)).isoformat(),
}
