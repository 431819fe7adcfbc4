"""One comment on a request, written over each time: which of those that are there is ours."""

from __future__ import annotations

from controlplane.codehost import Comments
from controlplane.errors import UsageError


def comment(comments: Comments, body: str, marker: str) -> bool:
    """Write `body` over our former comment, else make one; return whether there was one.

    Ours begins with `marker` and is by whom the token belongs to: another's comment that holds the
    marker is left alone, so that nobody can edit what the gate said. Raises CodeHostError, and
    UsageError for a body without the marker.
    """
    if not body.startswith(marker):
        raise UsageError(
            "the file is not a comment of the gate: it does not begin with its marker",
            remedy="write it with `cpctl gate -o md=FILE`",
        )
    for each in comments.listed():
        if each.ours and each.body.startswith(marker):
            comments.replace(each, body)
            return True
    comments.make(body)
    return False
