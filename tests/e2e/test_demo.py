"""The demonstration ends well, on the directory target."""

from __future__ import annotations

from tests.e2e.journey import Journey


def test_the_demonstration(begun: Journey) -> None:
    folder = begun.folder / "demo"
    done = begun.cpctl("demo", "--dir", str(folder))
    story = done.stdout
    told = (
        "converged",
        "[residency/placement-zone]",
        "denied: ",
        "approved ",
        "Allowed: ",
        "VERIFIED",
    )
    assert [story.find(words) for words in told] == sorted(story.index(words) for words in told)
    assert "Three commands to try next" in story
    assert any((folder / "rendered").rglob("*.yaml"))
