"""A bare mirror of one branch of a remote repository, and how it is brought up to date.

Credentials come by reference: an SSH agent, a key file, or a file that holds a token. They are
never part of a URL, never stored in the mirror and never in a message. Every wait is bounded.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pygit2
import pygit2.enums

from controlplane.errors import UsageError
from controlplane.repo.errors import GitServerError, UnsupportedRepositoryError
from controlplane.repo.git.objects import GitRepository

CONNECT_MILLISECONDS: Final = 10_000
ANSWER_MILLISECONDS: Final = 30_000
FETCH_SECONDS: Final = 300.0  # for one whole fetch, however steadily it trickles
RETRY_SECONDS: Final = 5.0
_SCP = re.compile(r"[\w.+-]+@[\w.-]+:[^/].*|[\w.+-]+@[\w.-]+:/.*")  # git@host:team/fleet.git


@dataclass(frozen=True)
class Credentials:
    """Where credentials are: neither given means the SSH agent, or none at all for https."""

    key_file: Path | None = None
    token_file: Path | None = None


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
        answers = _Answers(self._credentials, self._seconds() + FETCH_SECONDS, self._seconds)
        reference = f"refs/heads/{self._branch}"
        try:
            remote = self._git.remotes.create_anonymous(self._url)
            wanted = [f"+{reference}:{reference}", "+refs/evidence/*:refs/evidence/*"]
            remote.fetch(wanted, callbacks=answers, proxy=True)
        except (pygit2.GitError, KeyError, ValueError, OSError) as error:
            raise GitServerError(
                f"the Git server did not give branch {self._branch}: {redacted(str(error))}",
                remedy="see that it answers and that this machine may read the repository; "
                "it is asked again by itself",
                retry_after=RETRY_SECONDS,
            ) from error


def redacted(text: str) -> str:
    """Return `text` with the user and password of every URL in it left out."""
    return re.sub(r"(\w+://)[^/@\s]+@", r"\1***@", text)


class _Answers(pygit2.RemoteCallbacks):
    """Gives each kind of credential once, and ends a fetch that takes too long."""

    def __init__(
        self, credentials: Credentials, deadline: float, seconds: Callable[[], float]
    ) -> None:
        super().__init__()
        self._references, self._deadline, self._seconds = credentials, deadline, seconds
        self._given = False

    def credentials(
        self, url: str, username_from_url: str | None, allowed_types: pygit2.enums.CredentialType
    ) -> Any:
        """Return what the server asks for; called again where that was refused."""
        kinds, user = pygit2.enums.CredentialType, username_from_url or "git"
        if allowed_types & kinds.USERNAME and not allowed_types & kinds.SSH_KEY:
            return pygit2.Username(user)
        if self._given:
            raise ValueError("the credentials were refused")
        self._given = True
        if allowed_types & kinds.SSH_KEY:
            return self._key(user)
        if allowed_types & kinds.USERPASS_PLAINTEXT and self._references.token_file:
            token = self._references.token_file.read_text(encoding="utf-8").strip()
            return pygit2.UserPass(username_from_url or "x-access-token", token)
        raise ValueError("credentials are asked for, and none are given")

    def _key(self, user: str) -> Any:
        file = self._references.key_file
        if file is None:
            return pygit2.KeypairFromAgent(user)
        if not file.is_file():
            raise ValueError(f"the key file {file} is not there")
        public = file.with_name(file.name + ".pub")
        # Without the public half libgit2 derives it; its stubs do not say that None is allowed.
        half: Any = str(public) if public.is_file() else None
        return pygit2.Keypair(user, half, str(file), "")

    def transfer_progress(self, stats: Any) -> None:
        """End the fetch once its time is over."""
        if self._seconds() > self._deadline:
            raise TimeoutError(f"it took longer than {FETCH_SECONDS:.0f} seconds")
