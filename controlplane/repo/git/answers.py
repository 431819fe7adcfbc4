"""What is answered to a Git server that asks who we are, and whether its own word is believed.

Credentials come by reference and are read anew for each fetch, so that a rotated one is taken up.
A server that cannot show who it is gets none of them: its certificate must be good, its host key
known. What is wrong is said in words, with what to do about it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pygit2
import pygit2.enums

from controlplane.repo.errors import GitServerError

FETCH_SECONDS: Final = 300.0  # for one whole fetch, however steadily it trickles
RETRY_SECONDS: Final = 5.0
SIGNS_IN_AS: Final = "x-access-token"  # GitHub's name; GitLab and Gitea take any
_AGENT = "SSH_AUTH_SOCK"
_KINDS = pygit2.enums.CredentialType


@dataclass(frozen=True)
class Credentials:
    """Where credentials are: neither given means the SSH agent, or none at all for https."""

    key_file: Path | None = None
    token_file: Path | None = None


def failed(message: str, remedy: str) -> GitServerError:
    """Return the error that says why a fetch failed; it is tried again after a while."""
    return GitServerError(message, remedy=remedy, retry_after=RETRY_SECONDS)


class Answers(pygit2.RemoteCallbacks):
    """Gives each kind of credential once, and ends a fetch that takes too long."""

    def __init__(self, url: str, references: Credentials, seconds: Callable[[], float]) -> None:
        super().__init__()
        self._tls = url.startswith("https://")
        self._references, self._seconds = references, seconds
        self._deadline = seconds() + FETCH_SECONDS
        self._given = ("", "")  # what was shown to the server, and what to look at if refused

    def certificate_check(self, certificate: None, valid: bool, host: bytes) -> bool:  # noqa: FBT001 (libgit2's signature)
        """Return True for a good certificate or a known host key; raise for any other.

        Without this, pygit2 believes every SSH server. `valid` is what libgit2 found in the
        certificate store, or in known_hosts.
        """
        if valid:
            return True
        name = host.decode("utf-8", "replace")
        if self._tls:
            raise failed(
                f"the certificate of the Git server {name} does not hold: it comes from no "
                "authority that this machine trusts, is for another name, or has expired",
                "let SSL_CERT_FILE name the PEM file of the authority that made it, and use the "
                "name in the URL that the certificate is for",
            )
        raise failed(
            f"the host key of the Git server {name} is not the one in ~/.ssh/known_hosts, "
            "or none is there",
            f"compare what `ssh-keyscan {name}` prints (-p PORT where it is not 22) with what "
            f"the server's owner published, then put it there; home is {Path.home()}",
        )

    def credentials(
        self, url: str, username_from_url: str | None, allowed_types: pygit2.enums.CredentialType
    ) -> Any:
        """Return what the server asks for; called again where that was refused."""
        user = username_from_url or "git"
        if allowed_types & _KINDS.USERNAME and not allowed_types & _KINDS.SSH_KEY:
            return pygit2.Username(user)
        shown, remedy = self._given
        if shown:
            raise failed(f"the Git server refused {shown}", remedy)
        if allowed_types & _KINDS.SSH_KEY:
            return self._key(user)
        if allowed_types & _KINDS.USERPASS_PLAINTEXT and self._references.token_file:
            return self._token(username_from_url or SIGNS_IN_AS, self._references.token_file)
        raise failed(
            "the Git server asks for credentials, and none are given",
            "name the file that holds a token: --git-token-file FILE",
        )

    def _token(self, user: str, file: Path) -> Any:
        try:
            token = file.read_text(encoding="utf-8").strip()
        except (OSError, ValueError) as error:
            raise failed(
                f"the token file {file} cannot be read", "see that it is there, readable, and text"
            ) from error
        if not token:
            raise failed(f"the token file {file} is empty", "put the token in it")
        self._given = (
            f"the token in {file}",
            "see that it has not expired and may read the repository",
        )
        return pygit2.UserPass(user, token)

    def _key(self, user: str) -> Any:
        file = self._references.key_file
        if file is None:
            return self._agent(user)
        _require_key(file)
        self._given = (
            f"the key {file} for user {user}",
            "see that the server knows its public half, that the user in the URL is right, and "
            "that it has no passphrase (one that has goes into an SSH agent)",
        )
        public = file.with_name(file.name + ".pub")
        # Without the public half libgit2 derives it; its stubs do not say that None is allowed.
        half: Any = str(public) if public.is_file() else None
        return pygit2.Keypair(user, half, str(file), "")

    def _agent(self, user: str) -> Any:
        if not os.environ.get(_AGENT):
            raise failed(
                "the Git server asks for an SSH key: none is given, and no SSH agent runs",
                "name one without a passphrase: --git-key-file FILE",
            )
        self._given = (
            f"every key of the SSH agent for user {user}",
            "see what `ssh-add -l` lists, and that the user in the URL is right",
        )
        return pygit2.KeypairFromAgent(user)

    def transfer_progress(self, stats: Any) -> None:
        """End the fetch once its time is over."""
        if self._seconds() > self._deadline:
            raise failed(
                f"the fetch took longer than {FETCH_SECONDS:.0f} seconds",
                "see whether the server or the network is slow; with --watch it is asked again",
            )


def _require_key(file: Path) -> None:
    """Raise for a file that cannot be an SSH key."""
    try:
        with file.open("rb") as opened:
            first = opened.read(64)
    except OSError as error:
        raise failed(
            f"the key file {file} cannot be read", "see that it is there and readable"
        ) from error
    if not first.startswith(b"-----BEGIN"):
        raise failed(
            f"{file} is no private SSH key",
            "give the file that `ssh-keygen` wrote, not the .pub beside it",
        )
