"""The port behind which every Git server's reviews stand, and what it gives.

A source is a function of an event's JSON, registered under `controlplane.review_sources`: it reads
a format and decides nothing about trust. It raises `UnreadableEventError` for what it cannot read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from controlplane.errors import UsageError
from evidence import shape
from evidence.canonical import Json
from evidence.errors import MalformedError

State = Literal["approved", "changes requested", "dismissed"]


class UnreadableEventError(UsageError):
    """An event is not what the source's server sends."""


@dataclass(frozen=True)
class Review:
    """One reviewer's word. `time` is RFC 3339 in UTC, `commit` the commit that was reviewed."""

    login: str
    state: State
    commit: str
    time: str

    def agrees_to(self, head: str) -> bool:
        """Whether it approves this very commit."""
        return self.state == "approved" and self.commit == head


@dataclass(frozen=True)
class Reviews:
    """What a server said of one pull request. `head` and `author` are "" where it did not say.

    `complete` says that nobody else approves: a list, not one event. `base` is the commit that the
    pull request was to be merged into: what was reviewed is the difference from it; "" where the
    server does not say. `target` is the name of that branch, "" where it does not say that either;
    `repository` is where that branch is, as the server writes it (OWNER/NAME), or "".
    """

    source: str
    issuer: str  # whose accounts the logins are: https://github.com
    head: str
    author: str
    reviews: tuple[Review, ...]
    complete: bool = False
    base: str = ""
    target: str = ""
    repository: str = ""

    def latest(self) -> tuple[Review, ...]:
        """Return the last word of every reviewer, by login; of two at one moment, the later one."""
        found: dict[str, Review] = {}
        for review in self.reviews:
            known = found.get(review.login.lower())
            if known is None or review.time >= known.time:
                found[review.login.lower()] = review
        return tuple(found[name] for name in sorted(found))


ReviewSource = Callable[[Json, str], Reviews]
"""Reads an event: (JSON, issuer or "" for the server's public one) → what it says."""


class At:
    """One place in an event; asking it for something else than is there names the place."""

    def __init__(self, value: Json, place: str = "event") -> None:
        self.value, self.place = value, place

    def __getitem__(self, name: str) -> At:
        if not isinstance(self.value, dict) or name not in self.value:
            raise self.wrong(f"has no `{name}`")
        return At(self.value[name], f"{self.place}.{name}")

    def __contains__(self, name: str) -> bool:
        return isinstance(self.value, dict) and name in self.value

    def items(self) -> list[At]:
        """Return the places of a list."""
        if not isinstance(self.value, list):
            raise self.wrong("is no list")
        return [At(each, f"{self.place}[{index}]") for index, each in enumerate(self.value)]

    def text(self) -> str:
        """Return a text of one line that is not empty."""
        if not isinstance(self.value, str) or not self.value or not self.value.isprintable():
            raise self.wrong("is no text")
        return self.value

    def commit(self) -> str:
        """Return the id of a commit."""
        text = self.text().lower()
        if len(text) != 40 or any(c not in "0123456789abcdef" for c in text):
            raise self.wrong("is no commit id of 40 hexadecimal digits")
        return text

    def time(self) -> str:
        """Return a moment as RFC 3339 in UTC; offsets and the space some servers write are read."""
        text = self.text().removesuffix(" UTC")
        try:
            when = datetime.fromisoformat(text.replace("Z", "+00:00"))
            return shape.stamp(when if when.tzinfo else datetime.fromisoformat(f"{text}+00:00"))
        except (ValueError, OverflowError, MalformedError):
            raise self.wrong("is no time") from None

    def wrong(self, what: str, remedy: str = "") -> UnreadableEventError:
        """Return the error that says so, with the place."""
        return UnreadableEventError(
            f"{self.place} {what}",
            remedy=remedy
            or "give the file that the server sent, unchanged; docs/approvals.md names which",
        )
