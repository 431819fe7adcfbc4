"""The page about policies says what the code does."""

from __future__ import annotations

from controlplane.policy.portable import PORTABLE, reason
from tests.support.binaries import REPOSITORY

PAGE = (REPOSITORY / "docs" / "policies.md").read_text(encoding="utf-8")


def test_every_portable_built_in_is_listed() -> None:
    listed = PAGE.partition("Portable built-ins: ")[2].partition(".\n")[0].replace("\n", " ")
    assert {name.strip("` ") for name in listed.split(",")} == PORTABLE


def test_every_refusal_has_a_cause_and_a_remedy() -> None:
    for name in ("http.send", "rand.intn", "time.now_ns", "no.such", "min", "json.marshal"):
        assert all(reason(name))
