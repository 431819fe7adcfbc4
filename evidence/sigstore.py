"""One of our envelopes as a Sigstore bundle, which cosign verifies with the public key.

Format: Sigstore bundle v0.3 (sigstore/protobuf-specs), JSON form, with a public-key hint. It
carries no proofs: `tlogEntries` is for Rekor's, not for ours.
"""

from __future__ import annotations

from evidence.canonical import Json
from evidence.dsse import Envelope

MEDIA_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"


def sigstore_bundle(envelope: Envelope) -> dict[str, Json]:
    """Return the bundle as a JSON value."""
    return {
        "dsseEnvelope": envelope.to_json(),
        "mediaType": MEDIA_TYPE,
        "verificationMaterial": {"publicKey": {"hint": envelope.keyid}},
    }
