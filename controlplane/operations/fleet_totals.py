"""The whole fleet as one subject of bounded size: sums, counts, and the names that offend.

Pure. Decides how contributions are added up and what is left out: a list of offenders ends after
`BOUND` entries and says how many there are, so that a rule that asks whether there is one is right
whatever was left out. Each entry says with `at` where it is written down, for `findings`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter

from controlplane.operations.fleet import DIMENSIONS, ENDLESS, Contribution, amount
from controlplane.resources.budget_cap import BudgetCap
from controlplane.resources.scalars import Money
from controlplane.resources.targets import Cluster, ComputeEngine
from controlplane.resources.waiver import Waiver
from evidence.canonical import Json

BOUND = 50
NAMES = 5
TARGETS = 400
_MICROS = 1_000_000
_UNUSUAL = ("withdrawn", "preview", "deprecated")


@dataclass(frozen=True)
class Catalogue:
    """What the sums are held against. `stages` is pack `name@version` → stage of its life."""

    targets: Sequence[Cluster | ComputeEngine] = ()
    stages: Mapping[str, str] = field(default_factory=dict)
    production: frozenset[str] = frozenset()
    waivers: Sequence[Waiver] = ()
    caps: Sequence[BudgetCap] = ()


def total(contributions: Iterable[Contribution], known: Catalogue) -> dict[str, Json]:
    """Return the fleet as JSON: integers below 2^53 and text, every list bounded."""
    fleet = sorted(contributions, key=lambda each: each.tenant)
    return {name: section.make(fleet, known) for name, section in SECTIONS.items()}


def _tenants(fleet: Sequence[Contribution]) -> dict[str, Json]:
    return {
        "count": len(fleet),
        "byPlan": dict(sorted(Counter(each.plan for each in fleet).items())),
        "byStage": dict(sorted(Counter(each.stage for each in fleet).items())),
    }


def _at(kind: str, name: str, *path: str | int) -> dict[str, Json]:
    return {"kind": kind, "name": name, "path": list(path)}


def _bounded(items: Sequence[Json], bound: int = BOUND) -> dict[str, Json]:
    return {"count": len(items), "items": list(items[:bound])}


def _targets(
    fleet: Sequence[Contribution], targets: Sequence[Cluster | ComputeEngine]
) -> dict[str, Json]:
    """Return each target that holds somebody, with its limits and what is promised of it."""
    promised: dict[str, _Promised] = defaultdict(_Promised)
    for each in fleet:
        for seat in each.seats:
            promised[seat.target].add(each, seat.index, seat.isolation)
    held = sorted(
        (target for target in targets if target.identity in promised),
        key=lambda target: (-len(promised[target.identity].tenants), target.identity),
    )
    return _bounded([_target(each, promised[each.identity]) for each in held], TARGETS)


class _Promised:
    """What the tenants of one target were promised together."""

    def __init__(self) -> None:
        self.tenants: dict[str, None] = {}
        self.seats = 0
        self.declared: Counter[str] = Counter()
        self.endless: Counter[str] = Counter()
        self.as_planned: dict[str, Counter[str]] = defaultdict(Counter)
        self.dedicated: list[Json] = []

    def add(self, each: Contribution, index: int, isolation: str) -> None:
        self.seats += 1
        self.tenants[each.tenant] = None
        quotas = dict(each.quotas)
        for dimension in DIMENSIONS.values():
            if dimension not in quotas:
                self.as_planned[dimension][each.plan] += 1
            elif quotas[dimension] == ENDLESS:
                self.endless[dimension] += 1
            else:
                self.declared[dimension] += quotas[dimension]
        if isolation == "dedicated":
            place = _at("Tenant", each.tenant, "spec", "placements", index, "isolation")
            self.dedicated.append({"tenant": each.tenant, "at": place})


def _target(target: Cluster | ComputeEngine, promised: _Promised) -> Json:
    limits = target.spec.limits
    fields = (
        ("cpuMilli", limits.cpu),
        ("memoryMiB", limits.memory),
        ("storageMiB", limits.storage),
        ("accelerators", limits.accelerators),
        ("tenants", limits.tenants),
    )
    finite = {name: amount(value, up=False) for name, value in fields if value is not None}
    return {
        "name": target.identity,
        "kind": target.kind,
        "at": _at(target.kind, target.identity, "spec", "limits"),
        "limits": {name: value for name, value in finite.items() if value != ENDLESS},
        "tenants": len(promised.tenants),
        "names": list(promised.tenants)[:NAMES],
        "seats": promised.seats,
        "declared": dict(promised.declared),
        "endless": dict(promised.endless),
        "asPlanned": {name: dict(counts) for name, counts in promised.as_planned.items()},
        "dedicated": promised.dedicated[:NAMES],
    }


Holder = tuple[str, str, Json]
"""(what must be told apart, tenant, place): holders of one key clash where the first differs."""


def _clashes(holders: Mapping[tuple[str, ...], Sequence[Holder]]) -> dict[str, Json]:
    """Return the keys that are held twice, in order, with the first holders of each."""
    found: list[Json] = []
    for key in sorted(holders):
        apart = {holder[0]: holder for holder in holders[key]}
        if len(apart) > 1:
            first = sorted(apart.values(), key=lambda holder: holder[0])[:NAMES]
            shown: list[Json] = [{"tenant": tenant, "at": at} for _, tenant, at in first]
            found.append({"key": list(key), "count": len(apart), "holders": shown})
    return _bounded(found)


def _namespaces(fleet: Sequence[Contribution]) -> Mapping[tuple[str, ...], list[Holder]]:
    found: dict[tuple[str, ...], list[Holder]] = defaultdict(list)
    for each in fleet:
        for seat in each.seats:
            place = _at("Tenant", each.tenant, "spec", "placements", seat.index)
            apart = f"{each.tenant}/{seat.environment}"
            found[seat.namespace, seat.target].append((apart, each.tenant, place))
    return found


def _issuers(fleet: Sequence[Contribution]) -> Mapping[tuple[str, ...], list[Holder]]:
    """Group by issuer and audience. An agency and its clients count as one: it sees them anyway."""
    found: dict[tuple[str, ...], list[Holder]] = defaultdict(list)
    agencies = {(each.issuer, each.audience, each.tenant) for each in fleet if not each.parent}
    for each in fleet:
        if each.issuer:
            place = _at("Tenant", each.tenant, "spec", "identity", "issuer")
            shared = (each.issuer, each.audience, each.parent) in agencies
            apart = each.parent if shared else each.tenant
            found[each.issuer, each.audience].append((apart, each.tenant, place))
    return found


def _hosts(fleet: Sequence[Contribution]) -> Mapping[tuple[str, ...], list[Holder]]:
    found: dict[tuple[str, ...], list[Holder]] = defaultdict(list)
    for each in fleet:
        for host in each.hosts:
            place = _at("Tenant", each.tenant, *host.path)
            found[(host.name,)].append((f"{each.tenant}/{host.environment}", each.tenant, place))
    return found


def _spending(fleet: Sequence[Contribution]) -> dict[str, Json]:
    """Add up what tenants mean to spend a month, in whole units of each currency, rounded up."""
    sums: Counter[str] = Counter()
    largest: dict[str, tuple[int, str]] = {}
    endless: list[Json] = []
    for each in fleet:
        if each.spending is None:
            continue
        currency, micros = each.spending
        if micros == ENDLESS:
            place = _at("Tenant", each.tenant, "spec", "costEnvelope", "limit")
            endless.append({"tenant": each.tenant, "at": place})
            continue
        sums[currency] += -(-micros // _MICROS)
        largest[currency] = max(largest.get(currency, (-1, "")), (micros, each.tenant))
    currencies: list[Json] = [
        {
            "currency": currency,
            "units": units,
            "largest": largest[currency][1],
            "at": _at("Tenant", largest[currency][1], "spec", "costEnvelope", "limit"),
        }
        for currency, units in sorted(sums.items())
    ]
    return {"currencies": currencies, "endless": _bounded(endless)}


def _uncapped(fleet: Sequence[Contribution], caps: Sequence[BudgetCap]) -> dict[str, Json]:
    """Return the tenants that run something and to which no cap applies."""
    limited = [cap for cap in caps if cap.spec.usage is not None or _is_finite(cap)]
    named = {tenant for cap in limited for tenant in cap.spec.scope.tenants}
    names = {cap.identity for cap in limited}
    if any(_is_for_everybody(cap) for cap in limited):
        return _bounded([])
    return _bounded(
        [
            {"tenant": each.tenant, "at": _at("Tenant", each.tenant, "spec", "budgetCaps")}
            for each in fleet
            if each.seats and each.tenant not in named and not names.intersection(each.caps)
        ]
    )


def _is_finite(cap: BudgetCap) -> bool:
    return isinstance(cap.spec.limit, Money)


def _is_for_everybody(cap: BudgetCap) -> bool:
    scope = cap.spec.scope
    return not (scope.tenants or scope.environments or scope.packs or scope.engines)


def _packs(fleet: Sequence[Contribution], known: Catalogue) -> dict[str, Json]:
    """Return the versions in use that are not simply stable, the gravest and most used first."""
    users: dict[str, dict[str, bool]] = defaultdict(dict)
    for each in fleet:
        for pack, environment in each.packs:
            produces = environment in known.production or users[pack].get(each.tenant, False)
            users[pack][each.tenant] = produces
    running = len({tenant for tenants in users.values() for tenant in tenants})
    odd = [pack for pack in users if known.stages.get(pack) in _UNUSUAL]
    odd.sort(key=lambda pack: (_UNUSUAL.index(known.stages[pack]), -len(users[pack]), pack))
    items = [_pack(pack, known.stages[pack], users[pack]) for pack in odd]
    return {"running": running, **_bounded(items)}


def _pack(identity: str, stage: str, users: Mapping[str, bool]) -> Json:
    name, _, version = identity.partition("@")
    return {
        "name": name,
        "version": version,
        "stage": stage,
        "at": _at("Pack", identity, "spec", "lifecycle", "stage"),
        "tenants": len(users),
        "production": sum(users.values()),
        "names": sorted(users)[:NAMES],
    }


def _waivers(waivers: Sequence[Waiver]) -> dict[str, Json]:
    """Return the waivers by rule, the most waived first, and one by one, the first to end first."""
    by_rule: dict[str, list[Waiver]] = defaultdict(list)
    for waiver in sorted(waivers, key=lambda each: each.identity):
        by_rule[waiver.spec.rule].append(waiver)
    rules = sorted(by_rule, key=lambda rule: (-len(by_rule[rule]), rule))
    soon = sorted(waivers, key=lambda each: (each.spec.expires.moment, each.identity))
    return {
        "byRule": _bounded([_waived(rule, by_rule[rule]) for rule in rules]),
        "ending": _bounded(list(_ending(soon))),
    }


def _waived(rule: str, waivers: Sequence[Waiver]) -> Json:
    place = _at("Waiver", waivers[-1].identity, "spec", "rule")
    return {"rule": rule, "count": len(waivers), "at": place}


def _ending(waivers: Iterable[Waiver]) -> Iterator[Json]:
    for waiver in waivers:
        yield {
            "waiver": waiver.identity,
            "rule": waiver.spec.rule,
            "expires": {"text": waiver.spec.expires.text, **waiver.spec.expires.projection()},
            "at": _at("Waiver", waiver.identity, "spec", "expires"),
        }


@dataclass(frozen=True)
class Section:
    """One part of the figures. `looks_at` gives all of a contribution that it depends on.

    `held` says whether it depends on the catalogue as well.
    """

    make: Callable[[Sequence[Contribution], Catalogue], Json]
    looks_at: Callable[[Contribution], object]
    held: bool = False


SECTIONS: Mapping[str, Section] = {
    "tenants": Section(lambda fleet, _: _tenants(fleet), attrgetter("plan", "stage")),
    "targets": Section(
        lambda fleet, known: _targets(fleet, known.targets),
        attrgetter("seats", "quotas", "plan"),
        held=True,
    ),
    "namespaces": Section(lambda fleet, _: _clashes(_namespaces(fleet)), attrgetter("seats")),
    "issuers": Section(
        lambda fleet, _: _clashes(_issuers(fleet)), attrgetter("issuer", "audience", "parent")
    ),
    "hosts": Section(lambda fleet, _: _clashes(_hosts(fleet)), attrgetter("hosts")),
    "spending": Section(lambda fleet, _: _spending(fleet), attrgetter("spending")),
    "uncapped": Section(
        lambda fleet, known: _uncapped(fleet, known.caps), attrgetter("seats", "caps"), held=True
    ),
    "packs": Section(_packs, attrgetter("packs"), held=True),
    "waivers": Section(lambda _, known: _waivers(known.waivers), lambda _: None, held=True),
}
"""The parts of the figures, by name."""
