"""What a refusal becomes, and what of it is repeated."""

from __future__ import annotations

import json

import pytest

from reconciler.targets.kubernetes.attempt import manager_of
from reconciler.targets.kubernetes.errors import ApiError, from_response

CONFLICT = {
    "message": 'Apply failed with 1 conflict: conflict with "evil" using apps/v1: .spec.replicas',
    "reason": "Conflict",
    "details": {
        "causes": [
            {
                "reason": "FieldManagerConflict",
                "message": 'conflict with "evil" using apps/v1',
                "field": ".spec.replicas",
            }
        ]
    },
}
IMMUTABLE = {
    "message": 'Deployment.apps "d" is invalid',
    "reason": "Invalid",
    "details": {
        "causes": [
            {
                "reason": "FieldValueInvalid",
                "message": "Invalid value: hunter2: field is immutable",
                "field": "spec.selector",
            }
        ]
    },
}


def refused(status: int, body: object, *, secret: bool = False) -> ApiError:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return from_response(status, data, what="apply it", secret=secret)


def test_a_conflict_names_field_and_manager() -> None:
    for secret in (False, True):
        error = refused(409, CONFLICT, secret=secret)
        assert [(c.field, manager_of(c)) for c in error.conflicting] == [(".spec.replicas", "evil")]


def test_an_immutable_field_is_told_from_other_refusals() -> None:
    assert refused(422, IMMUTABLE).immutable
    assert refused(422, IMMUTABLE, secret=True).immutable
    assert not refused(422, CONFLICT).immutable
    assert not refused(409, IMMUTABLE).immutable


def test_words_about_a_secret_are_withheld() -> None:
    error = refused(422, IMMUTABLE | {"message": "hunter2 is wrong"}, secret=True)

    assert "hunter2" not in f"{error} {error.causes} {error.remedy}"
    assert "spec.selector" in str(error)
    assert "hunter2" in str(refused(422, IMMUTABLE | {"message": "hunter2 is wrong"}))


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 415, 422, 429, 500, 503])
@pytest.mark.parametrize("body", [CONFLICT, b"", b"404 page not found", b"[1]", b"\xff"])
def test_every_refusal_has_a_message_and_a_remedy(status: int, body: object) -> None:
    error = refused(status, body)

    assert str(error).startswith("apply it: ")
    assert len(str(error)) > len("apply it: ")
    assert error.remedy
    assert error.status == status
