"""The state store in a relational database: SQLite, or PostgreSQL by URL.

Every write of a run to a placement asks, in its own transaction, whether the run still holds the
placement's lease. A lease ends when it is not renewed, or when its process is seen to be gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any, ClassVar, Final, Self

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    delete,
    insert,
    select,
    update,
)

from reconciler.errors import LeaseLostError, PlacementBusyError, ReconcilerError
from reconciler.model import Action, Outcome, Placement, Result, Verb
from reconciler.state import holder, migrate, tables
from reconciler.state.base import (
    INTERRUPTED,
    Applied,
    Lease,
    OpenIntent,
    Run,
    Settlement,
    StateStore,
)
from reconciler.state.database import Database
from reconciler.state.tables import intents, inventory, leases, placements, results, runs
from reconciler.status import PlacementStatus, stamp

_KEPT: Final = 100  # ended runs that are remembered
_AT_ONCE: Final = 500  # resources in one statement
_FREE: Final = {"run": "", "holder": "", "expires": ""}  # the row stays: its fence only rises
_GONE: Final = frozenset({Verb.PRUNE, Verb.FORGET})


class SqlStateStore(StateStore):
    """Opened with `open`; a SQLite schema is brought up to date by that, PostgreSQL's is not."""

    lease_seconds: ClassVar[float] = 30.0

    def __init__(
        self,
        database: Database,
        *,
        clock: Callable[[], datetime],
        myself: str,
        is_gone: Callable[[str], bool] = holder.is_gone,
    ) -> None:
        self._database = database
        self._clock = clock
        self._myself = myself
        self._is_gone = is_gone
        backend = "sqlite" if database.is_sqlite else "postgresql"
        # By name: importing the other one takes longer than everything else this module does.
        self._insert: Callable[[Table], Any] = import_module(
            f"sqlalchemy.dialects.{backend}"
        ).insert

    @classmethod
    def open(cls, url: str, *, clock: Callable[[], datetime]) -> Self:
        """See StateStore.open."""
        database = Database(url)
        try:
            if database.is_sqlite and not migrate.is_current(database):
                migrate.migrate(database)
            migrate.check(database)
        except ReconcilerError:
            database.close()
            raise
        return cls(database, clock=clock, myself=holder.myself())

    @classmethod
    def migrate(cls, url: str) -> str:
        """See StateStore.migrate."""
        database = Database(url)
        try:
            migrate.migrate(database)
        finally:
            database.close()
        return tables.HEAD

    def check(self) -> None:
        """See StateStore.check."""
        with self._database.writing("check") as connection:
            connection.execute(delete(runs).where(runs.c.id == ""))

    def begin_run(self, run: Run) -> None:
        """See StateStore.begin_run."""
        with self._database.writing("run") as connection:
            self._mark_interrupted(connection)
            connection.execute(insert(runs), {**vars(run), "holder": self._myself})

    def end_run(self, run: str, *, outcome: str, summary: str) -> None:
        """See StateStore.end_run."""
        ended = {"finished": self._now(), "outcome": outcome, "summary": summary}
        with self._database.writing("run-end") as connection:
            connection.execute(update(runs).where(runs.c.id == run).values(**ended))
            connection.execute(update(leases).where(leases.c.run == run).values(**_FREE))
            _forget_oldest(connection)

    def acquire(self, placement: Placement, run: str) -> Lease:
        """See StateStore.acquire."""
        try:
            with self._database.writing("lease") as connection:
                fence = self._take(connection, placement, run)
        except _TakenError as taken:
            raise PlacementBusyError(
                f"{placement}: run {taken} is at work on it",
                remedy="wait for that run to end; `cpctl status` shows it",
                retry_after=self.lease_seconds / 3,
            ) from None
        return Lease(placement, run, fence)

    def _take(self, connection: Connection, placement: Placement, run: str) -> int:
        """Write the lease and return its fence; raises _TakenError."""
        query = select(leases).where(*_of(leases, placement)).with_for_update()
        held = connection.execute(query).one_or_none()
        mine = {"run": run, "holder": self._myself, "expires": self._now(self.lease_seconds)}
        if held is None:
            row = {**_key(placement), **mine, "fence": 1}
            statement = self._insert(leases).values(row).on_conflict_do_nothing()
            if connection.scalar(statement.returning(leases.c.fence)) is None:
                raise _TakenError("another")
            return 1
        free = held.run in {run, ""} or held.expires <= self._now()
        if not free and not self._is_gone(held.holder):
            raise _TakenError(held.run)
        row = {**mine, "fence": int(held.fence) + 1}
        connection.execute(update(leases).where(*_of(leases, placement)).values(**row))
        return int(held.fence) + 1

    def renew(self, run: str) -> None:
        """See StateStore.renew."""
        later = self._now(self.lease_seconds)
        with self._database.writing("renewal") as connection:
            connection.execute(update(leases).where(leases.c.run == run).values(expires=later))

    def give_back(self, lease: Lease) -> None:
        """See StateStore.give_back."""
        with self._database.writing("lease-end") as connection:
            mine = [*_of(leases, lease.placement), leases.c.run == lease.run]
            connection.execute(update(leases).where(*mine).values(**_FREE))

    def open_intents(self, placement: Placement) -> Sequence[OpenIntent]:
        """See StateStore.open_intents."""
        query = (
            select(intents, runs.c.started)
            .join(runs, runs.c.id == intents.c.run)
            .where(*_of(intents, placement), intents.c.closed == 0)
            .order_by(runs.c.started, intents.c.run, intents.c.id)
        )
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return [OpenIntent(row.run, row.revision, row.id, row.verb, row.digest) for row in rows]

    def settle(self, lease: Lease, settlements: Sequence[Settlement]) -> None:
        """See StateStore.settle."""
        now = self._now()
        rows = [
            {**_key(lease.placement), "run": s.intent.run, "id": s.intent.id, "at": now}
            | {"result": INTERRUPTED, "detail": s.found}
            for s in settlements
        ]
        found = [
            {**_key(lease.placement), "id": s.intent.id, "digest": s.digest}
            | {"revision": s.intent.revision, "run": s.intent.run}
            for s in settlements
            if s.digest
        ]
        with self._held(lease, "settlement") as connection:
            self._close(connection, lease, rows)
            self._drop(connection, lease, [s.intent.id for s in settlements if s.gone])
            if found:
                self._upsert(connection, inventory, found)

    def intend(self, lease: Lease, status: PlacementStatus, actions: Sequence[Action]) -> None:
        """See StateStore.intend."""
        rows = [
            {
                **_key(lease.placement),
                "run": lease.run,
                "id": action.id,
                "verb": action.verb.value,
                "digest": action.resource.digest if action.resource else "",
                "revision": status.revision,
                "closed": 0,
            }
            for action in actions
        ]
        with self._held(lease, "intent") as connection:
            self._say(connection, lease, status)
            if rows:
                connection.execute(insert(intents), rows)

    def record(self, lease: Lease, outcomes: Sequence[Outcome]) -> None:
        """See StateStore.record."""
        now = self._now()
        rows = [
            {**_key(lease.placement), "run": lease.run, "id": o.id, "at": now}
            | {"result": o.result.value, "detail": o.detail}
            for o in outcomes
        ]
        with self._held(lease, "result") as connection:
            self._close(connection, lease, rows)
            self._cache(connection, lease, [o for o in outcomes if o.result is Result.DONE])

    def conclude(self, lease: Lease, status: PlacementStatus) -> None:
        """See StateStore.conclude."""
        with self._held(lease, "status") as connection:
            self._say(connection, lease, status)

    def statuses(self) -> Sequence[PlacementStatus]:
        """See StateStore.statuses."""
        query = select(placements.c.status).order_by(placements.c.target, placements.c.placement)
        with self._database.reading() as connection:
            return [PlacementStatus.from_json(value) for value in connection.scalars(query)]

    def status(self, placement: Placement) -> PlacementStatus | None:
        """See StateStore.status."""
        query = select(placements.c.status).where(*_of(placements, placement))
        with self._database.reading() as connection:
            value = connection.scalar(query)
        return None if value is None else PlacementStatus.from_json(value)

    def runs(self, limit: int) -> Sequence[Run]:
        """See StateStore.runs."""
        names = ("id", "kind", "revision", "started", "finished", "outcome", "summary")
        query = select(*(runs.c[n] for n in names)).order_by(runs.c.started.desc(), runs.c.id)
        with self._database.reading() as connection:
            return [Run(*row) for row in connection.execute(query.limit(limit))]

    def applied(self, placement: Placement) -> Mapping[str, Applied]:
        """See StateStore.applied."""
        query = select(inventory).where(*_of(inventory, placement))
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return {row.id: Applied(row.digest, row.revision, row.run) for row in rows}

    def close(self) -> None:
        """See StateStore.close."""
        self._database.close()

    @contextmanager
    def _held(self, lease: Lease, what: str) -> Iterator[Connection]:
        """Give a transaction in which the lease is held; raises LeaseLostError."""
        with self._database.writing(what) as connection:
            query = select(leases.c.fence).where(
                *_of(leases, lease.placement), leases.c.run == lease.run
            )
            if connection.scalar(query.with_for_update()) != lease.fence:
                raise LeaseLostError(
                    f"{lease.placement}: another run has taken it over from run {lease.run}",
                    remedy="let the other run finish; what this one began is accounted for by it",
                )
            yield connection

    def _say(self, connection: Connection, lease: Lease, status: PlacementStatus) -> None:
        """Write the last word on a placement."""
        row = {"phase": status.phase.value, "status": status.to_json()}
        self._upsert(connection, placements, [{**_key(lease.placement), **row}])

    def _close(
        self, connection: Connection, lease: Lease, rows: Sequence[Mapping[str, str]]
    ) -> None:
        """Write results and close their intents."""
        if not rows:
            return
        self._upsert(connection, results, rows)
        for run in {row["run"] for row in rows}:
            mine = [*_of(intents, lease.placement), intents.c.run == run]
            for some in _batches([row["id"] for row in rows if row["run"] == run]):
                closing = update(intents).where(*mine, intents.c.id.in_(some)).values(closed=1)
                connection.execute(closing)

    def _cache(self, connection: Connection, lease: Lease, done: Sequence[Outcome]) -> None:
        """Bring the cached inventory up to date with what was done."""
        gone = [o.id for o in done if o.verb in _GONE]
        made = [o.id for o in done if o.verb not in _GONE]
        self._drop(connection, lease, gone)
        mine = [*_of(intents, lease.placement), intents.c.run == lease.run]
        names = [column.name for column in inventory.columns]
        for some in _batches(made):
            intended = select(*(intents.c[name] for name in names))
            intended = intended.where(*mine, intents.c.id.in_(some))
            statement = self._insert(inventory).from_select(names, intended)
            connection.execute(_overwriting(inventory, statement))

    def _drop(self, connection: Connection, lease: Lease, gone: Sequence[str]) -> None:
        """Take ids out of the cached inventory."""
        for some in _batches(gone):
            mine = [*_of(inventory, lease.placement), inventory.c.id.in_(some)]
            connection.execute(delete(inventory).where(*mine))

    def _upsert(
        self, connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]
    ) -> None:
        connection.execute(_overwriting(table, self._insert(table)), list(rows))

    def _mark_interrupted(self, connection: Connection) -> None:
        """Say of runs without an end that they broke off: their process is gone, or long silent."""
        live = select(leases.c.run).where(leases.c.expires > self._now())
        holding = set(connection.scalars(live))
        query = select(runs).where(runs.c.finished == "", runs.c.holder != self._myself)
        for run in connection.execute(query).all():
            silent = run.id not in holding and run.started < self._now(-self.lease_seconds)
            if silent or self._is_gone(run.holder):
                ended = {"finished": self._now(), "outcome": INTERRUPTED}
                connection.execute(update(runs).where(runs.c.id == run.id).values(**ended))

    def _now(self, later: float = 0.0) -> str:
        return stamp(self._clock() + timedelta(seconds=later))


class _TakenError(Exception):
    """Another run has the lease; its argument names that run."""


def _key(placement: Placement) -> dict[str, str]:
    return {"target": placement.target, "placement": placement.name}


def _of(table: Table, placement: Placement) -> list[ColumnElement[bool]]:
    return [table.c.target == placement.target, table.c.placement == placement.name]


def _overwriting(table: Table, statement: Any) -> Any:
    """Return an insert that replaces the row of the same key."""
    rest = {c.name: statement.excluded[c.name] for c in table.columns if not c.primary_key}
    keys = list(table.primary_key.columns)
    return statement.on_conflict_do_update(index_elements=keys, set_=rest)


def _batches(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield so many of them as one statement takes on every database."""
    for first in range(0, len(ids), _AT_ONCE):
        yield ids[first : first + _AT_ONCE]


def _forget_oldest(connection: Connection) -> None:
    """Delete ended runs beyond the latest, but none that has something left open."""
    unsettled = select(intents.c.run).where(intents.c.closed == 0)
    latest = select(runs.c.id).order_by(runs.c.started.desc()).limit(_KEPT)
    old = [runs.c.finished != "", runs.c.id.not_in(latest), runs.c.id.not_in(unsettled)]
    connection.execute(delete(runs).where(*old))
