"""One run under way: its journal, its closing statement, and how a killed run is finished.

The order in which things become durable is what makes a run survive a kill at any moment:

1. `runs/<run>.json` says that a run began; it stays locked while its process lives;
2. `runs/<run>.records` grows by one line per record, durable before `record` returns; payloads
   that were packed lie in `runs/<run>.<n>.pack`, durable before a record names them;
3. `runs/<run>.envelope` is the signed statement: from here on the run is closed, and what
   follows can be done again by anybody, with the same result;
4. packs, records and envelope get their lasting names, the entry is appended to the log;
5. the files of the run are removed.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from evidence import merkle, objects, records, shape, statement
from evidence.canonical import Json, canonical, read_canonical
from evidence.disk import Disk, storing, try_lock
from evidence.dsse import Envelope
from evidence.errors import UsageError
from evidence.log import Log
from evidence.packs import Pack
from evidence.records import PAYLOAD_LIMIT, PackedRecord, Record
from evidence.signers.base import Signer
from evidence.statement import SUBJECTS, Statement, Subject

INTERRUPTED = "interrupted"
_HEADER_LIMIT = 1 << 20


@dataclass(frozen=True)
class Place:
    """Where and with what a run writes."""

    directory: Path
    signer: Signer
    log: Log
    clock: Callable[[], datetime]
    disk: Disk


@dataclass(frozen=True)
class Entry:
    """A closed run in the log."""

    origin: str
    index: int
    envelope: str  # digest of the signed statement's bytes
    run: str
    outcome: str
    records: int


class Run:
    """One run under way. A context manager: left without `close`, it is `interrupted`."""

    def __init__(
        self,
        place: Place,
        header: Json,
        lock: int,
        *,
        adopted: bool = False,
        current: Callable[[], Place] | None = None,
    ) -> None:
        self._adopted = adopted
        self._current = current or (lambda: place)
        self.id: str = header["run"]
        self._place = place
        self._header = header
        self._lock = lock
        self._base: Path = place.log.directory / "runs" / self.id.replace("/", "~")
        self._leaves: list[bytes] = []
        self._written = self._synced = 0
        self._packed: set[str] = set()
        self._appending = threading.Lock()
        self._syncing = threading.Lock()
        self._open = True
        self._journal = os.open(
            self._path("records"), os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644
        )

    @classmethod
    def create(cls, place: Place, header: Json, current: Callable[[], Place] | None = None) -> Run:
        """Write the run's beginning, locked before it can be seen.

        `current` says where and with what it is to be closed, if that may be another place by then.
        """
        base = place.log.directory / "runs" / header["run"].replace("/", "~")
        path = base.with_name(f"{base.name}.json")
        draft = base.with_name(f".{base.name}.begin")
        lock = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        if not try_lock(lock) or path.exists():
            os.close(lock)
            raise UsageError(
                f"run {header['run']} is under way", remedy="give each run an id of its own"
            )
        try:
            os.ftruncate(lock, 0)
            place.disk.append(lock, canonical(header))
            for pack in _packs_of(base):
                place.disk.remove(pack)
            for leftover in ("records", "envelope"):
                place.disk.remove(base.with_name(f"{base.name}.{leftover}"))
            place.disk.publish(draft, path, lock)
            return cls(place, header, lock, current=current)
        except BaseException:
            draft.unlink(missing_ok=True)
            os.close(lock)
            raise

    @classmethod
    def adopt(cls, place: Place, path: Path) -> Run | None:
        """Take over a run whose process is gone; None where it lives or was closed meanwhile."""
        try:
            lock = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        if not try_lock(lock) or not path.exists():
            os.close(lock)
            return None
        part = f"runs/{path.name}"
        header = read_canonical(path.read_bytes(), part, limit=_HEADER_LIMIT)
        check_header(header, part)
        run = cls(place, header, lock, adopted=True)
        run._reload()
        return run

    def adopt_pack(self, draft: Path) -> None:
        """Take over a pack that is durable; `PackedRecord`s may name its objects from now on.

        Raises MalformedError for a pack that cannot be read.
        """
        with storing(draft):
            pack = Pack(draft)
            number = len(self._packs())
            self._place.disk.link(draft, self._path(f"{number}.pack"))
            self._place.disk.remove(draft)
        self._packed.update(pack.objects)

    def _packs(self) -> list[Path]:
        return _packs_of(self._base)

    def record(self, record: Record) -> str:
        """Add one record, durably; returns its digest."""
        return self.record_many((record,))[0]

    def record_many(self, new: Iterable[Record]) -> list[str]:
        """Add records in order; durable when this returns their digests. Callable from threads.

        Raises NotCanonicalError or UsageError for a record that cannot be kept, StorageError for a
        disk that takes none; nothing is added then.
        """
        todo = list(new)
        with storing(self._path("records")):
            lines = [self._line(record) for record in todo]
            with self._appending:
                if not self._open:
                    raise UsageError(
                        f"run {self.id} is closed", remedy="record before closing the run"
                    )
                self._append(b"".join(lines))
                self._leaves += [merkle.leaf_hash(record.data) for record in todo]
                self._written += 1
                mine = self._written
            self._sync(mine)
        return [record.digest for record in todo]

    def _append(self, lines: bytes) -> None:
        """Add to the journal all of it or nothing: what is signed next is what is in there."""
        before = os.fstat(self._journal).st_size
        try:
            self._place.disk.append(self._journal, lines)
        except BaseException:
            os.ftruncate(self._journal, before)
            raise

    def close(self, *, outcome: str, summary: str) -> Entry:
        """Sign one statement over every record and append it to the log.

        When this returns, the run is proven. `outcome` is one word, `summary` one line. Where
        it raises (a full disk, a log that is locked), `EvidenceWriter.recover` finishes the run.
        """
        if not shape.TOKEN.fullmatch(outcome):
            raise UsageError(f"{outcome!r} is no outcome", remedy="use one word, such as done")
        with self._appending:
            if not self._open:
                raise UsageError(f"run {self.id} is closed", remedy="close a run once")
            self._open = False
        try:
            with storing(self._place.directory):
                self._sync(self._written)
                self.move(self._current())
                said = self._statement(outcome, summary)
                envelope = Envelope.sign(said.payload(), self._place.signer)
                self._place.disk.write(self._path("envelope"), envelope.data)
                return self._settle(envelope, said)
        finally:
            self.leave()

    def finish_interrupted(self) -> Entry:
        """Close a run that was taken over: as its process signed it, else as interrupted."""
        if signed := self._signed():
            self._open = False
            try:
                return self._settle(*signed)
            finally:
                self.leave()
        return self.close(outcome=INTERRUPTED, summary=f"interrupted: {self._header['summary']}")

    def is_in_log(self) -> bool:
        """Whether its statement was appended, and only what follows that was not done."""
        signed = self._signed()
        return signed is not None and self._place.log.find(_entry(*signed)) is not None

    def move(self, place: Place) -> None:
        """Go on in another log, as when the keys of this one sign no more; a signature is left.

        Killed on the way, it is left open in one of the two.
        """
        left, packs = self._base, self._packs()
        there, disk = place.log.directory / "runs", place.disk
        self._place, self._current = place, lambda: place
        if there == left.parent:
            return
        begun, records, signed = (self._path(end) for end in ("json", "records", "envelope"))
        for path in (records, *packs):
            disk.link(path, there / path.name)
        self._base = there / left.name
        disk.publish(begun, self._path("json"), self._lock)
        for path in (records, signed, *packs):
            disk.remove(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._open:
            why = f"{kind.__name__}: {error}" if kind else "left without an outcome"
            summary = f"{INTERRUPTED}: {self._header['summary']} ({why})"
            self.close(outcome=INTERRUPTED, summary=summary)

    def _line(self, record: Record) -> bytes:
        if isinstance(record, PackedRecord):
            if record.packed not in self._packed:
                raise UsageError(
                    f"no pack of run {self.id} holds {record.packed}",
                    remedy="let the run adopt the pack before recording what is in it",
                )
            records.check(record.to_json(), "record")
            return objects.named_line(record)
        if len(record.payload_bytes) > PAYLOAD_LIMIT:
            raise UsageError(
                f"a payload of {len(record.payload_bytes)} bytes is too large",
                remedy=f"record the digest of what is larger than {PAYLOAD_LIMIT} bytes",
            )
        records.check(record.to_json(), "record")
        line, inline = objects.record_line(record)
        if not inline:
            path = objects.object_path(self._place.directory, record.payload_digest)
            if not path.exists():
                self._place.disk.write(path, record.payload_bytes)
        return line

    def _sync(self, mine: int) -> None:
        """Return once append number `mine` is durable; one fsync serves all that wait."""
        with self._syncing:
            if self._synced < mine:
                written = self._written
                self._place.disk.sync(self._journal)
                self._synced = written

    def _statement(self, outcome: str, summary: str) -> Statement:
        header = self._header
        said = Statement(
            kind=header["kind"],
            origin=self._place.log.origin,
            run=self.id,
            summary=shape.one_line(summary) or header["summary"],
            outcome=outcome,
            started=header["startedAt"],
            finished=max(header["startedAt"], shape.stamp(self._place.clock())),
            count=len(self._leaves),
            root=merkle.root(self._leaves).hex(),
            subjects=tuple(Subject.from_json(s, "run.subject") for s in header["subject"]),
        )
        Statement.read(said.payload(), "statement")
        return said

    def _settle(self, envelope: Envelope, said: Statement) -> Entry:
        """Give everything its lasting name, append the entry, forget the run. Idempotent."""
        root, disk, log = self._place.directory, self._place.disk, self._place.log
        for number, pack in enumerate(self._packs()):
            disk.link(pack, objects.packs_path(root, said.root, number))
        disk.link(self._path("records"), objects.records_path(root, said.root))
        disk.link(self._path("envelope"), objects.object_path(root, envelope.digest))
        entry = _entry(envelope, said)
        index = log.find(entry) if self._adopted else None
        if index is None:
            index = log.append([entry])
        disk.remove(self._path("json"))  # first: without it the other two are of no account
        disk.remove(self._path("envelope"))
        disk.remove(self._path("records"))
        for pack in self._packs():
            disk.remove(pack)
        return Entry(log.origin, index, envelope.digest, said.run, said.outcome, said.count)

    def _signed(self) -> tuple[Envelope, Statement] | None:
        """Return the statement that its process signed; None where it did not come to that."""
        if not self._path("envelope").exists():
            return None
        data = self._path("envelope").read_bytes()
        envelope = Envelope.read(data, f"runs/{self.id}.envelope")
        return envelope, Statement.read(envelope.payload, f"runs/{self.id}")

    def _reload(self) -> None:
        """Take over what was recorded; an unfinished last line was never acknowledged."""
        data = self._path("records").read_bytes()
        whole = data.rfind(b"\n") + 1
        if whole < len(data):
            os.ftruncate(self._journal, whole)
            self._place.disk.sync(self._journal)
        stored = objects.stored_records(data[:whole], f"runs/{self.id}.records")
        self._leaves = [merkle.leaf_hash(record.data) for record in stored]

    def _path(self, ending: str) -> Path:
        return self._base.with_name(f"{self._base.name}.{ending}")

    def leave(self) -> None:
        """Leave it open, for another to adopt."""
        os.close(self._journal)
        os.close(self._lock)


def _entry(envelope: Envelope, said: Statement) -> bytes:
    return canonical(statement.entry_of(envelope, said))


def _packs_of(base: Path) -> list[Path]:
    """Return the packs of one run, and none of a run whose name only begins like its own."""
    mine = re.compile(re.escape(base.name) + r"\.[0-9]+\.pack")
    return sorted(path for path in base.parent.glob("*.pack") if mine.fullmatch(path.name))


def check_header(header: Json, part: str) -> None:
    """Check what a run's beginning says; raises MalformedError."""
    names = ("kind", "run", "startedAt", "subject", "summary")
    read = shape.fields(header, part, names)
    shape.text(read["kind"], f"{part}.kind", shape.TOKEN)
    shape.text(read["run"], f"{part}.run", shape.TOKEN)
    shape.moment(read["startedAt"], f"{part}.startedAt")
    shape.line(read["summary"], f"{part}.summary")
    for i, subject in enumerate(shape.items(read["subject"], f"{part}.subject", SUBJECTS)):
        Subject.from_json(subject, f"{part}.subject[{i}]")
