"""Which signer stands behind a reference such as `key-file:/home/ci/keys/apply.pem`.

Signers register under the entry point group `controlplane.signers`, the built-in one through
the same door: a callable from what follows the colon to a Signer.
"""

from __future__ import annotations

from importlib.metadata import entry_points

from evidence.errors import KeyFileError
from evidence.signers.base import Signer

GROUP = "controlplane.signers"


def open_signer(reference: str) -> Signer:
    """Return the signer that `kind:location` names.

    Raises KeyFileError for an unknown kind, or whatever the signer says of its location.
    """
    kind, _, location = reference.partition(":")
    found = {point.name: point for point in entry_points(group=GROUP)}
    if kind not in found or not location:
        raise KeyFileError(
            f"no signer is called {reference!r}",
            remedy=f"write one of {', '.join(sorted(found))}, a colon, and where the key is",
        )
    signer = found[kind].load()(location)
    if not isinstance(signer, Signer):
        raise KeyFileError(
            f"the plugin {kind!r} gave no signer", remedy="ask whoever wrote it to fix it"
        )
    return signer
