"""What a pack is given: the tenant's values over the pack's defaults, checked against its schema.

Decides which value counts and whether the pack accepts it. Every problem is placed at the field
of the tenant that gave the value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from controlplane.render import naming
from controlplane.render.errors import Fault, FieldPlace, FilePlace, RenderError
from controlplane.render.model import PackFiles
from controlplane.render.streams import decoded
from controlplane.resources.tenant import Tenant, TenantPack
from controlplane.schema import json_schema
from controlplane.schema.json_schema import InputProblem, UnfitSchemaError
from controlplane.values import FieldPath, Problem

Json = Any


@dataclass(frozen=True)
class Given:
    """The values a tenant gives a pack in one environment, and where each of them stands."""

    tenant: str
    root: FieldPath
    values: Mapping[str, Json]
    origins: Mapping[str, FieldPath]

    def place(self, path: FieldPath) -> FieldPlace:
        """Return the tenant's field that gave the input at `path`."""
        if path and path[0] in self.origins:
            return FieldPlace("Tenant", self.tenant, (*self.origins[str(path[0])], *path[1:]))
        return FieldPlace("Tenant", self.tenant, self.root)


def given(tenant: Tenant, index: int, environment: str) -> Given:
    """Return the values of the tenant's pack at `index`, the environment's laid over by key."""
    choice: TenantPack = tenant.spec.packs[index]
    base: FieldPath = ("spec", "packs", index)
    origins = {key: (*base, "config", key) for key in choice.config}
    values = dict(choice.config)
    override = choice.environments.get(environment)
    if override is not None:
        values |= override.config
        above = (*base, "environments", environment, "config")
        origins |= {key: (*above, key) for key in override.config}
    return Given(tenant.metadata.name, base, values, origins)


def accepted(given: Given, files: PackFiles) -> dict[str, Json]:
    """Return the pack's whole input: values, the pack's own defaults, the schema's defaults.

    Raises RenderError with every input that the pack does not take.
    """
    inputs = files.pack.spec.inputs
    if inputs.schema_file is None:
        faults = list(_unwanted(given, files))
        if faults:
            raise RenderError(faults)
        return dict(inputs.defaults)
    text, path = _schema_text(files), f"{files.root}/{inputs.schema_file}"
    try:
        value = json_schema.load(path, text).with_defaults({**inputs.defaults, **given.values})
        problems = _problems(path, text, value)
    except UnfitSchemaError as error:
        raise RenderError([_unfit(problem) for problem in error.problems]) from error
    identity = files.pack.identity
    wrong = [
        Fault(given.place(p.path), p.code, f"{_named(p.path)} of {identity}: {p.message}", p.remedy)
        for p in problems
    ]
    if wrong:
        raise RenderError(wrong)
    return value


_KEPT = 1024  # inputs that were found to be right
_MOST = 16 * 1024  # bytes of one that is kept


def _problems(path: str, text: str, value: Json) -> tuple[InputProblem, ...]:
    """Return what the schema `text` forbids in `value`; tenants that give the same ask once.

    Only that nothing is forbidden is remembered, never a fault.
    """
    try:
        data = naming.name(value)
    except ValueError:  # it holds what is no data: the schema says where
        return json_schema.load(path, text).problems(value)
    if len(data) > _MOST:
        return json_schema.load(path, text).problems(value)
    try:
        _require_right(path, text, data)
    except _WrongError as error:
        return error.problems
    return ()


class _WrongError(Exception):
    """Keeps an answer from being remembered."""

    def __init__(self, problems: tuple[InputProblem, ...]) -> None:
        super().__init__(problems)
        self.problems = problems


@lru_cache(maxsize=_KEPT)
def _require_right(path: str, text: str, data: bytes) -> None:
    problems = json_schema.load(path, text).problems(naming.named(data))
    if problems:
        raise _WrongError(problems)


def _unfit(problem: Problem) -> Fault:
    place = FilePlace(problem.position.path, problem.position.line)
    return Fault(place, problem.code, problem.message, problem.remedy)


def _named(path: FieldPath) -> str:
    return f"input `{'.'.join(map(str, path))}`" if path else "the input"


def _unwanted(given: Given, files: PackFiles) -> Iterator[Fault]:
    for key in given.values:
        yield Fault(
            given.place((key,)),
            "unknown-input",
            f"{files.pack.identity} has no inputs, so `{key}` means nothing to it",
            "remove it, or choose a version of the pack that has this input",
        )


def _schema_text(files: PackFiles) -> str:
    name = files.pack.spec.inputs.schema_file or ""
    place = FilePlace(f"{files.root}/{name}")
    if name not in files.files:
        message = f"{files.pack.identity} names an input schema that is not in its content"
        raise RenderError([Fault(place, "input-schema", message, f"add {place.path}")])
    try:
        return decoded(files.files[name])
    except UnicodeDecodeError as error:
        raise RenderError(
            [Fault(place, "input-schema", "the schema is not UTF-8", "save it as UTF-8")]
        ) from error
