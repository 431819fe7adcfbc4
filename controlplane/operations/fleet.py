"""What one tenant adds to the figures of the whole fleet.

Decides which facts of a tenant count across tenants: where it sits, what it may hold, who signs in,
which names it takes, what it means to spend, which packs it runs. A contribution depends on the
tenant and its lock alone, so it can be kept by the ids of their two files. `fleet_totals` adds
contributions up; what a sum means is for the rules on the subject `Fleet`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from controlplane.resources.markers import UNLIMITED
from controlplane.resources.pack_lock import PackLock
from controlplane.resources.scalars import Bytes, Money, Quantity
from controlplane.resources.tenant import CostEnvelope, Tenant, TenantPack
from controlplane.values import FieldPath

MIB = 1024 * 1024
ENDLESS = -1
"""Stands for *unlimited*, said in so many words."""

# Quota of a tenant → what it is called in sums; memory and storage count in MiB, because the bytes
# of ten thousand tenants would pass 2^53.
DIMENSIONS = {
    "cpu": "cpuMilli",
    "memory": "memoryMiB",
    "storage": "storageMiB",
    "gpus": "accelerators",
}
_HOST_INPUTS = ("hostname", "hostnames")
# How often a period fits into the longest month, as (times, parts): a day 31 times, a year 1/12.
_MONTH = {"day": (31, 1), "week": (5, 1), "month": (1, 1), "quarter": (1, 3), "year": (1, 12)}


@dataclass(frozen=True)
class Seat:
    """One placement: `index` is its number in the tenant's `placements`."""

    environment: str
    target: str
    namespace: str
    isolation: str
    index: int


@dataclass(frozen=True)
class HostName:
    """A host name that a pack's configuration takes, in small letters, and where it is written."""

    name: str
    environment: str
    path: FieldPath


@dataclass(frozen=True)
class Contribution:
    """What one tenant adds. Text and integers only, so that it can be stored and read back.

    `issuer` is "" where nobody signs in. `quotas` are (dimension, amount or ENDLESS), of each seat;
    a dimension that is not there is as the plan says. `spending` is (currency, micros a month),
    ("", ENDLESS) for an unlimited envelope, None where none is declared. `packs` are
    (`name@version`, environment), as locked.
    """

    tenant: str
    parent: str
    plan: str
    stage: str
    issuer: str
    audience: str
    seats: tuple[Seat, ...]
    quotas: tuple[tuple[str, int], ...]
    hosts: tuple[HostName, ...]
    spending: tuple[str, int] | None
    packs: tuple[tuple[str, str], ...]
    caps: tuple[str, ...]


def contribution(tenant: Tenant, lock: PackLock | None) -> Contribution:
    """Return what `tenant` adds to the fleet; without a lock it runs nothing."""
    spec, identity = tenant.spec, tenant.spec.identity
    return Contribution(
        tenant=tenant.identity,
        parent=spec.parent or "",
        plan=spec.plan,
        stage=spec.lifecycle.stage,
        issuer=_issuer(identity.issuer) if identity else "",
        audience=(identity.audience or "") if identity else "",
        seats=tuple(_seats(tenant)),
        quotas=tuple(_quotas(tenant)),
        hosts=tuple(sorted(_hosts(tenant), key=lambda host: (host.name, host.environment))),
        spending=_spending(spec.cost_envelope),
        packs=tuple(_locked(lock)) if lock else (),
        caps=tuple(spec.budget_caps),
    )


def _issuer(url: str) -> str:
    """Return an issuer as it is compared: the host in small letters, no slash at the end."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"


def _seats(tenant: Tenant) -> Iterator[Seat]:
    for index, each in enumerate(tenant.spec.placements):
        namespace = each.namespace or f"{tenant.identity}-{each.environment}"
        yield Seat(each.environment, each.target, namespace, each.isolation, index)


def _quotas(tenant: Tenant) -> Iterator[tuple[str, int]]:
    for field, dimension in DIMENSIONS.items():
        if (limit := getattr(tenant.spec.quotas, field)) is not None:
            yield dimension, amount(limit)


def amount(limit: Any, *, up: bool = True) -> int:
    """Return a limit in the unit of its dimension, ENDLESS for `unlimited`.

    What a tenant may hold is rounded up, what a target has (`up=False`) is rounded down.
    """
    if limit is UNLIMITED:
        return ENDLESS
    if isinstance(limit, Quantity):
        return limit.milli
    if isinstance(limit, Bytes):
        return (limit.count + (MIB - 1 if up else 0)) // MIB
    return int(limit)


def _hosts(tenant: Tenant) -> Iterator[HostName]:
    """Yield the host names of each environment of the tenant, where a pack's input is known."""
    environments = {seat.environment for seat in tenant.spec.placements}
    for index, pack in enumerate(tenant.spec.packs):
        for environment in sorted(environments):
            for path, name in _configured(pack, environment):
                where = ("spec", "packs", index, *path)
                yield HostName(name.lower().rstrip("."), environment, where)


def _configured(pack: TenantPack, environment: str) -> Iterator[tuple[FieldPath, str]]:
    """Yield (path, host name): what an environment overrides replaces what counts everywhere."""
    override = pack.environments.get(environment)
    if override is not None and not override.enabled:
        return
    for key in _HOST_INPUTS:
        path: FieldPath = ("config", key)
        held = pack.config.get(key)
        if override is not None and key in override.config:
            path, held = ("environments", environment, *path), override.config[key]
        for name in held if isinstance(held, list | tuple) else (held,):
            if isinstance(name, str):
                yield path, name


def _spending(envelope: CostEnvelope | None) -> tuple[str, int] | None:
    if envelope is None:
        return None
    if not isinstance(envelope.limit, Money):
        return ("", ENDLESS)
    times, parts = _MONTH[envelope.period]
    return envelope.limit.currency, -(-envelope.limit.micros * times // parts)


def _locked(lock: PackLock) -> Iterator[tuple[str, str]]:
    for environment, held in sorted(lock.spec.environments.items()):
        for pack in held.packs:
            yield f"{pack.name}@{pack.version}", environment
