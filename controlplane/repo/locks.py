"""Which versions a tenant's ranges resolve to, and whether its lock file still says so.

Resolving is pure: the tenant, the versions there are and what is locked now go in, the lock comes
out. A version that is locked stays for as long as it satisfies its range and is not withdrawn; a
new version in the catalogue changes nobody until a commit says so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from controlplane.repo.checks import within
from controlplane.repo.snapshot import Snapshot
from controlplane.repo.yaml.write import scalar
from controlplane.resources import API_VERSION
from controlplane.resources.pack import Pack
from controlplane.resources.pack_lock import LockedPack, PackLock
from controlplane.resources.tenant import Tenant, TenantPack
from controlplane.resources.versions import PackVersion, VersionRange
from controlplane.values import FieldPath, Problem


@dataclass(frozen=True)
class Wanted:
    """One pack in one environment. `field` is where the tenant says so."""

    environment: str
    name: str
    range: VersionRange
    preview: bool
    field: FieldPath


@dataclass(frozen=True)
class Choice:
    """What a range resolved to."""

    wanted: Wanted
    version: str
    digest: str


@dataclass(frozen=True)
class Lock:
    """The lock of a tenant: the choices in order, and what could not be resolved."""

    tenant: str
    choices: tuple[Choice, ...]
    problems: tuple[Problem, ...]


def wanted(tenant: Tenant) -> Iterator[Wanted]:
    """Yield what a tenant wants: every pack in every environment it is placed in."""
    environments = dict.fromkeys(placement.environment for placement in tenant.spec.placements)
    for environment in sorted(environments):
        for number, pack in sorted(enumerate(tenant.spec.packs), key=lambda pair: pair[1].name):
            found = _wanted(environment, number, pack)
            if found is not None:
                yield found


def _wanted(environment: str, number: int, pack: TenantPack) -> Wanted | None:
    override = pack.environments.get(environment)
    field: FieldPath = ("spec", "packs", number, "version")
    chosen, channel = pack.version, pack.channel
    if override is not None:
        if not override.enabled:
            return None
        channel = override.channel or channel
        if override.version is not None:
            chosen = override.version
            field = ("spec", "packs", number, "environments", environment, "version")
    return Wanted(environment, pack.name, chosen, channel == "preview", field)


def resolve(snapshot: Snapshot, tenant: Tenant, update: Collection[str] = ()) -> Lock:
    """Return the lock a tenant should have. Packs named in `update` take the newest version."""
    locked = {} if (now := current(snapshot, tenant.identity)) is None else entries(now)
    choices: list[Choice] = []
    problems: list[Problem] = []
    for want in wanted(tenant):
        held = locked.get((want.environment, want.name))
        keep = None if held is None or want.name in update else str(held.version)
        version = _choose(snapshot, want, keep)
        if version is None:
            problems.append(_unresolved(snapshot, tenant, want))
        else:
            digest = snapshot.content_digest(f"{want.name}@{version}")
            choices.append(Choice(want, version, digest))
    return Lock(tenant.identity, tuple(choices), tuple(problems))


def _choose(snapshot: Snapshot, want: Wanted, keep: str | None) -> str | None:
    """Return `keep` where it will still do, otherwise the newest; deprecated ones come last."""
    stages = {
        version: pack.spec.lifecycle.stage
        for version, pack in snapshot.packs(want.name).items()
        if isinstance(pack, Pack) and within(str(want.range), version)
    }
    if keep is not None and stages.get(keep, "withdrawn") != "withdrawn":
        return keep
    first = ("stable", "preview") if want.preview else ("stable",)
    for allowed in (first, ("deprecated",)):
        fitting = [PackVersion.parse(v) for v, stage in stages.items() if stage in allowed]
        newest = want.range.newest(fitting)
        if newest is not None:
            return str(newest)
    return None


def _unresolved(snapshot: Snapshot, tenant: Tenant, want: Wanted) -> Problem:
    return Problem(
        snapshot.locate("Tenant", tenant.identity, want.field),
        "lock/unresolved",
        f"no version of pack {want.name} that may be taken is within {want.range}",
        "widen the range, add a version, or set `channel: preview` to take one in preview",
    )


def current(snapshot: Snapshot, tenant: str) -> PackLock | None:
    """Return the lock of a tenant as it stands, None where there is none."""
    found = snapshot.get("PackLock", tenant)
    return found if isinstance(found, PackLock) else None


def entries(lock: PackLock) -> Mapping[tuple[str, str], LockedPack]:
    """Return what is locked, by environment and name of the pack."""
    return {
        (name, pack.name): pack
        for name, environment in lock.spec.environments.items()
        for pack in environment.packs
    }


def text(lock: Lock) -> str:
    """Return the lock file: the same bytes for the same choices."""
    lines = [
        "# Written by `cpctl lock`. To take a newer version: cpctl lock --update PACK",
        f"apiVersion: {API_VERSION}",
        "kind: PackLock",
        "metadata:",
        f"  name: {scalar(lock.tenant)}",
        "spec:",
        f"  tenant: {scalar(lock.tenant)}",
    ]
    environments = dict.fromkeys(choice.wanted.environment for choice in lock.choices)
    lines.append("  environments:" if environments else "  environments: {}")
    for environment in environments:
        lines += [f"    {scalar(environment)}:", "      packs:"]
        for choice in lock.choices:
            if choice.wanted.environment == environment:
                lines += [
                    f"        - name: {scalar(choice.wanted.name)}",
                    f"          range: {scalar(str(choice.wanted.range))}",
                    f"          version: {scalar(choice.version)}",
                    f"          digest: {scalar(choice.digest)}",
                ]
    return "\n".join(lines) + "\n"


def path(snapshot: Snapshot, tenant: str) -> str:
    """Return where the lock of a tenant stands, or is to be written."""
    document = snapshot.document("PackLock", tenant)
    return snapshot.places.lock_file(tenant) if document is None else document.path


def check_some(snapshot: Snapshot, tenants: Collection[str]) -> Iterator[Problem]:
    """Yield what `check` does of some tenants, where no pack became another."""
    for identity in tenants:
        resource, lock = snapshot.get("Tenant", identity), snapshot.get("PackLock", identity)
        if isinstance(resource, Tenant):
            yield from _check_tenant(snapshot, identity, resource)
        if isinstance(lock, PackLock):
            yield from _misnamed(snapshot, identity, lock)


def check(snapshot: Snapshot) -> Iterator[Problem]:
    """Yield every lock that is missing, stale, or whose pack changed under it."""
    for identity, resource in snapshot.of_kind("Tenant").items():
        if isinstance(resource, Tenant):
            yield from _check_tenant(snapshot, identity, resource)
    for identity, lock in snapshot.of_kind("PackLock").items():
        if isinstance(lock, PackLock):
            yield from _misnamed(snapshot, identity, lock)
    yield from _published(snapshot)


def _misnamed(snapshot: Snapshot, identity: str, lock: PackLock) -> Iterator[Problem]:
    if lock.spec.tenant != identity:
        position = snapshot.locate("PackLock", identity, ("metadata", "name"))
        message = f"the lock of {lock.spec.tenant} is called {identity!r}"
        yield Problem(position, "lock/misnamed", message, "give it the name of its tenant")


def _check_tenant(snapshot: Snapshot, identity: str, tenant: Tenant) -> Iterator[Problem]:
    remedy = f"run `cpctl lock {identity}` and commit what it writes"
    wants = {(want.environment, want.name): want for want in wanted(tenant)}
    document = snapshot.document("PackLock", identity)
    lock = current(snapshot, identity)
    if document is None:
        if wants:
            message = f"no lock file says which versions of its packs {identity} runs"
            position = snapshot.locate("Tenant", identity, ("spec", "packs"))
            yield Problem(position, "lock/missing", message, remedy)
        return
    if lock is None:
        return  # its own problems are known
    held = entries(lock)
    for key, want in wants.items():
        if key not in held:
            message = f"pack {want.name} in {want.environment} is not in the lock file"
            position = snapshot.locate("Tenant", identity, want.field)
            yield Problem(position, "lock/incomplete", message, remedy)
    for environment, locked in lock.spec.environments.items():
        for number, entry in enumerate(locked.packs):
            at: FieldPath = ("spec", "environments", environment, "packs", number)
            wish = wants.get((environment, entry.name))
            for field, code, message in _stale(entry, wish, environment, snapshot):
                position = snapshot.locate("PackLock", identity, (*at, field))
                yield Problem(position, code, message, remedy)


def _stale(
    entry: LockedPack, wish: Wanted | None, environment: str, snapshot: Snapshot
) -> Iterator[tuple[str, str, str]]:
    """Yield (field, code, message) for what is no longer so about one entry."""
    if wish is None:
        yield "name", "lock/unused", f"pack {entry.name} does not run in {environment} any more"
        return
    if not within(str(wish.range), str(entry.version)):
        message = f"{entry.name} {entry.version} is not within {wish.range} any more"
        yield "version", "lock/out-of-range", message
    elif str(entry.range) != str(wish.range):
        message = f"the tenant asks for {wish.range}, the lock was made for {entry.range}"
        yield "range", "lock/stale", message
    pack = f"{entry.name}@{entry.version}"
    if (
        snapshot.document("Pack", pack) is not None
        and snapshot.content_digest(pack) != entry.digest
    ):
        message = f"the content of {pack} is not what was locked"
        yield "digest", "lock/content-changed", message


def _published(snapshot: Snapshot) -> Iterator[Problem]:
    """Compare the digest that a pack declares of its own content."""
    for identity, pack in snapshot.of_kind("Pack").items():
        if isinstance(pack, Pack) and pack.spec.content.digest is not None:
            found = snapshot.content_digest(identity)
            if found != pack.spec.content.digest:
                position = snapshot.locate("Pack", identity, ("spec", "content", "digest"))
                yield Problem(
                    position,
                    "pack/content-changed",
                    f"the content of {identity} has the digest {found}",
                    "restore what was published, or publish it as a new version",
                )
