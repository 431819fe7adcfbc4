"""Keys, a clock and a writer for tests of evidence; keys are made when a test runs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from evidence.crypto import Algorithm, PrivateKey
from evidence.disk import Disk
from evidence.signers.base import Signer
from evidence.signers.key_file import KeyFileSigner
from evidence.statement import Subject
from evidence.writer import EvidenceWriter

START = datetime(2026, 1, 31, 12, 0, 0, tzinfo=UTC)
COMMIT = "c0ffee" + "0" * 34
ORIGIN = "example.com/apply"


def ticking(start: datetime = START) -> Callable[[], datetime]:
    """Return a clock that moves on by one second with every look at it."""
    seconds = iter(range(10**9))
    return lambda: start + timedelta(seconds=next(seconds))


def signer(purpose: str, algorithm: Algorithm = "ed25519") -> Signer:
    """Return a signer with a new key, called after its purpose."""
    return KeyFileSigner(purpose, purpose, PrivateKey.generate(algorithm))


def writer(
    directory: Path,
    *,
    sign: Signer | None = None,
    log: Signer | None = None,
    origin: str = ORIGIN,
    disk: Disk | None = None,
) -> EvidenceWriter:
    """Open a writer, with new keys where none are given."""
    return EvidenceWriter.open(
        directory,
        sign or signer("apply"),
        log_signer=log or signer("log"),
        origin=origin,
        clock=ticking(),
        disk=disk,
    )


def about(commit: str = COMMIT) -> tuple[Subject, ...]:
    """Return a subject that names a commit."""
    return (Subject("git+example.com/fleet", {"gitCommit": commit}),)
