"""What Git servers send is read as it is documented; anything else is refused with its place."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from controlplane.reviews import github, gitlab
from controlplane.reviews.model import Review, UnreadableEventError

HEAD, OLD, BASE = "a" * 40, "b" * 40, "c" * 40
PULL = {"number": 7, "head": {"sha": HEAD, "ref": "topic"}, "user": {"login": "ada"},
        "base": {"sha": BASE, "ref": "main"}}  # fmt: skip


def review(login: str, state: str, commit: str = HEAD, at: str = "10:00:00") -> dict[str, Any]:
    return {
        "id": 1,
        "user": {"login": login},
        "state": state,
        "commit_id": commit,
        "submitted_at": f"2026-11-26T{at}Z",
    }


def event(**more: Any) -> dict[str, Any]:
    known = {"action": "submitted", "review": review("sam", "approved"), "pull_request": PULL}
    return {**known, **more}


def whole(*reviews: dict[str, Any]) -> dict[str, Any]:
    return {"pull_request": PULL, "reviews": list(reviews)}


def test_a_list_by_itself_gives_no_approval_and_voids_some() -> None:
    """It does not say against which base somebody reviewed."""
    with pytest.raises(UnreadableEventError, match="into which base") as found:
        github.read([review("sam", "APPROVED")])
    assert "pull_request" in found.value.remedy
    (last,) = github.read([review("sam", "DISMISSED")]).latest()
    assert not last.agrees_to(HEAD)
    with pytest.raises(UnreadableEventError, match="has no `base`"):
        github.read(event(pull_request={k: v for k, v in PULL.items() if k != "base"}))


def test_the_repository_is_the_one_that_it_is_to_be_merged_into() -> None:
    """Not the fork that it comes from; "" where the server does not say."""
    assert github.read(event()).repository == ""
    base = {**PULL["base"], "repo": {"full_name": "meridian/platform"}}  # type: ignore[dict-item]
    head = {**PULL["head"], "repo": {"full_name": "ada/platform"}}  # type: ignore[dict-item]
    said = github.read(event(pull_request={**PULL, "base": base, "head": head}))
    assert said.repository == "meridian/platform"


def test_the_event_of_a_review() -> None:
    said = github.read(event())
    assert (said.source, said.issuer, said.head, said.base, said.author) == (
        "github", "https://github.com", HEAD, BASE, "ada"
    )  # fmt: skip
    assert said.reviews == (Review("sam", "approved", HEAD, "2026-11-26T10:00:00Z"),)
    assert not said.complete


@pytest.mark.parametrize("state", ["changes_requested", "dismissed"])
def test_a_later_word_voids(state: str) -> None:
    listed = [review("sam", "APPROVED"), review("Sam", state.upper(), at="11:00:00")]
    (last,) = github.read(whole(*listed)).latest()
    assert not last.agrees_to(HEAD)


def test_a_comment_changes_nobodys_word() -> None:
    silent = [review("sam", "COMMENTED", at="11:00:00"), {"state": "PENDING"}]
    (last,) = github.read(whole(review("sam", "APPROVED"), *silent)).latest()
    assert last.agrees_to(HEAD)


def test_an_approval_of_another_commit_agrees_to_nothing() -> None:
    (last,) = github.read(whole(review("sam", "APPROVED", OLD))).latest()
    assert not last.agrees_to(HEAD)


def test_a_list_is_complete_and_names_head_and_author_where_it_can() -> None:
    assert github.read([]).complete
    said = github.read({"pull_request": PULL, "reviews": []})
    assert (said.head, said.author, said.complete) == (HEAD, "ada", True)


@pytest.mark.parametrize("count", [30, 60, 100, 200])
def test_what_may_be_one_page_of_several_is_refused(count: int) -> None:
    listed = [review("sam", "APPROVED")] * count
    with pytest.raises(UnreadableEventError, match=f"{count} reviews") as found:
        github.read({"pull_request": PULL, "reviews": listed})
    assert "--paginate" in found.value.remedy
    assert github.read(whole(*listed, review("sam", "COMMENTED"))).complete


def test_a_deleted_account_says_nothing() -> None:
    gone = {**review("sam", "APPROVED"), "user": None}
    assert github.read(whole(gone, review("ada", "APPROVED"))).reviews[0].login == "ada"
    assert github.read(event(review=gone)).reviews == ()


def test_a_server_of_ones_own() -> None:
    assert github.read([], "https://git.example.com").issuer == "https://git.example.com"


HOOK = {
    "object_kind": "merge_request",
    "user": {"id": 4, "username": "sam"},
    "object_attributes": {
        "iid": 7,
        "target_branch": "main",
        "author_id": 3,
        "action": "approved",
        "updated_at": "2026-11-26 10:00:00 UTC",
        "last_commit": {"id": HEAD},
    },
}


def hook(**more: Any) -> dict[str, Any]:
    made = copy.deepcopy(HOOK)
    made["object_attributes"].update(more)  # type: ignore[attr-defined]
    return made


@pytest.mark.parametrize(
    ("action", "state"),
    [
        ("approved", "approved"),
        ("approval", "approved"),
        ("unapproved", "dismissed"),
        ("unapproval", "dismissed"),
    ],
)
def test_the_webhook_of_a_merge_request(action: str, state: str) -> None:
    said = gitlab.read(hook(action=action))
    assert [(r.login, r.state, r.commit, r.time) for r in said.reviews] == [
        ("sam", state, HEAD, "2026-11-26T10:00:00Z")
    ]
    assert (said.head, said.author) == (HEAD, "")
    assert (said.base, said.target) == ("", "main")


def test_an_update_is_no_review_and_names_the_author_who_acted() -> None:
    said = gitlab.read({**hook(action="update"), "user": {"id": 3, "username": "ada"}})
    assert (said.reviews, said.author) == ((), "ada")


APPROVALS = {
    "merge_request": {"sha": HEAD, "author": {"username": "ada"}, "target_branch": "main"},
    "approvals": {
        "approved_by": [
            {"user": {"username": "sam"}, "approved_at": "2026-11-26T11:00:00.000+01:00"}
        ]
    },
    "project": {"reset_approvals_on_push": True},
}


def test_the_list_of_approvals() -> None:
    said = gitlab.read(APPROVALS)
    assert said.reviews == (Review("sam", "approved", HEAD, "2026-11-26T10:00:00Z"),)
    assert (said.author, said.complete, said.base, said.target) == ("ada", True, "", "main")
    request = {**APPROVALS["merge_request"], "diff_refs": {"base_sha": BASE}}
    assert gitlab.read({**APPROVALS, "merge_request": request}).base == BASE


def test_what_a_source_branch_held_before_is_no_base() -> None:
    """`oldrev` comes with a push, and is the merge request's own former head."""
    assert gitlab.read(hook(action="update", oldrev=BASE)).base == ""


