"""Signatures of OPA bundles: what counts as signed, and everything that does not."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from controlplane.policy.archive import ArchiveError
from controlplane.policy.opa_signature import SIGNATURES, sign, verify
from evidence.crypto import P256_ORDER, PrivateKey, der_form, fixed_form
from evidence.errors import KeyFileError
from evidence.signers.key_file import KeyFileSigner

FILES = {
    "policies/a/b/rule.rego": b"package a\n",
    "data.json": b'{"parameters": {"a": [1, null, "\xc3\xa9\xe2\x80\xa8"]}}',
    ".manifest": b'{"roots": ["a"]}',
}
KEY = PrivateKey.generate("ecdsa-p256")
SIGNER = KeyFileSigner("publisher", "publish", KEY)
SIGNED = sign(FILES, SIGNER)


def _token(change: Callable[[dict[str, Any], dict[str, Any]], None]) -> dict[str, bytes]:
    """Return the files, signed again after `change` of the token's header and payload."""
    head, payload, _ = json.loads(SIGNED[SIGNATURES])["signatures"][0].split(".")
    parts = [json.loads(base64.urlsafe_b64decode(part + "==")) for part in (head, payload)]
    change(*parts)
    text = b".".join(_encoded(json.dumps(part).encode()) for part in parts)
    token = text + b"." + _encoded(fixed_form(KEY.sign(text)))
    return {**FILES, SIGNATURES: json.dumps({"signatures": [token.decode()]}).encode()}


def _encoded(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def test_what_is_signed_is_verified_and_comes_without_the_signature() -> None:
    assert verify(SIGNED, [PrivateKey.generate("ecdsa-p256").public, KEY.public]) == FILES


def test_the_same_files_and_key_give_the_same_signature() -> None:
    assert sign(dict(reversed(FILES.items())), SIGNER) == SIGNED


def test_a_document_counts_by_its_content_and_a_module_by_its_bytes() -> None:
    spaced = json.dumps(json.loads(SIGNED["data.json"]), indent=4).encode()
    assert verify({**SIGNED, "data.json": spaced}, [KEY.public])
    with pytest.raises(ArchiveError, match="not the file that was signed"):
        verify({**SIGNED, "policies/a/b/rule.rego": b"package a\n\n"}, [KEY.public])


def test_either_form_of_an_ecdsa_signature_is_one() -> None:
    """Go signs with a large s as well as with a small one."""
    head, payload, given = json.loads(SIGNED[SIGNATURES])["signatures"][0].split(".")
    raw = base64.urlsafe_b64decode(given + "==")
    large = P256_ORDER - int.from_bytes(raw[32:], "big")
    token = f"{head}.{payload}.{_encoded(raw[:32] + large.to_bytes(32, 'big')).decode()}"
    other = json.dumps({"signatures": [token]}).encode()
    assert other != SIGNED[SIGNATURES]
    assert verify({**SIGNED, SIGNATURES: other}, [KEY.public]) == FILES


def test_the_forms_of_a_signature_lead_to_each_other() -> None:
    signature = KEY.sign(b"message")
    assert der_form(fixed_form(signature)) == signature
    assert KEY.public.verifies(der_form(fixed_form(signature)), b"message")


@pytest.mark.parametrize(
    "files",
    [
        FILES,
        {**SIGNED, SIGNATURES: b"{}"},
        {**SIGNED, SIGNATURES: b"[]"},
        {**SIGNED, SIGNATURES: b"\xff"},
        {**SIGNED, SIGNATURES: b'{"signatures": []}'},
        {**SIGNED, SIGNATURES: b'{"signatures": ["a", "b"]}'},
        {**SIGNED, SIGNATURES: b'{"signatures": ["a.b"]}'},
        {**SIGNED, SIGNATURES: b'{"signatures": ["e30.e30.e30"]}'},
        {**SIGNED, "more.rego": b""},
        {path: data for path, data in SIGNED.items() if path != "data.json"},
        {**SIGNED, "data.json": b'{"parameters": {}}'},
        {**SIGNED, "data.json": b'{"parameters": 1.5}'},
        {**SIGNED, "data.json": b'{"a": 1, "a": 1}'},
        {**SIGNED, "data.json": b"[" * 100_000},
        {**SIGNED, ".manifest": b'{"roots": [""]}'},
    ],
)
def test_what_is_not_what_was_signed_is_refused(files: dict[str, bytes]) -> None:
    with pytest.raises(ArchiveError):
        verify(files, [KEY.public])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda head, _: head.update(alg="none"), "only ES256"),
        (lambda head, _: head.update(alg="HS256"), "only ES256"),
        (lambda head, _: head.update(crit=["x"]), "only ES256"),
        (lambda _, payload: payload.update(scope="write"), "scope"),
        (lambda _, payload: payload.update(files={}), "does not list"),
        (lambda _, payload: payload["files"].append(payload["files"][0]), "twice"),
        (lambda _, payload: payload["files"].pop(), "different files"),
        (lambda _, payload: payload["files"][0].pop("hash"), "does not list"),
        (lambda _, payload: payload["files"][0].update(algorithm="MD5"), "not read here"),
    ],
)
def test_a_signature_that_says_something_else_is_refused(change: Any, words: str) -> None:
    assert verify(_token(lambda *_: None), [KEY.public]) == FILES
    with pytest.raises(ArchiveError, match=words):
        verify(_token(change), [KEY.public])


def test_another_keys_signature_is_refused() -> None:
    others = [PrivateKey.generate("ecdsa-p256").public, PrivateKey.generate("ed25519").public]
    for keys in ([], others):
        with pytest.raises(ArchiveError, match="not signed by the key"):
            verify(SIGNED, keys)


def test_a_key_that_opa_does_not_know_signs_nothing() -> None:
    with pytest.raises(KeyFileError, match="ed25519"):
        sign(FILES, KeyFileSigner("p", "publish", PrivateKey.generate("ed25519")))
