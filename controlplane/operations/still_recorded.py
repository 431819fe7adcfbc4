"""Whether a decision is still recorded: the evidence holds it whole, ours, and none newer.

What asks this was kept outside the evidence, and whoever can write there can put an old answer of
ours back. The log only grows, so a decision about the same revision that came later is found in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from evidence import merkle, store
from evidence.errors import EvidenceError
from evidence.judge import Judge
from evidence.log import LogReader
from evidence.records import records_root
from evidence.run import Entry
from evidence.signers.base import Signer
from evidence.statement import Subject
from evidence.store import StoredRun
from evidence.trust import TrustedKey, TrustSet

KIND = "gate"


def still_recorded(
    directory: Path, entry: Entry, subjects: Sequence[Subject], signer: Signer, now: datetime
) -> bool:
    """Whether `directory` holds the decision `entry` about `subjects`, as `signer` signs today.

    It must lie at its place below the log's checkpoint, with all its records, and no later entry
    may be about the same: what cannot be read stands for nothing.
    """
    try:
        _, log = store.readers([directory])[entry.origin]
        run = _included(directory, log, entry.index)
        return (
            (run.envelope.digest, run.statement.outcome) == (entry.envelope, entry.outcome)
            and _about(run, subjects)
            and _signed(run, signer, now)
            and records_root(each.data for each in run.records()) == run.statement.root
            and not _superseded(directory, log, entry.index, subjects)
        )
    except (EvidenceError, OSError, LookupError, ValueError):
        return False


def _included(directory: Path, log: LogReader, index: int) -> StoredRun:
    """Return the run at `index`; raises LookupError where the checkpoint does not cover it."""
    signed = log.checkpoint()
    data = next(log.entries(index, index + 1), None)
    if signed is None or data is None:
        raise LookupError(index)
    size, root = signed.checkpoint.size, signed.checkpoint.root
    proof = merkle.inclusion_proof(log.subtrees(size), index, size)
    if not merkle.included(merkle.leaf_hash(data), index, size, proof, root):
        raise LookupError(index)
    return store.read_run(directory, log.origin, index, data)


def _signed(run: StoredRun, signer: Signer, now: datetime) -> bool:
    """Whether the run was signed by the very key that would sign it now, for deciding."""
    key = TrustedKey(signer.name, signer.purpose, signer.public_key)
    return not any(
        Judge({}, TrustSet.of([key]), now).statement(run.envelope, run.statement, run.part)
    )


def _superseded(directory: Path, log: LogReader, index: int, subjects: Sequence[Subject]) -> bool:
    """Whether a later entry of the log is about the same, from whatever base: then that counts."""
    return any(_about(run, subjects) for run in store.runs_of(directory, log, index + 1))


def _about(run: StoredRun, subjects: Sequence[Subject]) -> bool:
    return run.statement.kind == KIND and run.statement.subjects == tuple(subjects)
