"""The compiled policies that CPCTL_COMPILED names: a file by itself, or a bundle that carries one.

A file by itself is trusted as a program is: by whoever named it. A bundle is trusted for its
signature, by a key of a file that CPCTL_COMPILED_KEYS names; without one, not at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from controlplane.policy import archive, opa_bundle, opa_signature
from controlplane.policy.archive import ArchiveError
from controlplane.policy.engines.compiled_artifact import Artifact, ArtifactError
from evidence.canonical import NotCanonicalError, canonical
from evidence.crypto import PublicKey
from evidence.errors import MalformedError

_GZIP = b"\x1f\x8b"


def named_artifact(place: Path, keys: Sequence[Path]) -> Artifact:
    """Return the compiled policy at `place`; `keys` are files with public keys in PEM.

    Raises ArtifactError where there is none, or it cannot be believed.
    """
    data = _read(place, "name a file that `cpctl policy build` wrote")
    if not data.startswith(_GZIP):
        return Artifact.from_bytes(data, str(place))
    if not keys:
        raise ArtifactError(
            f"{place} is a bundle, and no key says whose bundles are believed",
            remedy="name files with public keys (PEM) by CPCTL_COMPILED_KEYS",
        )
    trusted = [_key(key) for key in keys]
    try:
        carried = opa_bundle.compiled_in(opa_signature.verify(archive.unpack(data), trusted))
        return Artifact.from_bytes(canonical(carried.head) + b"\n" + carried.wasm, str(place))
    except (ArchiveError, NotCanonicalError) as error:
        remedy = getattr(error, "remedy", archive.REMEDY)
        raise ArtifactError(f"{place} cannot be used: {error}", remedy=remedy) from error


def _key(place: Path) -> PublicKey:
    text = _read(place, "name a file with a public key in PEM")
    try:
        return PublicKey.load(text.decode("ascii", "replace"), str(place))
    except MalformedError as error:
        raise ArtifactError(
            str(error), remedy="name a file with an ECDSA public key (P-256) in PEM"
        ) from error


def _read(place: Path, remedy: str) -> bytes:
    try:
        return place.read_bytes()
    except OSError as error:
        raise ArtifactError(f"{place} cannot be read: {error.strerror}", remedy=remedy) from error
