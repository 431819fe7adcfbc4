"""Where trust begins: the keys and the policies of the first revision, and whether they are pinned.

At genesis nothing in force vouches for anything: the first revision brings its own keys and its
own policies. `spec.genesis` of repository.yaml pins both by digest, so that a history that begins
in another way is refused. What counts after the first revision is left to decisions.
"""

from __future__ import annotations

from dataclasses import dataclass

from controlplane.errors import ControlPlaneError, Exit, InvalidRepositoryError
from controlplane.operations.policies import policy_digests
from controlplane.operations.trust import trust_of
from controlplane.policy.errors import PolicyLoadError
from controlplane.repo.snapshot import Snapshot
from evidence.canonical import digest, digest_bytes


class GenesisError(ControlPlaneError):
    """The history does not begin as it is pinned; nothing of it can be trusted."""

    exit_code = Exit.FINDINGS


@dataclass(frozen=True)
class Beginning:
    """What the first revision brings along, by digest; to be compared and to be pinned."""

    trust_root: str  # of the trust set in canonical form, as `cpctl keys trust` prints it
    policies: str  # of {policy set: digest of its policies} in canonical form


class UnreadableBeginningError(InvalidRepositoryError):
    """The first revision's policies cannot be read any more, so what they were cannot be told."""


def beginning(first: Snapshot) -> Beginning:
    """Return what trust begins with at a revision.

    Rego that this version evaluates no more is no obstacle. Raises UnreadableBeginningError where
    the policies cannot be read at all: their place is in that revision, which may be long gone from
    the working tree.
    """
    try:
        sets = dict(policy_digests(first))
    except PolicyLoadError as error:
        other = "use a version of cpctl that loads them, such as the one that pinned them"
        raise UnreadableBeginningError(
            f"the policies of the first revision, {first.revision}, do not load: {error}",
            remedy=error.remedy if error.elsewhere else other,
        ) from error
    return Beginning(digest_bytes(trust_of(first).to_bytes()), digest(sets))


def require_pinned(first: Snapshot, *readers: Snapshot) -> None:
    """Raise GenesisError where a revision pins another beginning than `first` has.

    `readers` are the revisions whose repository.yaml is asked; one without pins asks nothing.
    """
    for reader in readers:
        settings = reader.repository()
        pins = settings.spec.genesis if settings else None
        if settings is None or pins is None or not (pins.trust_root or pins.policies):
            continue
        found = beginning(first)
        for field, pinned, there in (
            ("trustRoot", pins.trust_root, found.trust_root),
            ("policies", pins.policies, found.policies),
        ):
            if pinned and str(pinned) != there:
                place = reader.locate("Repository", settings.identity, ("spec", "genesis", field))
                raise GenesisError(
                    f"{place}: {field} is pinned to {pinned}, and the first revision "
                    f"{first.revision} has {there}",
                    remedy="find out who began this history in another way; only if the pin is "
                    f"wrong, write genesis.{field}: {there}",
                )
