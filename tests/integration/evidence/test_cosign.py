"""cosign, which knows nothing of us, verifies our statements with the public key."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from evidence.crypto import Algorithm
from evidence.records import Record
from evidence.sigstore import sigstore_bundle
from evidence.statement import RUN_TYPE
from evidence.store import readers, runs_of
from tests.support.binaries import need
from tests.support.evidence import about, signer, writer


def cosign(directory: Path, bundle: dict[str, Any], pem: str) -> bool:
    (directory / "bundle.json").write_text(json.dumps(bundle))
    (directory / "key.pem").write_text(pem)
    command = [str(need("cosign")), "verify-blob-attestation"]
    command += ["--bundle", str(directory / "bundle.json"), "--key", str(directory / "key.pem")]
    command += ["--insecure-ignore-tlog", "--check-claims=false", "--type", RUN_TYPE]
    environment = {"HOME": str(directory), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return done.returncode == 0 and "Verified OK" in done.stderr


@pytest.mark.requires("cosign")
@pytest.mark.parametrize("algorithm", ["ed25519", "ecdsa-p256"])
def test_cosign_verifies_a_statement(tmp_path: Path, algorithm: Algorithm) -> None:
    sign = signer("apply", algorithm)
    directory = tmp_path / "evidence"
    with writer(directory, sign=sign).begin(kind="apply", subjects=about(), summary="a") as run:
        run.record(Record("receipt", "created", {}))
        run.close(outcome="done", summary="done")
    ((_, log),) = readers([directory]).values()
    (stored,) = runs_of(directory, log)
    bundle = sigstore_bundle(stored.envelope)
    assert cosign(tmp_path, bundle, sign.public_key.pem)
    assert not cosign(tmp_path, bundle, signer("apply", algorithm).public_key.pem)
    bundle["dsseEnvelope"]["payload"] = bundle["dsseEnvelope"]["payload"].replace("a", "b", 1)
    assert not cosign(tmp_path, bundle, sign.public_key.pem)
