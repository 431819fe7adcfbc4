"""What can stop a repository from being read. What is wrong inside a file is a Problem instead."""

from __future__ import annotations

from controlplane.errors import InvalidRepositoryError, UsageError


class NotARepositoryError(InvalidRepositoryError):
    """There is no Git repository at or above the place that was named."""


class UnsupportedRepositoryError(InvalidRepositoryError):
    """The repository uses a feature that cannot be read here, or is not complete."""


class ShallowRepositoryError(InvalidRepositoryError):
    """The history was cut off, so what a commit descends from cannot be known."""


class MissingObjectError(InvalidRepositoryError):
    """An object that the repository refers to is not there: a partial clone, or damage."""


class TooLargeError(InvalidRepositoryError):
    """A blob is larger than the caller is willing to read."""


class UnknownRevisionError(UsageError):
    """The text names no commit of this repository, or more than one."""


class EditError(UsageError):
    """A YAML text cannot be edited in the way that was asked for."""


class GitServerError(InvalidRepositoryError):
    """A remote repository could not be asked, or does not hold the branch; worth trying again."""
