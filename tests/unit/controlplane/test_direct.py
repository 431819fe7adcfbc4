"""Where a token may be sent."""

from __future__ import annotations

import pytest

from controlplane.codehost import from_job
from controlplane.errors import UsageError
from controlplane.gateclient import require_url


@pytest.mark.parametrize(
    "url",
    ["https://gate.example:8485", "http://127.0.0.1:8485", "http://localhost:1", "http://[::1]:8"],
)
def test_over_https_or_to_this_machine(url: str) -> None:
    assert require_url(url) == url


@pytest.mark.parametrize(
    "url",
    ["http://localhost:x@evil.example/", "http://localhost:1@evil.example/", "http://gate.example",
     "https://user@gate.example", "https://", "ftp://localhost:1", "http://127.0.0.1:x", "",
     "http://[::1", "http://127.0.0.1.evil.example:80"],
)  # fmt: skip
def test_nowhere_else(url: str) -> None:
    with pytest.raises(UsageError):
        require_url(url)
    job = {"GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "a/b", "GH_TOKEN": "t",
           "GITHUB_API_URL": url}  # fmt: skip
    with pytest.raises(UsageError):
        from_job(job, "1")
