"""A policy set as a signed OPA bundle, for an OPA server or another repository."""

from __future__ import annotations

import json

from controlplane.operations.policies import NamedBundle
from controlplane.policy import archive, opa_bundle, opa_signature
from controlplane.policy.opa_bundle import Compiled
from evidence.signers.base import Signer


def published(named: NamedBundle, revision: str, signer: Signer, compiled: bytes | None) -> bytes:
    """Return the archive. The same policies, revision and key give the same bytes.

    `compiled` is the file that `cpctl policy build` writes, None to carry none. Raises KeyFileError
    for a key that OPA cannot verify with.
    """
    files = opa_bundle.written(
        named.bundle,
        named.schemas,
        name=named.name,
        revision=revision,
        compiled=None if compiled is None else _carried(compiled),
    )
    return archive.pack(opa_signature.sign(files, signer))


def _carried(file: bytes) -> Compiled:
    head, _, wasm = file.partition(b"\n")
    return Compiled(json.loads(head), wasm)
