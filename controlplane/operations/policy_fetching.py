"""Brings the OPA bundles that a revision names by URL to where decisions look for them.

Only here is a server asked, and only what has the digest that Git pins is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from controlplane.errors import InvalidRepositoryError
from controlplane.repo.layout import REPOSITORY_FILE
from controlplane.repo.pinned import Pinned
from controlplane.repo.snapshot import Snapshot
from evidence.canonical import digest_bytes


class OtherContentError(InvalidRepositoryError):
    """A server answers with something else than what is pinned."""


@dataclass(frozen=True)
class Fetched:
    """A bundle of a policy set, and whether it had to be fetched."""

    policy_set: str
    url: str
    digest: str
    fresh: bool


def fetch_bundles(
    snapshot: Snapshot, pinned: Pinned, fetch: Callable[[str], bytes]
) -> Iterator[Fetched]:
    """Fetch what is not at hand, one policy set after the other.

    Raises InvalidRepositoryError without a valid `repository.yaml`, OtherContentError, and whatever
    `fetch` and `pinned` raise.
    """
    repository = snapshot.repository()
    if repository is None:
        raise _nothing_named(snapshot)
    for chosen in repository.spec.policy_sets:
        bundle = chosen.bundle
        if bundle is None or bundle.url is None:
            continue
        fresh = pinned.get(bundle.digest) is None
        if fresh:
            data = fetch(bundle.url)
            _refuse_other(bundle.url, bundle.digest, digest_bytes(data))
            pinned.put(data)
        yield Fetched(chosen.name, bundle.url, bundle.digest, fresh)


def _nothing_named(snapshot: Snapshot) -> InvalidRepositoryError:
    wrong = [each for each in snapshot.problems if each.position.path == REPOSITORY_FILE]
    words = "; ".join(f"{each.position}: {each.message}" for each in wrong)
    return InvalidRepositoryError(
        words or f"{snapshot.revision} has no {REPOSITORY_FILE}, which names the policy sets",
        remedy="see `cpctl lint`",
    )


def _refuse_other(url: str, wanted: str, given: str) -> None:
    if given != wanted:
        raise OtherContentError(
            f"{url} answers {given}, and {wanted} is what is pinned",
            remedy="ask whoever publishes it; where the new one is wanted, review it and pin it",
        )
