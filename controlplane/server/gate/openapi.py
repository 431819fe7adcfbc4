"""The OpenAPI 3.1 document, generated from the models that validate requests."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from controlplane.server.gate import models
from evidence.canonical import Json

Schema = dict[str, Any]
_REFERENCE: Final = "#/components/schemas/{model}"
_ERRORS: Final = {
    "400": "The body is not JSON.",
    "401": "Neither a known token nor a known client certificate.",
    "408": "The request came too slowly.",
    "413": "The body is too large.",
    "422": "The body is not what is asked for; `place` says where.",
    "429": "Too many requests; nothing was decided. Try again after `Retry-After` seconds.",
    "500": "A fault of the server; nothing was decided.",
    "503": "No policies are in force yet, or the decision could not be made or recorded.",
    "504": "There was no decision in time.",
}
_OTHER_PAGE: Final = {
    "409": "The answer is another by now than the one whose next page is asked for."
}
_NO_CLUSTER: Final = {"404": "The revision in force has no Cluster of that name."}
_ASKED: Final[tuple[type[BaseModel], ...]] = (models.Envelope, models.Batch, models.ChangeRequest)
_GIVEN: Final[tuple[type[BaseModel], ...]] = (
    models.Decision, models.Decisions, models.ChangeDecision, models.Problem,
)  # fmt: skip
_REVIEW: Final[Schema] = {
    "type": "object",
    "description": "An AdmissionReview of admission.k8s.io/v1, as Kubernetes sends and reads it.",
    "required": ["apiVersion", "kind"],
    "properties": {
        "apiVersion": {"const": "admission.k8s.io/v1"},
        "kind": {"const": "AdmissionReview"},
        "request": {"type": "object"},
        "response": {"type": "object"},
    },
}


@cache
def document() -> Json:
    """Return the whole document."""
    _, asked = models_json_schema(
        [(model, "validation") for model in _ASKED], ref_template=_REFERENCE
    )
    _, given = models_json_schema(
        [(model, "serialization") for model in _GIVEN], ref_template=_REFERENCE
    )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "The gate over HTTP",
            "version": version("controlplane"),
            "description": "Decisions of `cpctl gate`. Whatever is not `allow: true` is a deny.",
        },
        "paths": _paths(),
        "components": {
            "schemas": {**given["$defs"], **asked["$defs"], "AdmissionReview": _REVIEW},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "certificate": {"type": "mutualTLS"},
            },
        },
        "security": [{"token": []}, {"certificate": []}],
    }


def _paths() -> Json:
    cluster = {
        "name": "cluster",
        "in": "path",
        "required": True,
        "description": "The Cluster of the catalogue that asks.",
        "schema": {"type": "string"},
    }
    review = _judges("admission", "Whether Kubernetes may take an object", ["AdmissionReview"],
                     ["AdmissionReview"], _NO_CLUSTER)  # fmt: skip
    changes = _judges("changes", "Judge a step of the served repository, or turn to the next page",
                      ["ChangeRequest"], ["ChangeDecision"], _OTHER_PAGE)  # fmt: skip
    return {
        "/v1/decisions": _judges("decisions", "Judge one envelope, or several",
                                 ["Envelope", "Batch"], ["Decision", "Decisions"]),
        "/v1/changes": changes,
        "/v1/admission/{cluster}": {**review, "parameters": [cluster]},
        "/healthz": _tells("healthz", "Whether the process answers", "text/plain"),
        "/readyz": _tells("readyz", "Whether decisions can be made", "text/plain", open_=True),
        "/metrics": _tells("metrics", "For Prometheus", "text/plain", open_=False),
        "/openapi.json": _tells("openapi", "This document", "application/json", open_=False),
    }  # fmt: skip


def _judges(
    name: str, words: str, asked: list[str], given: list[str], own: Mapping[str, str] | None = None
) -> Schema:
    problems = {status: _answer(text, ["Problem"], "application/problem+json")
                for status, text in sorted({**_ERRORS, **(own or {})}.items())}  # fmt: skip
    return {
        "post": {
            "operationId": name,
            "summary": words,
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": _one_of(asked)}},
            },
            "responses": {
                "200": _answer("The decision: allowed or denied.", given, "application/json"),
                **problems,
            },
        }
    }


def _tells(name: str, words: str, kind: str, *, open_: bool = True) -> Schema:
    schema: Schema = {"type": "string"} if kind == "text/plain" else {"type": "object"}
    responses: Schema = {"200": {"description": words, "content": {kind: {"schema": schema}}}}
    if name == "readyz":
        responses["503"] = {"description": "Not ready.", "content": {kind: {"schema": schema}}}
    if not open_:
        problem = _answer(_ERRORS["401"], ["Problem"], "application/problem+json")
        responses["401"] = problem
    told: Schema = {"operationId": name, "summary": words, "responses": responses}
    return {"get": {**told, "security": []} if open_ else told}


def _answer(words: str, given: list[str], kind: str) -> Schema:
    return {"description": words, "content": {kind: {"schema": _one_of(given)}}}


def _one_of(names: list[str]) -> Schema:
    references = [{"$ref": _REFERENCE.format(model=name)} for name in names]
    return references[0] if len(references) == 1 else {"oneOf": references}
