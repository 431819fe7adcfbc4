"""Whether everything in an evidence directory holds: every log, checkpoint, tile, run, record.

Reads all of it, so that what a bundle cannot show is shown here: that nothing was left out of a
log and that every checkpoint it ever published fits the entries. Never raises for what it finds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from evidence import merkle, note, objects, tiles
from evidence.canonical import canonical, digest_bytes
from evidence.errors import EvidenceError, MalformedError, UsageError
from evidence.judge import BUNDLED_ONLY, Judge
from evidence.log import LogReader
from evidence.records import records_root
from evidence.report import ALWAYS_UNPROVEN, Finding, Report
from evidence.statement import entry_of
from evidence.store import StoredRun, read_run, readers
from evidence.trust import TrustSet


def verify_directory(
    directory: Path, trust: TrustSet | None, now: datetime, *, trust_bundled_keys: bool = False
) -> Report:
    """Return what an evidence directory proves, at the moment `now`.

    Raises UsageError where there is no evidence directory; findings for anything else.
    """
    if not (directory / "logs").is_dir():
        raise UsageError(f"{directory} holds no evidence", remedy="name another with --log")
    what = f"the evidence in {directory}"
    findings: list[Finding] = []
    proven: list[str] = []
    try:
        judge = Judge(objects.kept_keys(directory), trust, now)
        logs = readers([directory])
    except (EvidenceError, OSError) as error:
        return Report(what, (_finding(error),), (), ALWAYS_UNPROVEN)
    if trust is None and not trust_bundled_keys:
        findings.append(Finding("keys", BUNDLED_ONLY))
    parts = {keyid: f"keys/{keyid}.json" for keyid in judge.bundled}
    findings += judge.bundled_keys(parts)
    for _, log in logs.values():
        audit = _LogAudit(directory, log, judge, findings)
        try:
            proven.append(audit.run())
        except (EvidenceError, OSError) as error:
            findings.append(_finding(error))
    return Report(what, tuple(findings), tuple(proven), tuple(_not_proven(directory)))


@dataclass
class _LogAudit:
    """The audit of one log."""

    directory: Path
    log: LogReader
    judge: Judge
    findings: list[Finding]
    times: list[str] = field(default_factory=list)

    def run(self) -> str:
        """Audit the log and return what it proves, in one line."""
        entries = list(self.log.entries())
        leaves = [merkle.leaf_hash(entry) for entry in entries]
        self._tiles(leaves)
        for index in range(0, len(entries), tiles.WIDTH):
            packed = [tiles.pack_entries([e]) for e in entries[index : index + tiles.WIDTH]]
            self._outgrown("entries", index // tiles.WIDTH, packed)
        count = sum(self._entry(index, data) for index, data in enumerate(entries))
        keyids = self._checkpoints(leaves)
        names = ", ".join(k.words() for keyid in keyids if (k := self.judge.key(keyid)))
        return (
            f"log {self.log.origin}: all {len(entries)} entries with {count} records are here, "
            f"signed and unchanged, and every checkpoint it kept fits them; checkpoints by {names}"
        )

    def _find(self, part: str, message: str) -> None:
        self.findings.append(Finding(part, message))

    def _tiles(self, leaves: list[bytes]) -> None:
        """Compare every tile with what follows from the entries."""
        level, hashes = 0, leaves
        while hashes:
            for index in range((len(hashes) + tiles.WIDTH - 1) // tiles.WIDTH):
                expected = hashes[index * tiles.WIDTH : (index + 1) * tiles.WIDTH]
                if self.log.tile(level, index, len(expected)) != b"".join(expected):
                    place = tiles.tile_path(level, index, len(expected))
                    self._find(f"log {self.log.origin}: {place}", "does not fit the entries")
                self._outgrown(level, index, expected)
            level, hashes = level + 1, [
                merkle.root(hashes[i : i + tiles.WIDTH])
                for i in range(0, len(hashes) - tiles.WIDTH + 1, tiles.WIDTH)
            ]  # fmt: skip

    def _outgrown(self, level: int | str, index: int, parts: list[bytes]) -> None:
        """Compare what earlier checkpoints were published with: whoever has one reads it still."""
        for width, data in self.log.outgrown(level, index, len(parts)).items():
            if data != b"".join(parts[:width]):
                place = tiles.tile_path(level, index, width)
                self._find(f"log {self.log.origin}: {place}", "does not fit the entries")

    def _checkpoints(self, leaves: list[bytes]) -> list[str]:
        """Compare every checkpoint with the entries and return the keys that signed them."""
        tree, done, keyids = merkle.Tree(), 0, dict[str, None]()
        current = self.log.checkpoint_bytes()
        for size, data in self.log.history().items():
            part = f"log {self.log.origin}: checkpoint of size {size}"
            signed = note.read(data, part)
            head = signed.checkpoint
            if (head.origin, head.size) != (self.log.origin, size):
                self._find(part, "is of another log or size")
            if size > len(leaves):
                self._find(part, f"covers entries that are gone: {len(leaves)} are here")
                continue
            for leaf in leaves[done:size]:
                tree.add(leaf)
            done = size
            if tree.root() != head.root:
                self._find(part, "does not fit the entries: the log was rewritten")
            if size == len(leaves) and data != current:
                self._find(part, "is not the published one")
            if keyid := self._signer(signed, part):
                keyids[keyid] = None
                newest = max(self.times[:size], default="")
                self.findings += self.judge.log_key(keyid, newest, part)
        return list(keyids)

    def _signer(self, signed: note.SignedCheckpoint, part: str) -> str:
        for keyid, key in self.judge.bundled.items():
            if signed.verified_by(key.public_key):
                return keyid
        self._find(part, "is signed by no key in keys/")
        return ""

    def _entry(self, index: int, data: bytes) -> int:
        """Audit one entry with its run and return how many records it holds."""
        self.times.append("")
        try:
            run = read_run(self.directory, self.log.origin, index, data)
            self.times[index] = run.statement.finished
            self.findings += self.judge.statement(run.envelope, run.statement, run.part)
            if canonical(entry_of(run.envelope, run.statement)) != data:
                self._find(run.part, "does not stand for its envelope")
            if run.statement.origin != self.log.origin:
                self._find(run.part, f"was signed for log {run.statement.origin}")
            return self._records(run)
        except MalformedError as error:
            self.findings.append(_finding(error))
            return 0

    def _records(self, run: StoredRun) -> int:
        kept = run.records()
        if len(kept) != run.statement.count or (
            records_root(record.data for record in kept) != run.statement.root
        ):
            self._find(f"{run.part}: records", "are not those that were signed")
        for record in kept:
            if digest_bytes(canonical(run.payload(record))) != record.record["payload"]:
                self._find(f"{run.part}: payload", "is not what the record names")
        return len(kept)


def _finding(error: EvidenceError | OSError) -> Finding:
    if isinstance(error, MalformedError):
        return Finding(error.part, error.reason)
    if isinstance(error, OSError):
        return Finding(str(error.filename), f"cannot be read: {error.strerror}")
    return Finding("log", str(error))


def _not_proven(directory: Path) -> Iterator[str]:
    yield from ALWAYS_UNPROVEN
    yield (
        "that no entry was cut off the end of a log together with its checkpoints, and no whole "
        "log taken away"
    )
    running = len(list(directory.glob("logs/*/runs/*.json")))
    if running:
        yield f"what {running} runs did that are not closed: they are under way or were killed"
