"""Who may agree to what in a repository: a trust root, a contract, and approvals that are signed.

Ada writes every commit. Bob and Carol may approve; both must, where the trust root changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from controlplane.operations.agreement import agreement
from controlplane.operations.approving import approve
from controlplane.operations.gate import Agreement, Step
from controlplane.operations.said import Statements
from controlplane.repo.git import GitRepository
from evidence.signers.base import Signer
from evidence.trust import TrustedKey, TrustSet
from evidence.writer import EvidenceWriter
from tests.support.binaries import REPOSITORY
from tests.support.documents import document
from tests.support.evidence import signer
from tests.support.hostile import NOW, Said

ADA, BOB, CAROL, MALLORY = (signer("approve") for _ in range(4))
LOG = signer("log")
ROOT, CONTRACT = "trust/root.yaml", "catalog/contracts/standard.yaml"
ISSUER = "https://login.acme.example"


def root(
    approvers: dict[str, Signer], *, version: int = 1, threshold: int = 2, name: str = "root"
) -> str:
    """Return a trust root in which these people may approve, and are known to their issuer."""
    lines = [f"version: {version}", f"threshold: {threshold}", "keys:"]
    for person, key in approvers.items():
        lines += [f"  - name: {person}-key", "    algorithm: ed25519", "    purpose: approve"]
        lines += ["    roles: [security]", f"    person: {person}", "    publicKey: |"]
        lines += [f"      {line}" for line in key.public_key.pem.splitlines()]
    lines.append("identities:")
    for person in ["ada", *(each for each in approvers if each != "ada")]:
        purposes = "[author, approve]" if person in approvers else "[author]"
        lines += [f"  - name: {person}", f"    issuer: {ISSUER}", f"    purposes: {purposes}"]
        lines.append(f"    subject: {person}@acme.example")
    return document("TrustRoot", name, "\n".join(lines))


def contract(count: int = 1) -> str:
    """Return a contract by which so many must approve what judges changes."""
    asked = f"{{count: {count}, roles: [security]}}"
    lines = ["requirements:", "  - name: judging", "    classes: [policy, security]"]
    return document("EvidenceContract", "standard", "\n".join([*lines, f"    approvals: {asked}"]))


PEOPLE = {"ada": ADA, "bob": BOB, "carol": CAROL}


def trusting_files() -> dict[str, str | bytes]:
    """Return the files of it: the shipped rules of change control among them."""
    rules = [
        path
        for folder in ("change-control", "lib")
        for path in sorted((REPOSITORY / "policies" / folder).rglob("*"))
        if path.is_file()
    ]
    shipped = {path.relative_to(REPOSITORY).as_posix(): path.read_bytes() for path in rules}
    return {**shipped, ROOT: root(PEOPLE), CONTRACT: contract()}


def approved(step: Step, by: Sequence[Signer], evidence: Path) -> Said:
    """Have them sign that they agree to the step, an hour ago; whether it counts is not theirs."""
    for key in by:
        believing = TrustSet.of([TrustedKey(key.name, "approve", key.public_key, ("security",))])
        log = EvidenceWriter.open(
            evidence,
            key,
            log_signer=LOG,
            origin="example.com/approve",
            clock=lambda: NOW - timedelta(hours=1),
        )
        approve(step, "security", "looked", believing, log)

    def said(repository: GitRepository, asked: Step) -> Agreement:
        return agreement(repository, Statements(evidence), asked, NOW)

    return said
