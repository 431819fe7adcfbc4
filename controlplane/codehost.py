"""Comments of pull and merge requests at GitHub and GitLab, over HTTP. The only caller of either.

Decides how comments are listed, made and written over; which of them is ours is `commenting`'s.
Formats: https://docs.github.com/rest/issues/comments and https://docs.gitlab.com/api/notes/.
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final
from urllib.parse import quote, urlsplit

from controlplane import direct
from controlplane.errors import ControlPlaneError, Exit, UsageError

SECONDS: Final = 30
PAGE: Final = 100
PAGES: Final = 30
LARGEST: Final = 16 * 1024 * 1024  # bytes of one answer


class CodeHostError(ControlPlaneError):
    """The code host did not answer, or refused."""

    exit_code: ClassVar[int] = Exit.USAGE


@dataclass(frozen=True)
class Comment:
    """One comment. `ours` says that its author is whoever holds the token, or a robot like it."""

    id: int
    body: str
    ours: bool


@dataclass(frozen=True)
class Comments:
    """The comments of one request. `address` lists and makes them, `one` is that of a comment."""

    address: str
    one: str
    header: tuple[str, str]
    user: str = ""  # who we are, where the host can say so
    change: str = "PATCH"

    def listed(self) -> Iterator[Comment]:
        """Yield every comment. Raises CodeHostError."""
        me = self._ask("GET", self.user).get("id") if self.user else None
        for page in range(1, PAGES + 1):
            found = self._ask("GET", f"{self.address}?per_page={PAGE}&page={page}")
            yield from (_comment(each, me) for each in found)
            if len(found) < PAGE:
                return

    def make(self, body: str) -> None:
        """Make a comment. Raises CodeHostError."""
        self._ask("POST", self.address, {"body": body})

    def replace(self, comment: Comment, body: str) -> None:
        """Write over a comment. Raises CodeHostError."""
        self._ask(self.change, self.one.format(id=comment.id), {"body": body})

    def _ask(self, method: str, url: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        request = urllib.request.Request(  # noqa: S310 - https is required below
            url, data, {**headers, self.header[0]: self.header[1]}, method=method
        )
        try:
            return json.loads(direct.ask(request, seconds=SECONDS, largest=LARGEST))
        except (OSError, ValueError) as error:
            place = urlsplit(url)
            raise CodeHostError(
                f"{method} {place.netloc}{place.path} failed: {error}",
                remedy="see that the token may write comments (GitHub: `pull-requests: write`; "
                "GitLab: a project token with the scope `api`)",
            ) from error


def _comment(given: Any, me: int | None) -> Comment:
    author = given.get("user") or given.get("author") or {}
    ours = author.get("type") == "Bot" if me is None else author.get("id") == me
    return Comment(int(given["id"]), str(given.get("body") or ""), ours)


def from_job(environment: Mapping[str, str], number: str) -> Comments:
    """Return the comments of the request that a job of GitHub or GitLab is about.

    `number` is the pull request's, "" to take it from the environment. Raises UsageError where the
    environment does not say enough.
    """
    if environment.get("GITHUB_ACTIONS") == "true":
        return _github(environment, number)
    if environment.get("GITLAB_CI") == "true":
        return _gitlab(environment, number)
    raise UsageError(
        "this is a job of neither GitHub nor GitLab, so there is nowhere to comment",
        remedy="run it in a pipeline, or post the file by hand",
    )


def _github(given: Mapping[str, str], number: str) -> Comments:
    api = _address(given.get("GITHUB_API_URL", "https://api.github.com"))
    repository, token = given.get("GITHUB_REPOSITORY", ""), given.get("GH_TOKEN", "")
    reference = given.get("GITHUB_REF", "").split("/")
    number = number or (reference[2] if reference[1:2] == ["pull"] else "")
    if not (number.isdecimal() and repository and token):
        raise _unsaid("GH_TOKEN, GITHUB_REPOSITORY and the pull request (--number)")
    base = f"{api}/repos/{quote(repository)}/issues"
    return Comments(
        f"{base}/{number}/comments",
        base + "/comments/{id}",
        ("Authorization", f"Bearer {token}"),
    )


def _gitlab(given: Mapping[str, str], number: str) -> Comments:
    api = _address(given.get("CI_API_V4_URL", ""))
    project, token = given.get("CI_PROJECT_ID", ""), given.get("CPCTL_GITLAB_TOKEN", "")
    number = number or given.get("CI_MERGE_REQUEST_IID", "")
    if not (number.isdecimal() and project and token):
        raise _unsaid("CPCTL_GITLAB_TOKEN, CI_PROJECT_ID and CI_MERGE_REQUEST_IID")
    base = f"{api}/projects/{quote(project, safe='')}/merge_requests/{number}/notes"
    header = ("PRIVATE-TOKEN", token)
    return Comments(base, base + "/{id}", header, user=f"{api}/user", change="PUT")


def _address(url: str) -> str:
    """Return the address; a token is sent over TLS, or to this very machine."""
    if not direct.is_safe(url):
        raise UsageError(f"{url!r} is no https address", remedy="a token is only sent over https")
    return url.rstrip("/")


def _unsaid(what: str) -> UsageError:
    return UsageError(f"the job does not say {what}", remedy="see docs/ci.md")
