"""What can be wrong when a tenant is rendered, and how it is said.

A fault is a value with a place; an error carries every fault that was found, not the first.
Turning a field of a resource into a line of a file is left to whoever holds the snapshot.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, ParamSpec, TypeVar

from controlplane.errors import ControlPlaneError, Exit
from controlplane.values import FieldPath, dotted

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class FieldPlace:
    """A field of a resource of the repository: kind, identity, and the way to the field."""

    kind: str
    identity: str
    path: FieldPath = ()

    def __str__(self) -> str:
        return f"{self.kind}/{self.identity} {dotted(self.path)}".rstrip()


@dataclass(frozen=True)
class FilePlace:
    """A line (from 1) of a template, a schema or a chart. `path` counts from the root."""

    path: str
    line: int = 1

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True)
class Fault:
    """One thing that keeps a tenant from being rendered."""

    place: FieldPlace | FilePlace
    code: str
    message: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


class RenderError(ControlPlaneError):
    """The repository says something that cannot be rendered; `faults` holds all of it."""

    exit_code: ClassVar[int] = Exit.INVALID_REPOSITORY

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults), remedy=faults[0].remedy)
        self.faults = tuple(faults)


class RendererUnavailableError(ControlPlaneError):
    """A program that rendering needs is missing, too slow or broken: nothing is known."""

    exit_code: ClassVar[int] = Exit.INDETERMINATE


class Faults:
    """Collects what goes wrong in parts that do not depend on each other."""

    def __init__(self) -> None:
        self._found: list[Fault] = []

    def add(self, *faults: Fault) -> None:
        """Remember faults that were found as values."""
        self._found.extend(faults)

    def collect(self, work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T | None:
        """Return what `work` returns, None where it failed; its faults are remembered."""
        try:
            return work(*given, **named)
        except RenderError as error:
            self._found.extend(error.faults)
            return None

    def raise_if_any(self) -> None:
        """Raise one RenderError with everything found so far, each fault once."""
        if self._found:
            raise RenderError(list(dict.fromkeys(self._found)))
