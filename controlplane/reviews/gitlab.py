"""Reviews as GitLab says them: the `merge_request` webhook, or what the approvals API returns.

Formats: https://docs.gitlab.com/user/project/integrations/webhook_events/#merge-request-events and
https://docs.gitlab.com/api/merge_request_approvals/. An approval of the API does not say which
commit it is about. It is believed only as `{"merge_request": …, "approvals": …, "project": …}`,
where the project's settings say `reset_approvals_on_push`. The webhook names no commit that it is
to be merged into, only the branch: `oldrev` is what the source branch held before a push, and is
not there when somebody approves.
"""

from __future__ import annotations

from controlplane.reviews.model import At, Review, Reviews, State
from evidence.canonical import Json

ISSUER = "https://gitlab.com"
_ACTIONS: dict[str, State] = {
    "approval": "approved",
    "approved": "approved",
    "unapproval": "dismissed",
    "unapproved": "dismissed",
}


def read(event: Json, issuer: str = "") -> Reviews:
    """Return what the event or the list says; raises UnreadableEventError."""
    at = At(event)
    if "approvals" in at:
        return _listed(at, issuer or ISSUER)
    if at["object_kind"].value != "merge_request":
        raise at["object_kind"].wrong("is not `merge_request`")
    said = at["object_attributes"]
    head = said["last_commit"]["id"].commit()
    state = _ACTIONS.get(str(said["action"].value))
    reviews: tuple[Review, ...] = ()
    if state is not None:
        login = at["user"]["username"].text()
        reviews = (Review(login, state, head, said["updated_at"].time()),)
    # The webhook names the author by number only, unless the author is who acted.
    author = at["user"]["username"].text() if _acted(at) else ""
    target = said["target_branch"].text()
    project = _project(at)
    return Reviews(
        "gitlab", issuer or ISSUER, head, author, reviews, target=target, repository=project
    )


def _project(at: At) -> str:
    """Return the path of the project that it is to be merged into, "" where none is named."""
    named = "project" in at and "path_with_namespace" in at["project"]
    return at["project"]["path_with_namespace"].text() if named else ""


def _acted(at: At) -> bool:
    """Whether the author of the merge request is who acted."""
    user, said = at["user"], at["object_attributes"]
    return "id" in user and "author_id" in said and user["id"].value == said["author_id"].value


def _listed(at: At, issuer: str) -> Reviews:
    if at["project"]["reset_approvals_on_push"].value is not True:
        raise at["project"]["reset_approvals_on_push"].wrong(
            "is not true, so an approval may be about commits that are gone"
        )
    request = at["merge_request"]
    head = request["sha"].commit()
    reviews = tuple(
        Review(each["user"]["username"].text(), "approved", head, each["approved_at"].time())
        for each in at["approvals"]["approved_by"].items()
    )
    author = request["author"]["username"].text()
    base = ""
    if "diff_refs" in request and request["diff_refs"].value is not None:
        base = request["diff_refs"]["base_sha"].commit()
    target = request["target_branch"].text() if "target_branch" in request else ""
    if reviews and not (base or target):
        raise request.wrong(
            "does not say into what the approved commits were to be merged",
            "give the merge request as the API returns it, with `diff_refs` and `target_branch`",
        )
    return Reviews(
        "gitlab", issuer, head, author, reviews, complete=True, base=base, target=target,
        repository=_project(at),
    )  # fmt: skip
