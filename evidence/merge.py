"""Bringing the logs of other writers together in one evidence directory.

Idempotent: what is already here is left alone, what is new is verified first, then copied in
the order that keeps every log sound if the process is killed on the way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from evidence import objects, packs, tiles
from evidence.audit import verify_directory
from evidence.canonical import canonical
from evidence.disk import Disk, locked
from evidence.errors import EvidenceError
from evidence.log import WAIT, LogReader, directory_name, logs
from evidence.store import runs_of
from evidence.trust import TrustSet


class NotVerifiedError(EvidenceError):
    """The evidence to be imported does not hold."""


class SplitViewError(EvidenceError):
    """Two copies of one log hold different entries at the same place."""


def import_logs(
    source: Path, target: Path, trust: TrustSet | None, now: datetime, disk: Disk
) -> Mapping[str, int]:
    """Copy what is new in the logs of `source` to `target`; returns origin → new entries.

    `trust` None accepts the keys that come with the source. Raises NotVerifiedError where the
    source does not hold, SplitViewError where its history differs from the one here. Nothing is
    copied then.
    """
    report = verify_directory(source, trust, now, trust_bundled_keys=trust is None)
    if report.findings:
        raise NotVerifiedError(
            f"{source}: {report.findings[0]}",
            remedy=f"run `cpctl evidence verify --log {source}` to see everything that is wrong",
        )
    pairs = [
        (log, LogReader(target / "logs" / directory_name(log.origin), log.origin))
        for log in logs(source)
    ]
    for theirs, ours in pairs:
        _same_history(theirs, ours)
    return {theirs.origin: _copy(source, theirs, target, ours, disk) for theirs, ours in pairs}


def _same_history(theirs: LogReader, ours: LogReader) -> None:
    """Compare what both copies of a log hold."""
    size = min(theirs.size, ours.size)
    if theirs.leaf_hashes(size) != ours.leaf_hashes(size):
        raise SplitViewError(
            f"log {theirs.origin} shows other entries there than here",
            remedy="keep both copies: its writer, or whoever holds its key, showed two histories",
        )


def _copy(source: Path, theirs: LogReader, target: Path, ours: LogReader, disk: Disk) -> int:
    """Copy what the entries name, then the tiles, then the checkpoints; returns new entries."""
    disk.make(ours.directory)
    with locked(ours.directory / "lock", f"log {ours.origin}", wait=WAIT):
        before, size = ours.size, theirs.size
        if size <= before:
            return 0
        files = {**_beside(source, theirs, target), **dict(_tiles(theirs, ours, before, size))}
        disk.write_all((p, data) for p, data in files.items() if not p.exists())
        history = {s: data for s, data in theirs.history().items() if s > before}
        kept = ours.directory / "checkpoints"
        disk.write_all((kept / str(s), data) for s, data in history.items())
        disk.write(ours.directory / "checkpoint", history[size])
        return size - before


def _beside(source: Path, theirs: LogReader, target: Path) -> dict[Path, bytes]:
    """Return the files beside the log that its runs need: keys, envelopes, records, payloads."""
    files = {
        target / "keys" / f"{keyid}.json": canonical(key.to_json())
        for keyid, key in objects.kept_keys(source).items()
    }
    for run in runs_of(source, theirs):
        files[objects.object_path(target, run.envelope.digest)] = run.envelope.data
        path = objects.records_path(source, run.statement.root)
        files[objects.records_path(target, run.statement.root)] = path.read_bytes()
        for number, pack in enumerate(run.packs()):
            files[objects.packs_path(target, run.statement.root, number)] = pack.read_bytes()
        for record in run.records():
            digest = record.record["payload"]
            if not record.inline and packs.find(run.packs(), digest) is None:
                data = objects.read_object(source, digest, run.part)
                files[objects.object_path(target, digest)] = data
    return files


def _tiles(
    theirs: LogReader, ours: LogReader, before: int, size: int
) -> Iterator[tuple[Path, bytes]]:
    """Yield the tiles and entry bundles that the larger tree has."""
    for level, index, width in tiles.new_tiles(before, size):
        path = ours.directory / tiles.tile_path(level, index, width)
        yield path, theirs.tile(level, index, width)
        if level == 0:
            first = index * tiles.WIDTH
            bundle = tiles.pack_entries(list(theirs.entries(first, first + width)))
            yield ours.directory / tiles.tile_path("entries", index, width), bundle
