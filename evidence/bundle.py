"""The bundle of one commit: everything about it in one canonical JSON document.

Decides what a bundle holds and collects it from evidence directories. Whether it holds true is
left to `evidence.verify`, which trusts nothing this module wrote.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path

from evidence import merkle, note, objects
from evidence.canonical import Json, canonical
from evidence.errors import EvidenceError, MalformedError, UsageError
from evidence.log import LogReader
from evidence.sigstore import sigstore_bundle
from evidence.statement import Statement
from evidence.store import StoredRun, readers, runs_of

FORMAT = "https://controlplane.dev/evidence/bundle/v1"
COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


class NothingRecordedError(EvidenceError):
    """No statement names the commit."""


def export(directories: Sequence[Path], commit: str) -> bytes:
    """Return the bundle of `commit` (a whole hexadecimal id) from evidence directories.

    It holds the statements that name the commit, and those that name the tree of its files, which
    a merge gives another commit: the decision about a pull request belongs to the merge.

    Raises NothingRecordedError where no statement names it, UsageError for a malformed id, and
    MalformedError where what lies in a directory cannot be read.
    """
    if not COMMIT.fullmatch(commit):
        raise UsageError(f"{commit!r} is no commit id", remedy="give all 40 hexadecimal digits")
    logs = readers(directories)
    every = {origin: list(runs_of(directory, log)) for origin, (directory, log) in logs.items()}
    said = [run.statement for runs in every.values() for run in runs]
    trees = trees_of(said, commit)
    found = {
        origin: [run for run in runs if belongs(run.statement, commit, trees)]
        for origin, runs in every.items()
    }
    found = {origin: runs for origin, runs in found.items() if runs}
    if not any(statement.names(commit) for statement in said):
        raise NothingRecordedError(
            f"no evidence names commit {commit}",
            remedy="run `cpctl evidence list` to see what was recorded, or name another --dir",
        )
    return _document(commit, logs, found)


def trees_of(said: Iterable[Statement], commit: str) -> frozenset[str]:
    """Return the trees that statements about the commit say it has."""
    return frozenset(tree for statement in said for tree in statement.trees(commit))


def belongs(said: Statement, commit: str, trees: frozenset[str]) -> bool:
    """Whether a statement is about the commit, or about another one with the same files."""
    return said.names(commit) or bool(said.trees() & trees)


def _document(
    commit: str,
    logs: dict[str, tuple[Path, LogReader]],
    found: dict[str, list[StoredRun]],
) -> bytes:
    payloads: dict[str, Json] = {}
    statements, described, keys = [], [], {}
    for origin, runs in found.items():
        directory, log = logs[origin]
        known = objects.kept_keys(directory)
        size, said = _log(log, runs, known)
        described.append(said)
        subtree = log.subtrees(size)
        statements += [_statement(run, subtree, size, payloads) for run in runs]
        signing = {checkpoint["key"] for checkpoint in said["checkpoints"]}
        for keyid in signing | {run.envelope.keyid for run in runs}:
            if keyid not in known:
                raise MalformedError(f"keys/{keyid}.json", "is missing")
            keys[keyid] = known[keyid].to_json()
    return canonical(
        {
            "commit": commit,
            "format": FORMAT,
            "keys": [keys[keyid] for keyid in sorted(keys)],
            "logs": described,
            "payloads": payloads,
            "statements": statements,
        }
    )


def _log(
    log: LogReader, runs: Iterable[StoredRun], known: dict[str, objects.KnownKey]
) -> tuple[int, dict[str, Json]]:
    """Return the size proofs lead to, and the log: checkpoints and what ties them together.

    Of all checkpoints those that first covered one of the runs, and the latest.
    """
    history = log.history()
    latest = max(history)
    sizes = {min(size for size in history if size > run.index) for run in runs} | {latest}
    ordered = sorted(sizes)
    return latest, {
        "checkpoints": [_checkpoint(log.origin, history[size], known) for size in ordered],
        "consistency": [
            [h.hex() for h in merkle.consistency_proof(log.subtrees(new), old, new)]
            for old, new in pairwise(ordered)
        ],
        "origin": log.origin,
    }


def _checkpoint(origin: str, data: bytes, known: dict[str, objects.KnownKey]) -> dict[str, Json]:
    """Return a checkpoint with the id of the key that signed it."""
    part = f"log {origin}: checkpoint"
    signed = note.read(data, part)
    for keyid, key in known.items():
        if signed.verified_by(key.public_key):
            return {"key": keyid, "note": data.decode("utf-8")}
    raise MalformedError(part, "is signed by no key in keys/")


def _statement(
    run: StoredRun, subtree: merkle.Subtree, size: int, payloads: dict[str, Json]
) -> dict[str, Json]:
    kept = run.records()
    for record in kept:
        payloads.setdefault(record.record["payload"], run.payload(record))
    proof = merkle.inclusion_proof(subtree, run.index, size)
    return {
        "entry": run.entry,
        "envelope": run.envelope.to_json(),
        "inclusion": [value.hex() for value in proof],
        "index": run.index,
        "origin": run.origin,
        "records": [record.record for record in kept],
        "sigstore": sigstore_bundle(run.envelope),
    }
