"""What every signer must do. Subclass it and provide the fixture `signer`."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from evidence.crypto import ALGORITHMS, PublicKey
from evidence.dsse import Envelope
from evidence.keys import PURPOSES
from evidence.signers.base import Signer


class SignerConformance:
    """The contract of `evidence.signers.base.Signer`."""

    @pytest.fixture
    def signer(self) -> Signer:
        raise NotImplementedError

    def test_it_says_what_it_is(self, signer: Signer) -> None:
        assert signer.name
        assert signer.purpose in PURPOSES
        assert signer.algorithm in ALGORITHMS
        assert signer.keyid == PublicKey.read(signer.public_key.pem, "key").keyid

    @pytest.mark.parametrize("message", [b"", b"x", b"\x00" * 100_000])
    def test_what_it_signs_verifies_and_nothing_else(self, signer: Signer, message: bytes) -> None:
        signature = signer.sign(message)
        assert signer.public_key.verifies(signature, message)
        assert not signer.public_key.verifies(signature, message + b"x")
        assert not signer.public_key.verifies(signature[:-1], message)

    def test_every_signature_has_the_one_accepted_form(self, signer: Signer) -> None:
        # Half of all ECDSA signatures come out with a high s.
        assert all(
            signer.public_key.verifies(signer.sign(message), message)
            for message in (b"%d" % i for i in range(40))
        )

    def test_threads_may_sign_at_once(self, signer: Signer) -> None:
        messages = [b"%d" % i for i in range(50)]
        with ThreadPoolExecutor(4) as pool:
            signatures = list(pool.map(signer.sign, messages))
        pairs = zip(signatures, messages, strict=True)
        assert all(signer.public_key.verifies(*pair) for pair in pairs)

    def test_an_envelope_verifies(self, signer: Signer) -> None:
        envelope = Envelope.sign(b"{}", signer)
        assert signer.public_key.verifies(envelope.signature, envelope.signed)
        assert Envelope.read(envelope.data, "envelope") == envelope

    def test_it_does_not_show_its_key(self, signer: Signer) -> None:
        shown = f"{signer!r} {vars(signer)!r}"
        assert "PRIVATE" not in shown
        assert "d=" not in shown
