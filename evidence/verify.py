"""Whether a bundle holds true, offline, from its bytes and a trust set alone.

Never raises for what is in the bundle: whatever does not hold becomes a finding that names the
part. Every byte counts, for the document must be the canonical form of its value, and every
field is either signed, or follows from what is signed, or is compared with the trust set.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise

from evidence import merkle, note, records, shape
from evidence.bundle import COMMIT, FORMAT, belongs, trees_of
from evidence.canonical import Json, canonical, digest_bytes, read_canonical
from evidence.dsse import Envelope
from evidence.errors import MalformedError
from evidence.judge import BUNDLED_ONLY, Judge
from evidence.note import Checkpoint
from evidence.objects import KnownKey
from evidence.report import ALWAYS_UNPROVEN, Finding, Report
from evidence.sigstore import sigstore_bundle
from evidence.statement import PURPOSE_OF_KIND, Statement, entry_of
from evidence.trust import TrustSet

LIMIT = 512 << 20  # bytes of a bundle
STATEMENTS = 100_000
RECORDS = 1_000_000  # of one statement
KEYS = 1_000
PROOF = 64  # hashes of one proof

_FIELDS = ("commit", "format", "keys", "logs", "payloads", "statements")
_Verify = Callable[[Json, str], None]
_STATEMENT = ("entry", "envelope", "inclusion", "index", "origin", "records", "sigstore")


def verify_bundle(
    data: bytes, trust: TrustSet | None, now: datetime, *, trust_bundled_keys: bool = False
) -> Report:
    """Return what `data` proves, at the moment `now`, to somebody who trusts `trust`.

    Without a trust set nothing is verified, unless `trust_bundled_keys` accepts the keys that
    came with the bundle. Raises nothing for malformed or altered bundles.
    """
    findings: list[Finding] = []
    try:
        value, commit = _outer(data)
    except MalformedError as error:
        found = (Finding(error.part, error.reason),)
        return Report("not a bundle of this format", found, (), ALWAYS_UNPROVEN)
    keys = _keys(value["keys"], findings)
    work = _Work(commit, Judge(keys, trust, now), findings)
    if trust is None and not trust_bundled_keys:
        work.find("keys", BUNDLED_ONLY)
    work.run(value)
    what = f"the evidence of commit {commit}"
    return Report(what, tuple(findings), tuple(work.proven), tuple(_not_proven(work)))


@dataclass(frozen=True)
class _Log:
    """A log as the bundle shows it, its checkpoints verified."""

    part: str
    keys: list[str]  # of the checkpoints, in their order
    checkpoints: list[Checkpoint]
    covered: set[int] = field(default_factory=set)  # those first to cover one of the statements


@dataclass
class _Work:
    """One verification under way."""

    commit: str
    judge: Judge
    findings: list[Finding]
    proven: list[str] = field(default_factory=list)
    logs: dict[str, _Log] = field(default_factory=dict)
    said: list[tuple[str, Statement]] = field(default_factory=list)
    used_keys: set[str] = field(default_factory=set)
    used_payloads: set[str] = field(default_factory=set)
    last: tuple[str, int] = ("", -1)
    times: dict[str, dict[int, str]] = field(default_factory=dict)  # origin → index → finished

    def find(self, part: str, message: str) -> None:
        """Add a finding."""
        self.findings.append(Finding(part, message))

    def run(self, value: Mapping[str, Json]) -> None:
        """Verify everything, going on after each finding where that makes sense."""
        self.findings += self.judge.bundled_keys(
            {keyid: f"keys[{i}]" for i, keyid in enumerate(self.judge.bundled)}
        )
        self._each(value["logs"], "logs", KEYS, self._log)
        payloads = self._payloads(value["payloads"])
        self._each(
            value["statements"],
            "statements",
            STATEMENTS,
            lambda one, part: self._statement(one, part, payloads),
        )
        self._whole(payloads)

    def _each(self, value: Json, part: str, limit: int, verify: _Verify) -> None:
        try:
            found = shape.items(value, part, limit)
        except MalformedError as error:
            self.find(error.part, error.reason)
            return
        for i, one in enumerate(found):
            try:
                verify(one, f"{part}[{i}]")
            except MalformedError as error:
                self.find(error.part, error.reason)

    def _log(self, value: Json, part: str) -> None:
        read = shape.fields(value, part, ("checkpoints", "consistency", "origin"))
        origin = shape.text(read["origin"], f"{part}.origin", shape.ORIGIN)
        if self.logs and origin <= max(self.logs):
            raise MalformedError(f"{part}.origin", "logs must be in the order of their origins")
        listed = shape.items(read["checkpoints"], f"{part}.checkpoints", STATEMENTS)
        if not listed:
            raise MalformedError(f"{part}.checkpoints", "must hold at least one")
        pairs = [
            self._checkpoint(one, f"{part}.checkpoints[{i}]", origin)
            for i, one in enumerate(listed)
        ]
        heads = [head for _, head in pairs]
        self._consistency(read["consistency"], heads, part)
        self.logs[origin] = _Log(part, [keyid for keyid, _ in pairs], heads)

    def _checkpoint(self, value: Json, part: str, origin: str) -> tuple[str, Checkpoint]:
        """Return a checkpoint whose signature holds, and the id of the key that made it."""
        read = shape.fields(value, part, ("key", "note"))
        keyid = shape.text(read["key"], f"{part}.key")
        key = self.judge.bundled.get(keyid)
        if key is None:
            raise MalformedError(f"{part}.key", "is not among the bundle's keys")
        self.used_keys.add(keyid)
        signed = note.read(shape.text(read["note"], f"{part}.note").encode(), f"{part}.note")
        if signed.checkpoint.origin != origin:
            raise MalformedError(f"{part}.note.origin", f"is not {origin}")
        if not signed.verified_by(key.public_key):
            raise MalformedError(f"{part}.note.signature", f"is not that of key {key.name}")
        return keyid, signed.checkpoint

    def _consistency(self, value: Json, heads: list[Checkpoint], part: str) -> None:
        proofs = shape.items(value, f"{part}.consistency", len(heads))
        if len(proofs) != len(heads) - 1:
            raise MalformedError(f"{part}.consistency", "must tie each checkpoint to the next")
        for i, ((old, new), proof) in enumerate(zip(pairwise(heads), proofs, strict=True)):
            place = f"{part}.consistency[{i}]"
            if old.size >= new.size:
                raise MalformedError(f"{part}.checkpoints[{i + 1}].note.size", "must grow")
            hashes = _hashes(proof, place)
            if not merkle.consistent(old.size, old.root, new.size, new.root, hashes):
                self.find(place, f"does not show that size {new.size} extends size {old.size}")

    def _payloads(self, value: Json) -> dict[str, Json]:
        """Return the payloads, each compared with the digest that names it."""
        if not isinstance(value, dict):
            self.find("payloads", "must be an object")
            return {}
        for name, payload in value.items():
            if digest_bytes(canonical(payload)) != name:
                self.find(f"payloads.{name}"[:100], "has other content than its name says")
        return value

    def _statement(self, value: Json, part: str, payloads: Mapping[str, Json]) -> None:
        read = shape.fields(value, part, _STATEMENT)
        envelope = Envelope.from_json(read["envelope"], f"{part}.envelope")
        said = Statement.read(envelope.payload, f"{part}.envelope.payload")
        before = len(self.findings)
        if envelope.keyid not in self.judge.bundled:
            place = f"{part}.envelope.signatures[0].keyid"
            self.find(place, f"{envelope.keyid} is not among the bundle's keys")
        self.used_keys.add(envelope.keyid)
        self.findings += self.judge.statement(envelope, said, f"{part}.envelope")
        if read["sigstore"] != sigstore_bundle(envelope):
            self.find(f"{part}.sigstore", "is not the Sigstore form of the envelope")
        self._logged(read, part, envelope, said)
        self._records(read["records"], f"{part}.records", said, payloads)
        self.said.append((part, said))
        if len(self.findings) == before:
            self.proven.append(self._words(read["index"], envelope, said))

    def _logged(
        self, read: Mapping[str, Json], part: str, envelope: Envelope, said: Statement
    ) -> None:
        """Verify that the log holds exactly this envelope at exactly this index."""
        origin = shape.text(read["origin"], f"{part}.origin", shape.ORIGIN)
        index = shape.number(read["index"], f"{part}.index")
        if origin != said.origin:
            self.find(f"{part}.origin", f"the statement was signed for log {said.origin}")
        if canonical(read["entry"]) != canonical(entry_of(envelope, said)):
            self.find(f"{part}.entry", "does not stand for the envelope")
        log = self.logs.get(origin)
        if log is None:
            self.find(f"{part}.origin", f"the bundle has no sound log {origin}")
            return
        head = log.checkpoints[-1]
        leaf = merkle.leaf_hash(canonical(read["entry"]))
        proof = _hashes(read["inclusion"], f"{part}.inclusion")
        if not merkle.included(leaf, index, head.size, proof, head.root):
            self.find(
                f"{part}.inclusion",
                f"does not lead from the entry at index {index} to the root of log {origin}",
            )
        if (origin, index) <= self.last:
            self.find(f"{part}.index", "statements must be in the order of their logs")
        self.last = (origin, index)
        self.times.setdefault(origin, {})[index] = said.finished
        log.covered.add(next((i for i, h in enumerate(log.checkpoints) if index < h.size), -1))

    def _records(
        self, value: Json, part: str, said: Statement, payloads: Mapping[str, Json]
    ) -> None:
        """Verify that these are the records that were signed, and that their payloads are here."""
        kept = shape.items(value, part, RECORDS)
        if len(kept) != said.count:
            self.find(part, f"holds {len(kept)} records, {said.count} were signed")
        for i, record in enumerate(kept):
            named = records.check(record, f"{part}[{i}]")
            if named not in payloads:
                self.find(f"{part}[{i}].payload", f"{named} is not in the bundle")
            self.used_payloads.add(named)
        if records.records_root(canonical(record) for record in kept) != said.root:
            self.find(part, "are not those signed: one was changed, dropped, added or moved")

    def _whole(self, payloads: Mapping[str, Json]) -> None:
        """Verify that nothing is in the bundle that no statement calls for."""
        if not self.said:
            self.find("statements", "no sound statement is in the bundle")
        self._belonging()
        for i, keyid in enumerate(self.judge.bundled):
            if keyid not in self.used_keys:
                self.find(f"keys[{i}]", "signed nothing in this bundle")
        for name in payloads:
            if name not in self.used_payloads:
                self.find(f"payloads.{name}"[:100], "belongs to no record")
        for origin, log in self.logs.items():
            times = self.times.get(origin, {})
            if not times:
                self.find(log.part, "no statement of the bundle is in this log")
            for i in sorted(set(range(len(log.checkpoints) - 1)) - log.covered):
                self.find(f"{log.part}.checkpoints[{i}]", "is there for a statement that is not")
            for i, (keyid, head) in enumerate(zip(log.keys, log.checkpoints, strict=True)):
                newest = max((t for n, t in times.items() if n < head.size), default="")
                place = f"{log.part}.checkpoints[{i}].key"
                self.findings += self.judge.log_key(keyid, newest, place)

    def _belonging(self) -> None:
        """Verify that every statement is about the commit, or about the same files."""
        if self.said and not any(said.names(self.commit) for _, said in self.said):
            self.find("commit", "no statement of the bundle names it")
        trees = trees_of((said for _, said in self.said), self.commit)
        for part, said in self.said:
            if not belongs(said, self.commit, trees):
                place = f"{part}.envelope.payload.subject"
                self.find(place, f"names neither commit {self.commit} nor a tree of it")

    def _words(self, index: int, envelope: Envelope, said: Statement) -> str:
        key = self.judge.key(envelope.keyid)
        by = key.words() if key else envelope.keyid
        same = "" if said.names(self.commit) else " (about another commit with the same files)"
        return (
            f"{said.kind} {said.outcome}: {said.summary}{same} - signed by {by} at {said.finished} "
            f"(its claim); all {said.count} records and their payloads are here, unchanged; "
            f"entry {index} of log {said.origin}"
        )


def _outer(data: bytes) -> tuple[dict[str, Json], str]:
    """Return the document and the commit it is about; raises MalformedError."""
    value = shape.fields(read_canonical(data, "bundle", limit=LIMIT), "bundle", _FIELDS)
    if value["format"] != FORMAT:
        raise MalformedError("format", f"must be {FORMAT}")
    return value, shape.text(value["commit"], "commit", COMMIT)


def _keys(value: Json, findings: list[Finding]) -> dict[str, KnownKey]:
    """Return the bundled keys in their order, adding a finding for each that is malformed."""
    found: dict[str, KnownKey] = {}
    try:
        listed = shape.items(value, "keys", KEYS)
    except MalformedError as error:
        findings.append(Finding(error.part, error.reason))
        return {}
    for i, one in enumerate(listed):
        try:
            key = KnownKey.from_json(one, f"keys[{i}]")
        except MalformedError as error:
            findings.append(Finding(error.part, error.reason))
            continue
        if found and key.public_key.keyid <= max(found):
            findings.append(Finding(f"keys[{i}].keyid", "keys must be in the order of their ids"))
        found[key.public_key.keyid] = key
    return found


def _hashes(value: Json, part: str) -> list[bytes]:
    found = shape.items(value, part, PROOF)
    return [
        bytes.fromhex(shape.text(one, f"{part}[{i}]", shape.HASH)) for i, one in enumerate(found)
    ]


def _not_proven(work: _Work) -> Iterator[str]:
    """Yield, in plain words, what somebody might take for proven and is not."""
    yield from ALWAYS_UNPROVEN
    if work.judge.trust is None:
        yield (
            "whose keys these are: their names and purposes are the bundle's own claim, and "
            "nothing says whether they had expired or were revoked"
        )
    else:
        yield "that no key was stolen before its revocation: a thief can date a signature back"
    for origin, log in work.logs.items():
        here = sum(said.origin == origin for _, said in work.said)
        yield (
            f"that nothing else in log {origin} is about this commit: {here} of its "
            f"{log.checkpoints[-1].size} entries are here (verify --log reads them all)"
        )
    if trees_of((said for _, said in work.said), work.commit):
        yield (
            "that the commit has the tree that statements name: their signers say so; "
            f"`git rev-parse {work.commit[:12]}^{{tree}}` shows it"
        )
    for part, said in work.said:
        if said.outcome == "interrupted":
            yield f"what run {said.run} did after its last record: it was interrupted ({part})"
        if said.kind not in PURPOSE_OF_KIND:
            yield f"that the key of run {said.run} was meant for runs of kind {said.kind}"
