"""What a field says of itself beside its type: what it refers to and what changing it means.

Markers stand in `Annotated[...]`. They validate nothing; `references`, `classes` and `explain`
read them, and they appear in the JSON Schema as `x-refers-to` and `x-change-class`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any, get_args

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

POLICY = {"form": "policy"}
"""The serialization context that asks a value for the form that rules judge."""


@dataclass(frozen=True)
class RefersTo:
    """The field names another resource, of one of `kinds`.

    `version` is the sibling field (Python name) that holds a version range, for packs.
    """

    kinds: tuple[str, ...]
    version: str = ""

    def __init__(self, *kinds: str, version: str = "") -> None:
        object.__setattr__(self, "kinds", kinds)
        object.__setattr__(self, "version", version)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {**handler(schema), "x-refers-to": list(self.kinds)}


@dataclass(frozen=True)
class ChangeClass:
    """A change to the field, or to anything below it, is of this class."""

    name: str

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {**handler(schema), "x-change-class": self.name}


class Unlimited(Enum):
    """Said in so many words: there is no limit. Not the same as leaving the limit out."""

    UNLIMITED = "unlimited"


UNLIMITED = Unlimited.UNLIMITED


class OrUnlimited:
    """Marks `X | Unlimited`: the text `unlimited`, or whatever X accepts."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        inner = handler.generate_schema(get_args(source)[0])
        return core_schema.no_info_wrap_validator_function(
            _limit,
            inner,
            serialization=core_schema.plain_serializer_function_ser_schema(
                _limit_form, info_arg=True
            ),
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"anyOf": [handler(schema), {"const": "unlimited"}]}


def _limit(value: Any, inner: core_schema.ValidatorFunctionWrapHandler) -> Any:
    return UNLIMITED if value in ("unlimited", UNLIMITED) else inner(value)


def _limit_form(value: Any, info: core_schema.SerializationInfo) -> Any:
    if value is UNLIMITED:
        return UNLIMITED.value
    form = getattr(value, "form", None)
    return value if form is None else form(info.context is POLICY)
