"""What every resource has in common: the envelope, how it is checked, and its two written forms.

Models say what a field is and check what needs no other resource. Whether a reference resolves
is decided by `controlplane.repo`; whether a value is allowed is decided by policy.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, Strict, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import CoreSchema, PydanticCustomError

from controlplane.resources.markers import POLICY
from controlplane.resources.names import LabelKey, LabelValue, Name, Text
from controlplane.resources.versions import VersionRange
from controlplane.values import FieldPath

API_VERSION = "controlplane.dev/v1alpha1"

Change = Literal["routine", "pricing", "budget", "access", "security", "policy", "emergency"]
"""The classes a change can have; `emergency` is claimed by a person, never by a field."""


OwnReference = tuple[FieldPath, tuple[str, ...], str, VersionRange | None]
"""Path from the model, kinds, name, range: a reference that no single field can declare."""

T = TypeVar("T")
Many = Annotated[tuple[T, ...], Strict(strict=False)]
"""A list in YAML, a tuple in code."""


@dataclass(frozen=True)
class Flaw:
    """Two fields of one model that cannot both be meant. `path` counts from that model."""

    path: FieldPath
    code: str
    message: str
    remedy: str


class Model(BaseModel):
    """A frozen part of a resource, written in camelCase; a field it does not know is an error.

    The sentence under each field is its description: `shape.fields` reads it when it is asked
    for, because reading the source of every model would double the time of importing them.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        alias_generator=to_camel,
        defer_build=True,  # a command pays only for the kinds that it meets
        regex_engine="rust-regex",
    )

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Refuse `field:` with nothing after it: absent is said by leaving the line out."""
        schema = handler(source)
        model: Any = schema
        while model["type"] not in ("model-fields", "definition-ref"):
            model = model["schema"]
        for field in model.get("fields", {}).values():
            value = field["schema"]
            if value["type"] == "default" and value["schema"]["type"] == "nullable":
                value["schema"] = value["schema"]["schema"]
        return schema

    def own_references(self) -> Iterator[OwnReference]:
        """Yield the references that no single field can declare."""
        return iter(())


class Checked(Model, ABC):
    """A model with rules between its fields."""

    @abstractmethod
    def flaws(self) -> Iterator[Flaw]:
        """Yield everything that does not fit together, in the order of the fields."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        raise_flaws(self.flaws())
        return self


def raise_flaws(flaws: Iterable[Flaw]) -> None:
    """Raise one error that carries all of `flaws`; return when there are none."""
    found = tuple(flaws)
    if found:
        text = "; ".join(flaw.message for flaw in found)
        raise PydanticCustomError("inconsistent", "{text}", {"text": text, "flaws": found})


class Metadata(Model):
    """What a resource is called and how it is found."""

    name: Name
    """Unique among resources of the same kind: lower-case letters, digits, dashes; at most 63."""

    display_name: Text | None = None
    """What people call it, in any script."""

    description: Text | None = None
    """One or two sentences for whoever meets it next."""

    labels: dict[LabelKey, LabelValue] = Field(default_factory=dict)
    """Short facts to select by, in the grammar of Kubernetes labels."""

    annotations: dict[LabelKey, str] = Field(default_factory=dict)
    """Free text that tools keep here; nothing selects by it."""


class Resource(Model):
    """One document of the repository. Subclasses pin `kind` and give `spec`."""

    default_class: ClassVar[Change] = "routine"

    api_version: Literal["controlplane.dev/v1alpha1"]
    """The version of the vocabulary this document is written in."""

    kind: str
    """What the document describes."""

    metadata: Metadata
    """What the resource is called and how it is found."""

    @property
    def identity(self) -> str:
        """What tells it from others of its kind: the name, for a pack `name@version`."""
        return self.metadata.name

    def for_policy(self) -> dict[str, Any]:
        """Return the JSON document that rules judge.

        The shape of the YAML with defaults filled in; what is absent stays absent. Money,
        quantities, durations, percentages and timestamps are objects that hold the text and an
        integer below 2^53; no floating-point number occurs anywhere.
        """
        return self.model_dump(mode="json", by_alias=True, exclude_none=True, context=POLICY)

    def for_yaml(self) -> dict[str, Any]:
        """Return what was written, as plain values: parsing it again gives an equal resource."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_unset=True)
