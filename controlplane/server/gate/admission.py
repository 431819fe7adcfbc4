"""`POST /v1/admission/CLUSTER`: what a ValidatingWebhookConfiguration asks, answered in its form.

The answer echoes the uid, says in words why an object is denied, and leaves the verdict's digest in
the audit log. A dry run leaves no record. A body that is no review is answered with an error, which
the API server takes for a failure: with `failurePolicy: Fail` it denies.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import Final

from controlplane.operations.admitted_object import API_VERSION, Asked, ReviewError, review
from controlplane.operations.admitting import Admitted, Homes, admit
from controlplane.operations.served_records import of_admission
from controlplane.operations.serving import InForce
from controlplane.resources.targets import Cluster
from controlplane.server.gate import reading
from controlplane.server.gate.court import Decided
from controlplane.server.gate.messages import RefusedError, Response, answer, problem
from controlplane.server.gate.metrics import GateMetrics
from evidence.canonical import Json
from evidence.writer import FinishedRun

PATH: Final = "/v1/admission"
LONGEST_WARNING: Final = 120  # characters; Kubernetes cuts longer ones itself
LONGEST_REASON: Final = 16 * 1024  # characters of all reasons together


class AdmissionEndpoint:
    """Judges the objects of one cluster after another. For the judge's thread only."""

    def __init__(
        self,
        count: GateMetrics,
        homes: Callable[[InForce], Homes],
        now: Callable[[], datetime],
        *,
        recorded: bool,
    ) -> None:
        self._count, self._homes, self._now, self._recorded = count, homes, now, recorded

    def __call__(self, policies: InForce, body: bytes, cluster: str) -> Decided:
        """Judge one review; raises RefusedError for what is none, or of no cluster we know."""
        if not isinstance(policies.snapshot.get("Cluster", cluster), Cluster):
            raise RefusedError(_no_cluster(cluster, policies))
        value = reading.read_json(body)
        try:
            asked = review(value)
        except ReviewError as error:
            raise RefusedError(_no_review(error)) from error
        now = self._now()
        found = admit(asked, cluster, policies, self._homes(policies), now)
        open_ = found.final is not None and bool(found.final.verdict.indeterminate)
        self._count.decided(PATH, allow=found.allow, indeterminate=open_)
        response = answer(told(asked, found, policies))
        return Decided(partial(_given, response), self._runs(value, asked, found, policies, now))

    def _runs(
        self, value: Json, asked: Asked, found: Admitted, policies: InForce, now: datetime
    ) -> tuple[FinishedRun, ...]:
        if not self._recorded or asked.dry_run or found.final is None:
            return ()
        given = told(asked, found, policies)["response"]
        at = f"{now:%Y-%m-%dT%H:%M:%SZ}"
        kept = redacted(value)
        return (of_admission(found.subject, found.final, kept, given, policies, at),)


def told(asked: Asked, found: Admitted, policies: InForce) -> Json:
    """Return the AdmissionReview that answers."""
    notes = {"revision": policies.revision, "why": found.why}
    if found.subject:
        notes["subject"] = found.subject
    if found.final is not None:
        notes["verdict-digest"] = found.final.verdict.digest()
    response = {"uid": asked.uid, "allowed": found.allow, "auditAnnotations": notes}
    if found.warnings:
        response["warnings"] = [each[:LONGEST_WARNING] for each in found.warnings]
    if not found.allow:
        words = "; ".join(found.reasons)[:LONGEST_REASON]
        response["status"] = {
            "code": int(HTTPStatus.FORBIDDEN),
            "reason": "Forbidden",
            "message": f"{asked.title}: {words}",
        }
    return {"apiVersion": API_VERSION, "kind": "AdmissionReview", "response": response}


def redacted(value: Json) -> Json:
    """Return a review without what Secrets hold; for the record."""
    request = dict(value["request"])
    for name in ("object", "oldObject"):
        body = request.get(name)
        if isinstance(body, dict) and body.get("kind") == "Secret":
            hidden = {key: None for key in ("data", "stringData") if key in body}
            request[name] = {**body, **hidden, "metadata": _plain(body.get("metadata"))}
    return {**value, "request": request}


def _plain(metadata: Json) -> Json:
    """Return metadata without annotations, in which kubectl repeats the whole object."""
    if not isinstance(metadata, dict):
        return metadata
    return {key: value for key, value in metadata.items() if key != "annotations"}


def _given(response: Response, _places: Sequence[tuple[str, int]]) -> Response:
    return response


def _no_cluster(cluster: str, policies: InForce) -> Response:
    known = ", ".join(sorted(policies.snapshot.of_kind("Cluster")))
    return problem(
        HTTPStatus.NOT_FOUND,
        f"there is no Cluster {cluster!r} at {policies.revision[:12]}",
        f"ask at {PATH}/CLUSTER, with one of {known}",
    )


def _no_review(error: ReviewError) -> Response:
    return problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        str(error),
        "send an AdmissionReview of admission.k8s.io/v1 for CREATE, UPDATE or DELETE",
        place=error.place,
    )
