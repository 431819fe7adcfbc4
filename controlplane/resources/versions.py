"""Versions of packs and the ranges that tenants name: the grammar of Python's `packaging`.

A version is three whole numbers (PEP 440 release). A range is PEP 440 specifiers joined by
commas: `>=1.2,<2`, `~=1.2`, `==1.2.3`. The only module that imports packaging.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Self

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

from controlplane.resources.scalars import Scalar, bad


@dataclass(frozen=True)
class PackVersion(Scalar):
    """Three whole numbers joined by dots."""

    release: tuple[int, int, int]

    noun: ClassVar[str] = "a pack version"
    pattern: ClassVar[str] = r"^(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})$"
    example: ClassVar[str] = "1.2.3"

    @classmethod
    def read(cls, text: str, match: re.Match[str]) -> Self:
        """Build from the three numbers."""
        return cls(text, (int(match[1]), int(match[2]), int(match[3])))

    def projection(self) -> dict[str, str | int]:
        """Return the numbers by name."""
        major, minor, patch = self.release
        return {"major": major, "minor": minor, "patch": patch}

    def form(self, policy: bool) -> Any:  # noqa: FBT001 - the signature of Scalar
        """Return the text: rules compare versions as resolved by the lock, not by arithmetic."""
        return self.text

    @cached_property
    def _key(self) -> Version:
        return Version(self.text)

    def __lt__(self, other: PackVersion) -> bool:
        return self.release < other.release


@dataclass(frozen=True)
class VersionRange(Scalar):
    """PEP 440 specifiers joined by commas."""

    specifiers: SpecifierSet = field(hash=False)

    noun: ClassVar[str] = "a version range"
    pattern: ClassVar[str] = r"^(?:(?:~=|==|!=|<=|>=|<|>)\s*\d[\d.]*(?:\.\*)?\s*(?:,\s*|$))+$"
    example: ClassVar[str] = ">=1.2,<2"

    @classmethod
    def read(cls, text: str, match: re.Match[str]) -> Self:
        """Build from the specifiers."""
        try:
            return cls(text, SpecifierSet(text))
        except InvalidSpecifier as error:
            raise bad(
                "version_range",
                f"{text!r} is not a version range",
                "write PEP 440 specifiers, for example >=1.2,<2 or ~=1.2 or ==1.2.3",
            ) from error

    def projection(self) -> dict[str, str | int]:
        """Return nothing: a range has no number that a rule could compute with."""
        return {}

    def form(self, policy: bool) -> Any:  # noqa: FBT001 - the signature of Scalar
        """Return the text, for rules too."""
        return self.text

    def contains(self, version: PackVersion) -> bool:
        """Whether `version` lies in the range."""
        return self.specifiers.contains(version._key)

    def newest(self, versions: Iterable[PackVersion]) -> PackVersion | None:
        """Return the highest of `versions` that lies in the range, None where there is none."""
        return max(filter(self.contains, versions), default=None)


def exactly(version: str) -> VersionRange:
    """Return the range that holds `version` alone."""
    return VersionRange.parse(f"=={version}")
