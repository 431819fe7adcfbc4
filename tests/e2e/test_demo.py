"""The demonstration ends well, on the directory target."""

from __future__ import annotations

from tests.e2e.journey import Journey


def test_the_demonstration(begun: Journey) -> None:
    folder = begun.folder / "demo"
    done = begun.cpctl("demo", "--dir", str(folder))
    story = done.stdout
    told = [story.index(words) for words in ("allowed: ", "converged", "denied: 2", "VERIFIED")]
    assert told == sorted(told)
    assert "Three commands to try next" in story
    assert any((folder / "rendered").rglob("*.yaml"))
