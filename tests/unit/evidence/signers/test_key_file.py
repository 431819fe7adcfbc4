"""The signer that keeps its key in a file passes the conformance tests, for both algorithms."""

from __future__ import annotations

from pathlib import Path

import pytest

from evidence.keys import create_key
from evidence.signers.base import Signer
from evidence.signers.registry import open_signer
from tests.conformance.signer import SignerConformance
from tests.support.evidence import START


class TestEd25519KeyFile(SignerConformance):
    @pytest.fixture
    def signer(self, tmp_path: Path) -> Signer:
        made = create_key(tmp_path / "keys", name="ed", purpose="log", now=START)
        return open_signer(f"key-file:{made.path}")


class TestP256KeyFile(SignerConformance):
    @pytest.fixture
    def signer(self, tmp_path: Path) -> Signer:
        made = create_key(
            tmp_path / "keys", name="p", purpose="decide", now=START, algorithm="ecdsa-p256"
        )
        return open_signer(f"key-file:{made.path}")
