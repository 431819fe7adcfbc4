"""What can go wrong between us and a Kubernetes API server, and what to do about each.

Decides how a status object becomes a message, and which part of it may be repeated to people: a
message about a Secret names the fields and never quotes what the server said of their values.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.errors import ReconcilerError, TargetUnavailableError

Json = Any


@dataclass(frozen=True)
class Cause:
    """One entry of `status.details.causes`: which field, and why (see metav1.StatusCause)."""

    reason: str
    field: str
    message: str


class ApiError(ReconcilerError):
    """The API server refused one request.

    `status` is the HTTP code, `reason` the machine-readable metav1.StatusReason, `causes` the
    fields concerned.
    """

    def __init__(
        self,
        message: str,
        *,
        remedy: str,
        status: int,
        reason: str = "",
        causes: tuple[Cause, ...] = (),
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, remedy=remedy, retry_after=retry_after)
        self.status = status
        self.reason = reason
        self.causes = causes

    @property
    def immutable(self) -> bool:
        """Whether the refusal is about a field that cannot be changed in place."""
        said = [str(self), *(cause.message for cause in self.causes)]
        return self.status == 422 and any(
            mark in text for text in said for mark in _IMMUTABLE_MARKS
        )

    @property
    def stale(self) -> bool:
        """Whether a patch met another version than it was made for.

        A JSON patch whose `test` fails is answered with 422 and no cause.
        """
        return self.status == 409 or (self.status == 422 and not self.causes)

    @property
    def conflicting(self) -> tuple[Cause, ...]:
        """The fields that another manager owns (server-side apply without force)."""
        return tuple(cause for cause in self.causes if cause.reason == "FieldManagerConflict")


# There is no reason of its own for it: the words come from apimachinery's
# validation.FieldImmutableErrorMsg and the update validation of StatefulSet, Job and PVC.
_IMMUTABLE_MARKS = (
    "field is immutable",
    "updates to statefulset spec for fields other than",
    "spec is immutable",
    "is immutable after creation",
    "cannot change roleRef",
    "may not change once set",
)

_REMEDIES: Mapping[int, str] = {
    400: "correct the resource: the API server could not read it",
    401: "renew the credentials that the target's connection refers to",
    403: "grant the reconciler's account that permission (see docs/kubernetes/permissions)",
    404: "create what the resource lives in first, or wait for the next pass",
    409: "somebody else wrote at the same time: the next pass looks again",
    413: "make the resource smaller: it is past the size the API server accepts",
    415: "use a Kubernetes version with server-side apply (1.22 or later)",
    422: "correct the resource: the API server refuses its content",
    429: "wait: the API server sheds load",
}


def from_response(
    status: int, body: bytes, *, what: str, secret: bool, retry_after: float | None = None
) -> ApiError:
    """Turn an error answer into an ApiError; `what` says which request, as "apply Secret/x".

    `secret` withholds the server's own words, which may quote values.
    """
    document = _status(body)
    details = document.get("details") or {}
    causes = tuple(
        Cause(
            str(entry.get("reason", "")),
            str(entry.get("field", "")),
            _safe_message(entry, secret=secret),
        )
        for entry in details.get("causes") or ()
    )
    reason = str(document.get("reason", ""))
    said = str(document.get("message", "")) or f"HTTP {status}"
    if secret:
        fields = ", ".join(sorted({cause.field for cause in causes if cause.field}))
        said = f"{reason or f'HTTP {status}'}{f' ({fields})' if fields else ''}"
    return ApiError(
        f"{what}: {said}",
        remedy=_REMEDIES.get(status, "look at the API server's log; the next pass tries again"),
        status=status,
        reason=reason,
        causes=causes,
        retry_after=retry_after,
    )


def unavailable(target: str, error: Exception) -> TargetUnavailableError:
    """Say that `target` did not answer; the vendor's error is the cause."""
    return TargetUnavailableError(
        f"{target} does not answer: {type(error).__name__}: {error}",
        remedy="check the cluster's address, its certificate and the network between",
        retry_after=5.0,
    )


def _safe_message(entry: Mapping[str, Json], *, secret: bool) -> str:
    """A conflict's message holds a manager's name and no value; others may quote one."""
    if secret and entry.get("reason") != "FieldManagerConflict":
        text = str(entry.get("message", ""))
        return next((mark for mark in _IMMUTABLE_MARKS if mark in text), "withheld")
    return str(entry.get("message", ""))


def _status(body: bytes) -> dict[str, Json]:
    try:
        document = json.loads(body)
    except ValueError:
        return {"message": body[:200].decode("utf-8", "replace")}
    return document if isinstance(document, dict) else {}
