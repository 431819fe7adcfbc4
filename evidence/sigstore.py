"""One of our envelopes as a Sigstore bundle, which cosign verifies with the public key.

Format: Sigstore bundle v0.3 (sigstore/protobuf-specs), JSON form, with a public-key hint. It
carries no proofs: `tlogEntries` is for Rekor's, not for ours.
"""

from __future__ import annotations

from evidence.canonical import Json
from evidence.dsse import Envelope

MEDIA_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"


def sigstore_bundle(envelope: Envelope) -> dict[str, Json]:
    """Return the bundle as a JSON value.

    The signature goes without our key id: cosign skips one that is not written its own way
    (`SHA256:` and base64). Key ids are hints and not signed, so nothing is lost.
    """
    bare = envelope.to_json()
    bare["signatures"] = [{"sig": bare["signatures"][0]["sig"]}]
    return {
        "dsseEnvelope": bare,
        "mediaType": MEDIA_TYPE,
        "verificationMaterial": {"publicKey": {"hint": envelope.keyid}},
    }
