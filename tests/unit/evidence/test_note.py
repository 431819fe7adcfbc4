"""Notes and checkpoints in the formats of C2SP, and in no other."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from evidence import note
from evidence.crypto import PublicKey
from evidence.errors import MalformedError
from evidence.note import Checkpoint
from tests.support.evidence import signer

# The public test vector of Go's note package (golang.org/x/mod/sumdb/note).
NAME = "PeterNeumann"
VERIFIER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
TEXT = (
    b"If you think cryptography is the answer to your problem,\n"
    b"then you don't know what your problem is.\n"
)
SIGNATURE = (
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
)


def vector_key() -> PublicKey:
    raw = base64.b64decode(VERIFIER.split("+", 2)[2])[1:]
    pem = Ed25519PublicKey.from_public_bytes(raw).public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return PublicKey.read(pem.decode(), "key")


def test_a_key_is_named_as_other_note_tools_name_it() -> None:
    assert note.verifier_key(NAME, vector_key()) == VERIFIER
    signature = base64.b64decode(SIGNATURE)
    assert note.key_hash(NAME, vector_key()) == signature[:4]
    assert vector_key().verifies(signature[4:], TEXT)


def test_a_checkpoint_reads_back_and_verifies() -> None:
    log = signer("log")
    head = Checkpoint("example.com/log42", 20852163, bytes(range(32)))
    data = head.sign(log)
    lines = data.decode().split("\n")
    assert lines[:2] == ["example.com/log42", "20852163"]
    assert lines[4].startswith("— example.com/log42 ")
    signed = note.read(data, "checkpoint")
    assert signed.checkpoint == head
    assert signed.verified_by(log.public_key)
    assert not signed.verified_by(signer("log").public_key)
    assert not signed.verified_by(signer("apply", "ecdsa-p256").public_key)


def wrong_notes() -> list[bytes]:
    data = Checkpoint("example.com/log", 7, bytes(32)).sign(signer("log"))
    text, signature = data.split(b"\n\n")
    return [
        b"",
        data[:-1],
        data + b"\n",
        data + signature,
        data.replace(b"\n7\n", b"\n07\n"),
        data.replace(b"\n7\n", b"\n-7\n"),
        data.replace(b"\n7\n", "\n\u0667\n".encode()),
        data.replace(b"\n7\n", b"\n" + b"7" * 5000 + b"\n"),
        data.replace("—".encode(), b"-"),
        data.replace(b"example.com/log\n", b"Example.com/log\n"),
        data.replace(b"example.com/log\n7", b"example.com/other\n7"),
        data.replace(b"\n", b"\r\n"),
        text + b"\nextension\n\n" + signature,
        data.replace(b"AAA=", b"AAB="),
        b"\xff" + data,
    ]


@pytest.mark.parametrize("index", range(15))
def test_another_form_is_refused(index: int) -> None:
    with pytest.raises(MalformedError):
        note.read(wrong_notes()[index], "checkpoint")
