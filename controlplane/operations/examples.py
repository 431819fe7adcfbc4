"""The full example of every kind, as it comes with the program."""

from __future__ import annotations

from functools import cache
from typing import Any

from controlplane.operations.shipped import shipped
from controlplane.repo import yaml
from controlplane.resources import KINDS
from controlplane.resources.schema import slug


@cache
def example_text(kind: str) -> str:
    """Return the YAML text of the example of `kind`."""
    return (shipped("schemas") / "examples" / f"{slug(kind)}.yaml").read_text("utf-8")


def example(kind: str) -> Any:
    """Return the example of `kind` as a parsed document."""
    return yaml.load(example_text(kind).encode(), slug(kind)).documents[0].value


def example_texts() -> dict[str, str]:
    """Return the YAML text of the example of every kind."""
    return {kind: example_text(kind) for kind in KINDS}
