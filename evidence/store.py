"""Reading evidence directories: which runs are in which log, with their records and payloads.

Trusts no file: what is read is checked against the digest that names it. Signatures are left to
`evidence.judge`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from evidence import objects, packs, shape
from evidence.canonical import Json, read_canonical
from evidence.disk import read
from evidence.dsse import Envelope
from evidence.errors import MalformedError, UsageError
from evidence.log import LogReader, logs
from evidence.statement import RUN_TYPE, Statement

_ENTRY = ("envelope", "time", "type")


@dataclass(frozen=True)
class StoredRun:
    """One entry of a log, with the statement it stands for."""

    directory: Path
    origin: str
    index: int
    entry: dict[str, Json]
    envelope: Envelope
    statement: Statement

    @property
    def part(self) -> str:
        """What the run is called in messages."""
        return f"log {self.origin}, entry {self.index}"

    def records(self) -> list[objects.StoredRecord]:
        """Return the records; raises MalformedError where they are missing or malformed."""
        path = objects.records_path(self.directory, self.statement.root)
        try:
            data = read(path, f"{self.part}: records", objects.RECORDS_LIMIT)
        except FileNotFoundError as error:
            raise MalformedError(f"{self.part}: records", "are missing") from error
        return list(objects.stored_records(data, f"{self.part}: records"))

    def payload(self, record: objects.StoredRecord) -> Json:
        """Return a record's payload; raises MalformedError."""
        if record.inline:
            return record.payload
        data = self.payload_bytes(record.record["payload"])
        return read_canonical(data, f"{self.part}: payload", limit=objects.OBJECT_LIMIT)

    def payload_bytes(self, digest: str) -> bytes:
        """Return the bytes of a payload that is not inline, which are known to have this digest.

        Raises MalformedError where they are missing or damaged.
        """
        if not objects.object_path(self.directory, digest).exists():
            found = packs.find(self.packs(), digest)
            if found is not None:
                return found
        return objects.read_object(self.directory, digest, f"{self.part}: payload")

    def packs(self) -> list[Path]:
        """Return the packs that hold payloads of this run."""
        return objects.packs_of(self.directory, self.statement.root)


def read_entry(data: bytes, part: str) -> dict[str, Json]:
    """Return a log entry; raises MalformedError."""
    entry = shape.fields(read_canonical(data, part, limit=0xFFFF), part, _ENTRY)
    shape.text(entry["envelope"], f"{part}.envelope", shape.SHA256)
    shape.moment(entry["time"], f"{part}.time")
    if entry["type"] != RUN_TYPE:
        raise MalformedError(f"{part}.type", f"must be {RUN_TYPE}")
    return entry


def runs_of(
    directory: Path, log: LogReader, start: int = 0, end: int | None = None
) -> Iterator[StoredRun]:
    """Yield the runs of one log in its order, those of entries from `start` up to `end` (its size).

    Raises MalformedError at the first that is bad.
    """
    for index, data in enumerate(log.entries(start, end), start):
        yield read_run(directory, log.origin, index, data)


def read_run(directory: Path, origin: str, index: int, data: bytes) -> StoredRun:
    """Return the run that the entry's bytes stand for; raises MalformedError."""
    part = f"log {origin}, entry {index}"
    entry = read_entry(data, part)
    envelope = Envelope.read(objects.read_object(directory, entry["envelope"], part), part)
    said = Statement.read(envelope.payload, f"{part}: statement")
    return StoredRun(directory, origin, index, entry, envelope, said)


def readers(directories: Iterable[Path]) -> dict[str, tuple[Path, LogReader]]:
    """Return origin → (evidence directory, reader); of one origin, the longest log.

    Raises UsageError where a directory holds no evidence at all.
    """
    found: dict[str, tuple[Path, LogReader]] = {}
    for directory in directories:
        if not (directory / "logs").is_dir():
            raise UsageError(
                f"{directory} holds no evidence",
                remedy="name the evidence directory with --dir, or run a gate or an apply first",
            )
        for log in logs(directory):
            if log.origin not in found or found[log.origin][1].size < log.size:
                found[log.origin] = (directory, log)
    return dict(sorted(found.items()))
