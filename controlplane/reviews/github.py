"""Reviews as GitHub says them: the `pull_request_review` event, or the list of the reviews API.

Formats: https://docs.github.com/webhooks/webhook-events-and-payloads#pull_request_review and
https://docs.github.com/rest/pulls/reviews. The list says neither head nor author; give it as
`{"pull_request": …, "reviews": […]}` with the pull request as the API returns it to have both.
"""

from __future__ import annotations

from controlplane.reviews.model import At, Review, Reviews, State
from evidence.canonical import Json

ISSUER = "https://github.com"
# A comment or a review that was not sent yet changes nobody's word.
_STATES: dict[str, State] = {
    "approved": "approved",
    "changes_requested": "changes requested",
    "dismissed": "dismissed",
}
_SILENT = {"commented", "pending"}


def read(event: Json, issuer: str = "") -> Reviews:
    """Return what the event or the list says; raises UnreadableEventError."""
    at = At(event)
    head = author = ""
    if "pull_request" in at:
        head = at["pull_request"]["head"]["sha"].commit()
        author = at["pull_request"]["user"]["login"].text()
    single = "review" in at
    if single:
        listed = [at["review"]]
    else:
        listed = (at["reviews"] if isinstance(event, dict) else at).items()
    reviews = tuple(found for each in listed if (found := _review(each)) is not None)
    return Reviews("github", issuer or ISSUER, head, author, reviews, complete=not single)


def _review(at: At) -> Review | None:
    state = at["state"].text().lower()
    if state in _SILENT:
        return None
    if state not in _STATES:
        raise at["state"].wrong(f"is {state!r}, which GitHub does not say of a review")
    return Review(
        login=at["user"]["login"].text(),
        state=_STATES[state],
        commit=at["commit_id"].commit(),
        time=at["submitted_at"].time(),
    )
