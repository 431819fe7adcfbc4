"""Which comment is ours, and which job says enough."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from controlplane.codehost import Comment, Comments, from_job
from controlplane.errors import UsageError
from controlplane.operations.commenting import comment

GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_REPOSITORY": "acme/fleet",
    "GITHUB_REF": "refs/pull/12/merge",
    "GH_TOKEN": "t",
}
GITLAB = {
    "GITLAB_CI": "true",
    "CI_API_V4_URL": "https://gitlab.example/api/v4",
    "CI_PROJECT_ID": "3",
    "CI_MERGE_REQUEST_IID": "12",
    "CPCTL_GITLAB_TOKEN": "t",
}


class Kept(Comments):
    """Comments in memory; what was done to them is in `done`."""

    def __init__(self, *kept: Comment) -> None:
        super().__init__("a", "o", ("h", "t"))
        object.__setattr__(self, "kept", kept)
        object.__setattr__(self, "done", [])

    def listed(self) -> Iterator[Comment]:
        return iter(self.kept)  # type: ignore[attr-defined]

    def make(self, body: str) -> None:
        self.done.append("made")  # type: ignore[attr-defined]

    def replace(self, comment: Comment, body: str) -> None:
        self.done.append(comment.id)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("kept", "done"),
    [
        ([], ["made"]),
        ([Comment(1, "<!-- m --> x", ours=True)], [1]),
        ([Comment(1, "<!-- m --> x", ours=False)], ["made"]),
        ([Comment(1, "quoted: <!-- m --> x", ours=True)], ["made"]),
        ([Comment(1, "<!-- m -->", ours=False), Comment(2, "<!-- m -->", ours=True)], [2]),
    ],
)
def test_only_our_own_comment_is_written_over(kept: list[Comment], done: list[object]) -> None:
    comments = Kept(*kept)
    assert comment(comments, "<!-- m -->\nnew", "<!-- m -->") is (done != ["made"])
    assert comments.done == done  # type: ignore[attr-defined]


def test_only_a_comment_of_the_gate_is_posted() -> None:
    with pytest.raises(UsageError, match="marker"):
        comment(Kept(), "anything", "<!-- m -->")


def test_where_a_job_comments() -> None:
    found = from_job(GITHUB, "")
    assert found.address == "https://api.github.com/repos/acme/fleet/issues/12/comments"
    found = from_job(GITLAB, "")
    assert found.address.endswith("/api/v4/projects/3/merge_requests/12/notes")


@pytest.mark.parametrize(
    "environment",
    [
        {},
        *({k: v for k, v in GITHUB.items() if k != left} for left in GITHUB),
        *({k: v for k, v in GITLAB.items() if k != left} for left in GITLAB),
        GITHUB | {"GITHUB_API_URL": "http://api.example"},
        GITHUB | {"GITHUB_REF": "refs/heads/main"},
        GITLAB | {"CI_MERGE_REQUEST_IID": "../1"},
    ],
)
def test_a_job_that_says_too_little_or_would_leak_the_token(environment: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        from_job(environment, "")
