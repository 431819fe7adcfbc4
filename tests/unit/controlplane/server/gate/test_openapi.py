"""The description of the endpoints names what there is, and every reference in it leads somewhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jsonschema

from controlplane.server.gate.openapi import document


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for each in value.values():
            yield from references(each)
    elif isinstance(value, list):
        for each in value:
            yield from references(each)


def test_every_schema_is_one_and_is_there() -> None:
    found = document()
    schemas = found["components"]["schemas"]
    for schema in schemas.values():
        jsonschema.Draft202012Validator.check_schema(schema)
    used = {each.removeprefix("#/components/schemas/") for each in references(found)}
    assert used <= set(schemas)
    assert {"Envelope", "Batch", "ChangeRequest", "Decision", "Problem"} <= used


def test_no_answer_but_a_decision_can_allow() -> None:
    for path in document()["paths"].values():
        for status, answer in path.get("post", {"responses": {}})["responses"].items():
            schema = next(iter(answer["content"].values()))["schema"]
            assert (status == "200") == (schema != {"$ref": "#/components/schemas/Problem"})
    problem = document()["components"]["schemas"]["Problem"]
    assert problem["properties"]["allow"]["const"] is False


def test_every_status_that_an_endpoint_gives_is_described() -> None:
    """404 for a cluster nobody declared, 408 for a slow body, 401 wherever a token is asked for."""
    paths = document()["paths"]
    assert "404" in paths["/v1/admission/{cluster}"]["post"]["responses"]
    assert "404" not in paths["/v1/decisions"]["post"]["responses"]
    for operations in paths.values():
        for method, operation in operations.items():
            if method == "post":
                assert "408" in operation["responses"]
            if method in ("get", "post") and operation.get("security") != []:
                assert "401" in operation["responses"]
