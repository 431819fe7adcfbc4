"""Which lock files would change, and into what."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from controlplane.errors import UsageError
from controlplane.repo import locks
from controlplane.repo.snapshot import Snapshot
from controlplane.resources.tenant import Tenant
from controlplane.values import Problem


@dataclass(frozen=True)
class LockChange:
    """One lock file. `moves` says what changes: (environment, pack, old version, new version).

    A version is "" where the pack was or will not be locked.
    """

    tenant: str
    path: str
    text: str
    moves: tuple[tuple[str, str, str, str], ...]


def lock(
    snapshot: Snapshot, tenants: Sequence[str], update: Collection[str] = ()
) -> tuple[tuple[LockChange, ...], tuple[Problem, ...]]:
    """Return the lock files that are not as they should be, and what could not be resolved.

    `tenants` empty means all. Raises UsageError for a tenant or a pack that there is not.
    """
    known = snapshot.of_kind("Tenant")
    for name in tenants:
        if name not in known:
            raise UsageError(
                f"there is no valid tenant called {name!r}",
                remedy="run `cpctl lint`, or name one of: " + ", ".join(sorted(known)[:20]),
            )
    for name in update:
        if not snapshot.names.versions(name):
            raise UsageError(f"there is no pack called {name!r}", remedy="check `--update`")
    changes: list[LockChange] = []
    problems: list[Problem] = []
    for name in tenants or known:
        tenant = known[name]
        if isinstance(tenant, Tenant):
            resolved = locks.resolve(snapshot, tenant, update)
            problems.extend(resolved.problems)
            change = _change(snapshot, resolved)
            if change is not None and not resolved.problems:
                changes.append(change)
    return tuple(changes), tuple(problems)


def _change(snapshot: Snapshot, resolved: locks.Lock) -> LockChange | None:
    """Return the change of one file, None where it says the same already."""
    now = locks.current(snapshot, resolved.tenant)
    held = {} if now is None else locks.entries(now)
    before = {key: (str(e.range), str(e.version), e.digest) for key, e in held.items()}
    after = {
        (c.wanted.environment, c.wanted.name): (str(c.wanted.range), c.version, c.digest)
        for c in resolved.choices
    }
    if before == after:
        return None
    moves = tuple(
        (*key, before.get(key, ("", "", ""))[1], after.get(key, ("", "", ""))[1])
        for key in sorted({*before, *after})
        if before.get(key) != after.get(key)
    )
    path = locks.path(snapshot, resolved.tenant)
    return LockChange(resolved.tenant, path, locks.text(resolved), moves)
