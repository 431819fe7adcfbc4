"""What can stop policies from deciding. A rule that denies is a Finding, never one of these."""

from __future__ import annotations

from collections.abc import Sequence

from controlplane.errors import IndeterminateError, InvalidRepositoryError
from controlplane.values import Problem


class PolicyLoadError(InvalidRepositoryError):
    """The policies cannot be evaluated faithfully; `problems` says where and why."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        first, more = problems[0], len(problems) - 1
        rest = f" (and {more} more)" if more else ""
        super().__init__(f"{first.position}: {first.message}{rest}", remedy=first.remedy)
        self.problems = tuple(problems)


class EngineError(IndeterminateError):
    """An evaluator did not do what it was asked; whatever it was to decide is denied."""


class EngineUnavailableError(EngineError):
    """An evaluator that was asked for is not at hand."""
