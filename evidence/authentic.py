"""The records of a run as the very bytes that were signed for, payloads unread.

A payload is named by the digest of its bytes and the record that names it is a leaf of the signed
tree, so whoever has compared both may use the bytes as they are: nothing need be parsed to be
believed. Whether the statement's signature counts is left to `evidence.judge`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from evidence import objects, records
from evidence.canonical import digest_bytes
from evidence.errors import MalformedError
from evidence.store import StoredRun

_PAYLOAD, _RECORD = b'{"payload":', b',"record":'
_ALONE = b'{"record":'


@dataclass(frozen=True)
class Leaf:
    """One record: what it says of its payload, and the payload where it lies beside it."""

    kind: str
    subject: str
    payload: str  # digest
    inline: bytes | None


def leaves(run: StoredRun) -> list[Leaf]:
    """Return the records of a run, which are known to be those that were signed.

    Raises MalformedError where they are missing, malformed or others.
    """
    path = objects.records_path(run.directory, run.statement.root)
    part = f"{run.part}: records"
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise MalformedError(part, "are missing") from error
    if lines.pop():
        raise MalformedError(part, "ends in the middle of a record")
    cut = [_cut(line, f"{part}: record {number}") for number, line in enumerate(lines)]
    if records.records_root(record for _, record in cut) != run.statement.root:
        raise MalformedError(part, "are not those that were signed")
    return [
        _leaf(inline, record, f"{part}: record {number}")
        for number, (inline, record) in enumerate(cut)
    ]


def payload_bytes(run: StoredRun, leaf: Leaf) -> bytes:
    """Return the bytes of a payload, which have the digest that was signed for.

    Raises MalformedError where they are missing or others.
    """
    if leaf.inline is None:
        return run.payload_bytes(leaf.payload)
    if digest_bytes(leaf.inline) != leaf.payload:
        raise MalformedError(f"{run.part}: payload", "is not what the record names")
    return leaf.inline


def _cut(line: bytes, part: str) -> tuple[bytes | None, bytes]:
    """Return the payload's bytes and the record's of one line, as `objects.record_line` joins them.

    Quotation marks inside of texts are escaped, so that the last mark is the one between the two;
    where it were not, the digests would not fit.
    """
    if len(line) <= objects.LINE_LIMIT and line.endswith(b"}"):
        if line.startswith(_ALONE):
            return None, line[len(_ALONE) : -1]
        at = line.rfind(_RECORD)
        if line.startswith(_PAYLOAD) and at > 0:
            return line[len(_PAYLOAD) : at], line[at + len(_RECORD) : -1]
    raise MalformedError(part, "is no line of records")


def _leaf(inline: bytes | None, record: bytes, part: str) -> Leaf:
    try:
        value = json.loads(record)
    except (ValueError, RecursionError) as error:
        raise MalformedError(part, "is no JSON") from error
    named = records.check(value, part)
    return Leaf(value["kind"], value["subject"], named, inline)
