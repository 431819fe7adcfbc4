"""Reviews as GitHub says them: the `pull_request_review` event, or the list of the reviews API.

Formats: https://docs.github.com/webhooks/webhook-events-and-payloads#pull_request_review and
https://docs.github.com/rest/pulls/reviews. The list says neither head, base nor author; it is
believed as `{"pull_request": …, "reviews": […]}` with the pull request as the API returns it. By
itself it can void approvals and give none: against which base somebody reviewed is not known.
"""

from __future__ import annotations

from controlplane.reviews.model import At, Review, Reviews, State, UnreadableEventError
from evidence.canonical import Json

ISSUER = "https://github.com"
# A comment or a review that was not sent yet changes nobody's word.
_STATES: dict[str, State] = {
    "approved": "approved",
    "changes_requested": "changes requested",
    "dismissed": "dismissed",
}
_SILENT = {"commented", "pending"}
_PAGES = (30, 100)  # the sizes of a page of the API: by default, and at most


def read(event: Json, issuer: str = "") -> Reviews:
    """Return what the event or the list says; raises UnreadableEventError."""
    at = At(event)
    head = base = author = repository = ""
    if "pull_request" in at:
        head = at["pull_request"]["head"]["sha"].commit()
        base = at["pull_request"]["base"]["sha"].commit()
        author = at["pull_request"]["user"]["login"].text()
        if "repo" in at["pull_request"]["base"]:
            repository = at["pull_request"]["base"]["repo"]["full_name"].text()
    single = "review" in at
    listed = [at["review"]] if single else _whole(at)
    reviews = tuple(found for each in listed if (found := _review(each)) is not None)
    if not base and any(review.state == "approved" for review in reviews):
        raise at.wrong(
            "does not say into which base the approved commits were to be merged",
            'give `{"pull_request": …, "reviews": […]}`, with both as the API returns them',
        )
    return Reviews(
        "github", issuer or ISSUER, head, author, reviews, not single, base, repository=repository
    )


def _whole(at: At) -> list[At]:
    """Return a list's reviews; one that may be the first page of several is refused."""
    at = at["reviews"] if isinstance(at.value, dict) else at
    listed = at.items()
    if listed and any(len(listed) % size == 0 for size in _PAGES):
        raise UnreadableEventError(
            f"{at.place} holds {len(listed)} reviews, which may be full pages with more to come",
            remedy="fetch all of them with `gh api --paginate`; where there are exactly so many, "
            "add a review comment and fetch again",
        )
    return listed


def _review(at: At) -> Review | None:
    state = at["state"].text().lower()
    if state in _SILENT or at["user"].value is None:  # a deleted account's word is nobody's
        return None
    if state not in _STATES:
        raise at["state"].wrong(f"is {state!r}, which GitHub does not say of a review")
    return Review(
        login=at["user"]["login"].text(),
        state=_STATES[state],
        commit=at["commit_id"].commit(),
        time=at["submitted_at"].time(),
    )