def test_a_list_of_approvals_for_nobody_knows_what_is_refused() -> None:
    request = {"sha": HEAD, "author": {"username": "ada"}, "diff_refs": None}
    with pytest.raises(UnreadableEventError, match="does not say into what") as found:
        gitlab.read({**APPROVALS, "merge_request": request})
    assert "diff_refs" in found.value.remedy
    nobody = {**APPROVALS, "merge_request": request, "approvals": {"approved_by": []}}
    assert gitlab.read(nobody).complete


def test_a_list_is_not_believed_where_approvals_survive_a_push() -> None:
    kept = {**APPROVALS, "project": {"reset_approvals_on_push": False}}
    with pytest.raises(UnreadableEventError, match=r"event\.project\.reset_approvals_on_push"):
        gitlab.read(kept)


@pytest.mark.parametrize(
    ("read", "given", "place"),
    [
        (github.read, {}, "event has no `reviews`"),
        (github.read, None, "event is no list"),
        (github.read, 3, "event is no list"),
        (github.read, [None], r"event\[0\] has no `state`"),
        (github.read, [review("sam", "applauded")], r"event\[0\]\.state is 'applauded'"),
        (github.read, [review("", "approved")], r"event\[0\]\.user\.login is no text"),
        (github.read, [review("sa\nm", "approved")], r"event\[0\]\.user\.login is no text"),
        (github.read, [review("sam", "approved", "HEAD")], r"event\[0\]\.commit_id is no commit"),
        (github.read, [{**review("sam", "approved"), "submitted_at": "soon"}], "is no time"),
        (github.read, event(pull_request=None), "event.pull_request has no `head`"),
        (github.read, event(pull_request={**PULL, "base": {"sha": "main"}}), "is no commit id"),
        (gitlab.read, {}, "event has no `object_kind`"),
        (gitlab.read, {"object_kind": "push"}, "object_kind is not"),
        (gitlab.read, hook(last_commit=None), "last_commit has no `id`"),
        (gitlab.read, hook(updated_at=7), "updated_at is no text"),
        (gitlab.read, hook(target_branch=None), "target_branch is no text"),
        (gitlab.read, [], "event has no `object_kind`"),
    ],
)
def test_anything_else_is_refused_with_its_place(read: Any, given: Any, place: str) -> None:
    with pytest.raises(UnreadableEventError, match=place) as found:
        read(given)
    assert found.value.remedy
