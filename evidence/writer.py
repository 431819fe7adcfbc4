"""Writes evidence: one writer per log origin, runs of records closed by signed statements.

Decides which key may sign which kind of run and how many finished runs are written at once. How
a single run becomes durable is `evidence.run`'s to say.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from evidence import objects, shape
from evidence.canonical import canonical
from evidence.crypto import PublicKey
from evidence.disk import Disk, storing
from evidence.dsse import Envelope
from evidence.errors import UsageError
from evidence.log import Log, directory_name
from evidence.packs import PackWriter
from evidence.records import Record, records_root
from evidence.run import Entry, Place, Run, check_header
from evidence.signers.base import Signer
from evidence.statement import PURPOSE_OF_KIND, Statement, Subject, entry_of

_DRAFT_SECONDS = 24 * 3600


@dataclass(frozen=True)
class FinishedRun:
    """A run that is over before it is written: an approval, a decision made elsewhere."""

    kind: str
    subjects: tuple[Subject, ...]
    summary: str
    outcome: str
    records: tuple[Record, ...] = ()


class EvidenceWriter:
    """Writes the runs of one log origin. Several processes and threads may write to one."""

    def __init__(self, place: Place, former: Sequence[Log] = ()) -> None:
        self._place = place
        self._former = former
        self._current: Callable[[], EvidenceWriter] = lambda: self

    @classmethod
    def open(
        cls,
        directory: Path,
        signer: Signer,
        *,
        log_signer: Signer,
        origin: str,
        clock: Callable[[], datetime],
        former_log_keys: Sequence[PublicKey] = (),
        former_origins: Sequence[str] = (),
        disk: Disk | None = None,
    ) -> EvidenceWriter:
        """Open the evidence directory for one origin, making it where it is not there yet.

        `signer` signs statements, `log_signer` (Ed25519, purpose `log`) checkpoints;
        `former_log_keys` are those it was rotated from. `former_origins` are this writer's own from
        before its keys were rotated. Raises UsageError for keys of the wrong purpose, LogStateError
        where the log contradicts its checkpoint and StorageError where nothing can be written
        there. Runs that a killed process left are closed by `recover()`.
        """
        if signer.purpose == "log" or signer.keyid == log_signer.keyid:
            raise UsageError(
                f"key {signer.name} signs the log, so it cannot sign statements",
                remedy="use a key of its own for each purpose",
            )
        disk = disk or Disk()
        place = directory / "logs" / directory_name(origin)
        log = Log(place, origin, log_signer, disk, former=former_log_keys)
        with storing(directory):
            disk.make(log.directory / "runs")
            objects.keep_key(directory, signer, disk)
            objects.keep_key(directory, log_signer, disk)
            log.append([])
        logs = directory / "logs"
        former = [Log(logs / directory_name(f), f, log_signer, disk) for f in former_origins]
        return cls(Place(directory, signer, log, clock, disk), former)

    def succeeded_by(self, current: Callable[[], EvidenceWriter]) -> None:
        """Have what is begun here closed by the writer that `current` returns then.

        For a process that runs for long: its keys may be rotated while a run is under way.
        """
        self._current = current

    @property
    def signer(self) -> Signer:
        """What signs its statements."""
        return self._place.signer

    @property
    def origin(self) -> str:
        """The log this writer appends to."""
        return self._place.log.origin

    def begin(
        self,
        *,
        kind: str,
        subjects: Sequence[Subject],
        summary: str,
        run_id: str | None = None,
    ) -> Run:
        """Begin a run; that it began is durable when this returns.

        `run_id` names it (random where None). Raises UsageError for a kind this writer's key
        must not sign, or a run that is under way already.
        """
        self._check_purpose(kind)
        header = {
            "kind": kind,
            "run": run_id or os.urandom(10).hex(),
            "startedAt": shape.stamp(self._place.clock()),
            "subject": [subject.to_json() for subject in subjects],
            "summary": shape.one_line(summary) or kind,
        }
        check_header(header, "run")
        with storing(self._place.directory):
            return Run.create(self._place, header, self._closing)

    def new_pack(self) -> PackWriter:
        """Begin a pack for a run of this log, which adopts it once it is closed."""
        name = f".{os.urandom(10).hex()}.pack"
        return PackWriter(self._place.log.directory / "runs" / name, self._place.disk)

    def recover(self) -> list[Entry]:
        """Close what processes that no longer live left open, and return their entries.

        A run whose statement was signed is appended as it is; any other is closed with what it
        had recorded and the outcome `interrupted`. Runs of living processes are left alone. What is
        open in a log of former keys is closed here: they sign no more.
        """
        entries: list[Entry] = []
        with storing(self._place.directory):
            self._forget_drafts()
            for log in self._former:
                entries += self._take_over(log)
            for path in sorted((self._place.log.directory / "runs").glob("*.json")):
                run = Run.adopt(self._place, path)
                if run is not None:
                    entries.append(run.finish_interrupted())
        return entries

    def _take_over(self, log: Log) -> Iterator[Entry]:
        """Close what was left open in another log; what was appended there is not closed twice."""
        for path in sorted((log.directory / "runs").glob("*.json")):
            run = Run.adopt(replace(self._place, log=log), path)
            if run is not None:
                try:
                    if not run.is_in_log():
                        run.move(self._place)
                except BaseException:
                    run.leave()
                    raise
                yield run.finish_interrupted()

    def _closing(self) -> Place:
        """Return where and with what a run that is over is closed."""
        return self._current()._place

    def _forget_drafts(self) -> None:
        """Remove packs that no run adopted within a day."""
        before = self._place.clock().timestamp() - _DRAFT_SECONDS
        for path in (self._place.log.directory / "runs").glob(".*.pack"):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < before:
                    self._place.disk.remove(path)

    def append(self, finished: Sequence[FinishedRun]) -> list[Entry]:
        """Write runs that are over already, all under one checkpoint; durable on return.

        Killed on the way, none of them is in the log.
        """
        files: dict[Path, bytes] = {}
        said = [self._said(run) for run in finished]
        envelopes = [Envelope.sign(s.payload(), self._place.signer) for s in said]
        for run, one, envelope in zip(finished, said, envelopes, strict=True):
            files |= self._files(run, one)
            files[objects.object_path(self._place.directory, envelope.digest)] = envelope.data
        entries = [canonical(entry_of(e, s)) for e, s in zip(envelopes, said, strict=True)]
        with storing(self._place.directory):
            self._place.disk.write_all((p, data) for p, data in files.items() if not p.exists())
            first = self._place.log.append(entries)
        return [
            Entry(self.origin, first + i, envelope.digest, one.run, one.outcome, one.count)
            for i, (envelope, one) in enumerate(zip(envelopes, said, strict=True))
        ]

    def _said(self, run: FinishedRun) -> Statement:
        self._check_purpose(run.kind)
        now = shape.stamp(self._place.clock())
        said = Statement(
            kind=run.kind,
            origin=self.origin,
            run=os.urandom(10).hex(),
            summary=shape.one_line(run.summary) or run.kind,
            outcome=run.outcome,
            started=now,
            finished=now,
            count=len(run.records),
            root=records_root(record.data for record in run.records),
            subjects=run.subjects,
        )
        Statement.read(said.payload(), "statement")
        return said

    def _files(self, run: FinishedRun, said: Statement) -> dict[Path, bytes]:
        """Return the files that hold the run's records and large payloads."""
        root = self._place.directory
        files: dict[Path, bytes] = {}
        lines = []
        for record in run.records:
            line, inline = objects.record_line(record)
            lines.append(line)
            if not inline:
                path = objects.object_path(root, record.payload_digest)
                files[path] = record.payload_bytes
        files[objects.records_path(root, said.root)] = b"".join(lines)
        return files

    def _check_purpose(self, kind: str) -> None:
        signer = self._place.signer
        needed = PURPOSE_OF_KIND.get(kind, signer.purpose)
        if needed != signer.purpose:
            raise UsageError(
                f"a run of kind {kind} is signed for {needed}; key {signer.name} is for "
                f"{signer.purpose}",
                remedy=f"open the writer with a key of purpose {needed}",
            )
