"""Decides whether a request to the webhook really comes from the Git server.

The payload is never trusted: a genuine call only says "look again now"; what is applied is what
the branch holds and the gate allowed. GitHub and Gitea sign the body (`X-Hub-Signature-256`:
HMAC-SHA256 in hexadecimal, docs.github.com/webhooks); GitLab sends the secret (`X-Gitlab-Token`).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

MINIMUM_SECRET_BYTES = 16


def authentic(headers: Mapping[str, str], body: bytes, secret: bytes) -> bool:
    """Whether the request was made by someone who holds `secret`, compared in constant time.

    `headers` are looked up by lower-case name. A secret shorter than 16 bytes authenticates
    nobody, and neither does a request without one of the two headers.
    """
    if len(secret) < MINIMUM_SECRET_BYTES:
        return False
    signature = headers.get("x-hub-signature-256", "")
    if signature:
        expected = "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()
        return hmac.compare_digest(signature.encode(), expected.encode())
    token = headers.get("x-gitlab-token", "")
    return bool(token) and hmac.compare_digest(token.encode(), secret)
