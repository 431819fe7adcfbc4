"""Who is heard, and where one may listen."""

from __future__ import annotations

import pytest

from controlplane.errors import UsageError
from controlplane.server.gate.access import knows_token, require_safe, tokens

ONE, OTHER = b"one-token-of-more-than-16-bytes", b"another-token-of-more-than-16"


def test_a_token_is_known_by_all_of_it() -> None:
    known = tokens(ONE + b"\n\n" + OTHER + b"\n", "file")
    assert known == (ONE, OTHER)
    assert knows_token({"authorization": f"Bearer {OTHER.decode()}"}, known)
    for given in ("", "Bearer", "Bearer ", f"Basic {ONE.decode()}", f"Bearer {ONE.decode()[:-1]}"):
        assert not knows_token({"authorization": given}, known)
    assert not knows_token({}, known)


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"short", ONE + b"\nshort", b"two words of a token"]
)
def test_what_is_no_token_is_refused(content: bytes) -> None:
    with pytest.raises(UsageError):
        tokens(content, "file")


@pytest.mark.parametrize("host", ["0.0.0.0", "[::]", "10.0.0.1", "gate.example.com"])
def test_others_are_met_with_tls_and_a_name_only(host: str) -> None:
    for tls, known in ((False, False), (True, False), (False, True)):
        with pytest.raises(UsageError):
            require_safe(host, tls=tls, authenticated=known, insecure=False)
    require_safe(host, tls=True, authenticated=True, insecure=False)
    require_safe(host, tls=False, authenticated=False, insecure=True)
    require_safe("127.0.0.1", tls=False, authenticated=False, insecure=False)
    require_safe("[::1]", tls=False, authenticated=False, insecure=False)
