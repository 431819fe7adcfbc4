"""Signatures of OPA bundles: `.signatures.json`, one JWT over the digest of every file.

Format: https://www.openpolicyagent.org/docs/management-bundles#signature-format, with ES256 (ECDSA
on P-256, RFC 7518). Documents that OPA parses (`data.json`, `.manifest`) count by their content,
keys sorted; every other file by its bytes. Which keys may be believed is left to the caller.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from controlplane.policy.archive import ArchiveError
from evidence.canonical import Json, canonical, unique_keys
from evidence.crypto import PublicKey, der_form, fixed_form
from evidence.errors import KeyFileError, MalformedError
from evidence.signers.base import Signer

SIGNATURES = ".signatures.json"
MANIFEST = ".manifest"
DATA = "data.json"
ALGORITHM = "ES256"
_HASHES = {"SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}
_YAML = ("data.yaml", "data.yml")


def sign(files: Mapping[str, bytes], signer: Signer) -> dict[str, bytes]:
    """Return `files` with the signature beside them; the key's name is the token's `kid`.

    Raises KeyFileError for a key that OPA cannot verify with.
    """
    if signer.algorithm != "ecdsa-p256":
        raise KeyFileError(
            f"the key {signer.name} is {signer.algorithm}, and OPA verifies no such signature",
            remedy="make one beside it, `cpctl keys init --purpose publish --algorithm ecdsa-p256 "
            "--dir DIR`, and sign with `--keys DIR`",
        )
    listed = [
        {"algorithm": "SHA-256", "hash": _digest(path, files[path], "SHA-256"), "name": path}
        for path in sorted(files)
    ]
    head = _encoded(canonical({"alg": ALGORITHM, "kid": signer.name}))
    signed = head + b"." + _encoded(canonical({"files": listed, "keyid": signer.name}))
    token = signed + b"." + _encoded(fixed_form(signer.sign(signed)))
    return {**files, SIGNATURES: canonical({"signatures": [token.decode()]})}


def verify(files: Mapping[str, bytes], keys: Iterable[PublicKey]) -> dict[str, bytes]:
    """Return the files that one of `keys` signed, which are all but the signature itself.

    Raises ArchiveError where the signature is missing, is no key's of these, leaves a file out,
    names one that is not there, or names another digest.
    """
    if SIGNATURES not in files:
        raise ArchiveError("the bundle is not signed", remedy="sign it: `opa sign`, or ask for one")
    payload = _payload(files[SIGNATURES], tuple(keys))
    signed = {path: data for path, data in files.items() if path != SIGNATURES}
    named = {entry["name"]: entry for entry in _listed(payload)}
    if missing := sorted(set(named) ^ set(signed)):
        raise ArchiveError(f"the bundle and its signature name different files: {missing[0]}")
    for path, data in signed.items():
        if _digest(path, data, named[path]["algorithm"]) != named[path]["hash"]:
            raise ArchiveError(f"{path} is not the file that was signed")
    return signed


def _payload(data: bytes, keys: tuple[PublicKey, ...]) -> Json:
    tokens = _object(data, SIGNATURES).get("signatures")
    if not isinstance(tokens, list) or len(tokens) != 1 or not isinstance(tokens[0], str):
        raise ArchiveError(f"{SIGNATURES} must hold exactly one signature")
    parts = tokens[0].split(".")
    if len(parts) != 3 or not tokens[0].isascii():
        raise ArchiveError(f"{SIGNATURES} holds no JWT")
    head = _object(_decoded(parts[0]), "the signature's header")
    if head.get("alg") != ALGORITHM or "crit" in head:
        raise ArchiveError(
            f"the bundle is signed with {head.get('alg')!r}; only {ALGORITHM} is verified",
            remedy="sign with an ECDSA key: `opa sign --signing-alg ES256`",
        )
    message, signature = f"{parts[0]}.{parts[1]}".encode(), _der(_decoded(parts[2]))
    if not any(key.algorithm == "ecdsa-p256" and key.verifies(signature, message) for key in keys):
        raise ArchiveError(
            "the bundle is not signed by the key that is named for it",
            remedy="ask whoever publishes it which key signs, and see your trust root",
        )
    return _object(_decoded(parts[1]), "the signature's payload")


def _listed(payload: Json) -> list[dict[str, str]]:
    listed = payload.get("files")
    if payload.get("scope"):
        raise ArchiveError(f"the signature is for the scope {payload['scope']!r}, not for all")
    names = {"name", "hash", "algorithm"}
    if not isinstance(listed, list) or not all(
        isinstance(e, dict) and names <= set(e) and all(isinstance(e[n], str) for n in names)
        for e in listed
    ):
        raise ArchiveError("the signature does not list files as it must")
    if len({entry["name"] for entry in listed}) != len(listed):
        raise ArchiveError("the signature lists a file twice")
    return listed


def _digest(path: str, data: bytes, algorithm: str) -> str:
    name = path.rpartition("/")[2]
    if algorithm not in _HASHES or name in _YAML:
        raise ArchiveError(f"{path} is signed or written in a way that is not read here")
    if name in (DATA, MANIFEST):
        data = _content(_json(data, path)).encode("utf-8", "surrogatepass")
    return hashlib.new(_HASHES[algorithm], data).hexdigest()


def _content(value: Any) -> str:
    """Return a document as OPA hashes it: as Go's encoder writes it, keys sorted, no spaces."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _object(data: bytes, name: str) -> dict[str, Any]:
    value = _json(data, name)
    if not isinstance(value, dict):
        raise ArchiveError(f"{name} is no JSON object")
    return value


def _json(data: bytes, name: str) -> Any:
    """Return a JSON document without fractions and without a field twice."""
    try:
        return json.loads(
            data, object_pairs_hook=unique_keys, parse_float=_refused, parse_constant=_refused
        )
    except (ValueError, RecursionError) as error:
        raise ArchiveError(f"{name} cannot be read: {error}") from error


def _refused(text: str) -> None:
    raise ValueError(f"{text} is not an integer")


def _encoded(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def _decoded(text: str) -> bytes:
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise ArchiveError("the signature is not written in base64url") from error
    return data


def _der(signature: bytes) -> bytes:
    try:
        return der_form(signature)
    except MalformedError as error:
        raise ArchiveError(f"the {error}") from error
