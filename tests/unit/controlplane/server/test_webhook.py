"""Only whoever holds the secret makes the reconciler look."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from controlplane.server.webhook import authentic

SECRET = b"a secret of thirty-two bytes....."
BODY = b'{"ref": "refs/heads/main"}'
SIGNED = "sha256=" + hmac.new(SECRET, BODY, hashlib.sha256).hexdigest()


def test_a_signed_body_is_genuine() -> None:
    assert authentic({"x-hub-signature-256": SIGNED}, BODY, SECRET)


def test_a_token_is_genuine() -> None:
    assert authentic({"x-gitlab-token": SECRET.decode()}, BODY, SECRET)


@pytest.mark.parametrize(
    ("headers", "body", "secret"),
    [
        ({}, BODY, SECRET),
        ({"x-hub-signature-256": ""}, BODY, SECRET),
        ({"x-hub-signature-256": SIGNED}, BODY + b" ", SECRET),
        ({"x-hub-signature-256": SIGNED.removeprefix("sha256=")}, BODY, SECRET),
        ({"x-hub-signature-256": "sha1=abc"}, BODY, SECRET),
        ({"x-hub-signature-256": "é"}, BODY, SECRET),
        ({"x-gitlab-token": "wrong"}, BODY, SECRET),
        ({"x-gitlab-token": ""}, BODY, b""),
        ({"x-gitlab-token": "short"}, BODY, b"short"),
        ({"x-hub-signature-256": "sha256=0", "x-gitlab-token": SECRET.decode()}, BODY, SECRET),
    ],
)
def test_everything_else_is_not(headers: dict[str, str], body: bytes, secret: bytes) -> None:
    assert not authentic(headers, body, secret)
