"""What can stop policies from deciding. A rule that denies is a Finding, never one of these."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from controlplane.errors import IndeterminateError, InvalidRepositoryError
from controlplane.values import Problem

BUNDLE: Final = "policy/bundle"  # of problems with an archive that a policy set names
NOT_AT_HAND: Final = "policy/not-at-hand"  # the archive is elsewhere: to be brought, not mended
_BASE = (
    "take the version of cpctl that loads them, merge with it a change that mends them, and then "
    "come back to this one"
)


class PolicyLoadError(InvalidRepositoryError):
    """The policies cannot be evaluated faithfully; `problems` says where and why.

    `base` is the revision whose policies they are, where it is not the one somebody works on: what
    stands there now cannot be mended by an edit, for those policies would have to judge it.
    """

    def __init__(self, problems: Sequence[Problem], base: str = "") -> None:
        self.problems = tuple(problems)
        first, more = problems[0], len(problems) - 1
        said = f"{first.position}: {first.message}" + (f" (and {more} more)" if more else "")
        if base:
            super().__init__(
                f"the policies in force, those of {base}, do not load: {said}",
                remedy=first.remedy if self.elsewhere else _BASE,
            )
        else:
            super().__init__(said, remedy=first.remedy)

    @property
    def elsewhere(self) -> bool:
        """Whether the policies are to be brought here, and nothing about them is to be mended."""
        return self.problems[0].code == NOT_AT_HAND


class EngineError(IndeterminateError):
    """An evaluator did not do what it was asked; whatever it was to decide is denied."""


class EngineUnavailableError(EngineError):
    """An evaluator that was asked for is not at hand."""
