"""A bare mirror of one branch of a remote repository, and how it is brought up to date.

Credentials come by reference: an SSH agent, a key file, or a file that holds a token. They are
never part of a URL, never stored in the mirror and never in a message. Every wait is bounded.
What the server is answered, and whether it is believed, is decided in `answers`.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import pygit2

from controlplane.errors import UsageError
from controlplane.repo.errors import GitServerError, UnsupportedRepositoryError
from controlplane.repo.git.answers import Answers, Credentials, failed
from controlplane.repo.git.objects import GitRepository

CONNECT_MILLISECONDS: Final = 10_000
ANSWER_MILLISECONDS: Final = 30_000
_NOT_FOUND: Final = "status code: 404"
_SCP = re.compile(r"[\w.+-]+@[\w.-]+:[^/].*|[\w.+-]+@[\w.-]+:/.*")  # git@host:team/fleet.git


def require_remote(url: str, credentials: Credentials) -> None:
    """Raise UsageError for a URL that is no way to a repository, or that carries a secret."""
    parts = urlsplit(url)
    if _SCP.fullmatch(url) and "://" not in url:
        return
    if parts.scheme not in ("https", "ssh", "file"):
        raise UsageError(
            "a remote is reached over https, ssh or file, and this URL names none of them",
            remedy="write https://HOST/PATH, ssh://git@HOST/PATH, git@HOST:PATH or file:///PATH",
        )
    if parts.password or (parts.scheme == "https" and parts.username):
        raise UsageError(
            f"the URL of the remote at {parts.hostname} carries a credential",
            remedy="take it out of the URL and name a file that holds it: --git-token-file FILE",
        )
    if credentials.token_file and parts.scheme != "https":
        raise UsageError(
            "a token is only ever sent over https", remedy="use an https URL, or --git-key-file"
        )


def mirror_name(url: str) -> str:
    """Return the folder name of a remote's mirror: its last step, and enough to be unique."""
    last = re.sub(r"[^\w.-]", "", url.rstrip("/").rpartition("/")[2]).removesuffix(".git")
    return f"{last or 'remote'}-{hashlib.sha256(url.encode()).hexdigest()[:12]}.git"


class Mirror:
    """The bare repository on this machine that follows one branch of a remote."""

    def __init__(
        self,
        place: Path,
        url: str,
        branch: str,
        credentials: Credentials,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        """Open or make the mirror at `place`; asks the remote nothing yet. Raises UsageError."""
        require_remote(url, credentials)
        self._url, self._branch, self._credentials = url, branch, credentials
        self._seconds = seconds
        try:
            place.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._git = pygit2.init_repository(str(place), bare=True, initial_head=branch)
        except (OSError, pygit2.GitError, ValueError) as error:
            raise UnsupportedRepositoryError(
                f"no mirror can be kept in {place}: {error}",
                remedy="choose a folder that can be written to with --mirror DIR",
            ) from error
        self.repository = GitRepository(self._git)

    def fetch(self) -> None:
        """Bring the branch and published evidence up to date; raises GitServerError."""
        pygit2.settings.server_connect_timeout = CONNECT_MILLISECONDS
        pygit2.settings.server_timeout = ANSWER_MILLISECONDS
        answers = Answers(self._url, self._credentials, self._seconds)
        reference = f"refs/heads/{self._branch}"
        try:
            remote = self._git.remotes.create_anonymous(self._url)
            wanted = [f"+{reference}:{reference}", "+refs/evidence/*:refs/evidence/*"]
            remote.fetch(wanted, callbacks=answers, proxy=True)
        except GitServerError:
            raise
        except (pygit2.GitError, KeyError, ValueError, OSError) as error:
            raise failed(*self._what_happened(error)) from error
        if not self.repository.has(reference):
            raise failed(
                f"the remote repository has no branch {self._branch}",
                "name the branch to follow with --branch NAME",
            )

    def _what_happened(self, error: Exception) -> tuple[str, str]:
        """Return what libgit2 says in its words and, where that is known, in ours; the remedy."""
        said = redacted(" ".join(str(error).split()))
        message = f"the Git server did not give branch {self._branch}: {said}"
        if said.endswith(_NOT_FOUND):
            return (
                f"{message}: no repository is there, or it is hidden from these credentials",
                "check the path in the URL, and give credentials that may read it",
            )
        return (
            message,
            "see that it answers and that this machine may read the repository; "
            "with --watch it is asked again by itself",
        )


def redacted(text: str) -> str:
    """Return `text` with the user and password of every URL in it left out."""
    return re.sub(r"(\w+://)[^/@\s]+@", r"\1***@", text)
