"""The JSON Schema (draft 2020-12) of every kind, for editors and for other programs.

Generated from the models: descriptions, defaults, choices and grammars are theirs. What JSON
Schema cannot say (rules between fields, references) stays with the models and with `repo`.
"""

from __future__ import annotations

import re
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from controlplane.resources.base import API_VERSION, Model
from controlplane.resources.kinds import KINDS
from controlplane.resources.shape import fields

DIALECT = "https://json-schema.org/draft/2020-12/schema"
BASE = f"https://{API_VERSION.replace('/', '/schemas/')}"


def slug(kind: str) -> str:
    """Return a kind's name as it stands in file names: `PricePlan` is `price-plan`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", kind).lower()


def schema(kind: str) -> dict[str, Any]:
    """Return the JSON Schema of `kind`; KeyError for an unknown kind."""
    generated = KINDS[kind].model_json_schema(by_alias=True, schema_generator=_Generator)
    return {"$schema": DIALECT, "$id": f"{BASE}/{slug(kind)}.json", **generated}


def dispatching_schema() -> dict[str, Any]:
    """Return the schema that applies the one of the document's kind, from files beside it.

    An `$id` would have validators look for those files where it says, on the network.
    """
    return {
        "$schema": DIALECT,
        "title": "Any kind",
        "description": "Any document of the repository: the schema of its kind applies.",
        "type": "object",
        "required": ["apiVersion", "kind", "metadata"],
        "properties": {"kind": {"enum": list(KINDS)}},
        "allOf": [
            {
                "if": {"properties": {"kind": {"const": kind}}, "required": ["kind"]},
                "then": {"$ref": f"{slug(kind)}.json"},
            }
            for kind in KINDS
        ],
    }


class _Generator(GenerateJsonSchema):
    """Writes defaults as they stand in YAML, the sentences under fields, and no titles."""

    def encode_default(self, dft: Any) -> Any:
        """Return a default in the form it has in YAML."""
        return written(dft)

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        """Add to each property the sentence under its field."""
        generated = super().model_schema(schema)
        model: type[Model] = schema["cls"]
        for name, field in fields(model).items():
            prop = generated["properties"][name]
            prop.pop("title", None)
            if field.shape.optional:
                prop.pop("default", None)
            if field.description:
                prop["description"] = field.description
        return generated


def written(value: Any) -> Any:
    """Return a value of a model as plain JSON, as it stands in YAML."""
    if isinstance(value, Model):
        return value.model_dump(mode="json", by_alias=True, exclude_none=True)
    if isinstance(value, tuple | list):
        return [written(item) for item in value]
    if isinstance(value, dict):
        return {key: written(item) for key, item in value.items()}
    if hasattr(value, "text"):
        return value.text
    return getattr(value, "value", value)
