"""The rules of a policy set that is a signed OPA bundle.

Decides that the bundle is the one Git names by digest, and that a key of the trust roots of the
same revision, of purpose `publish`, signed it. No server is asked here: `cpctl policy fetch` has
put what is fetched beside Git's objects, and where it has not, nothing can be decided.

A key that was revoked counts for nothing, whenever it signed: a bundle does not say so
trustworthily. A key whose time has ended counts: the digest was accepted while it lasted.
"""

from __future__ import annotations

from collections.abc import Callable

from controlplane.operations.trust import trust_of
from controlplane.policy import archive, opa_bundle, opa_signature
from controlplane.policy.archive import ArchiveError
from controlplane.policy.errors import BUNDLE, NOT_AT_HAND, PolicyLoadError
from controlplane.policy.opa_bundle import Taken
from controlplane.repo.snapshot import Snapshot
from controlplane.resources.repository import PolicyArchive
from controlplane.values import FieldPath, Position, Problem
from evidence.canonical import digest_bytes
from evidence.crypto import PublicKey

Located = Callable[[FieldPath], Position]


def rules_of(wanted: PolicyArchive, snapshot: Snapshot, located: Located) -> Taken:
    """Return what the bundle holds. `located` finds a field of `wanted` in `repository.yaml`.

    Raises PolicyLoadError where it is not at hand, not the one that is named, or not signed as it
    must be.
    """
    data = _bytes(wanted, snapshot, located)
    keys = _keys(wanted, snapshot, located)
    try:
        return opa_bundle.taken(opa_signature.verify(archive.unpack(data), keys))
    except ArchiveError as error:
        at = located(("file",) if wanted.file else ("url",))
        problem = Problem(at, BUNDLE, f"{_name(wanted)}: {error}", error.remedy)
        raise PolicyLoadError([problem]) from error


def _name(wanted: PolicyArchive) -> str:
    return str(wanted.file or wanted.url)


def _bytes(wanted: PolicyArchive, snapshot: Snapshot, located: Located) -> bytes:
    if wanted.file is None:
        data = snapshot.pinned(wanted.digest)
        if data is None:
            text = f"{wanted.url} is not at hand, so its rules cannot be asked"
            of = f" --rev {snapshot.commit.id[:12]}" if snapshot.commit else ""
            remedy = f"run `cpctl policy fetch{of}`, which keeps it beside Git's objects"
            raise PolicyLoadError([Problem(located(("url",)), NOT_AT_HAND, text, remedy)])
        return data
    data = snapshot.file(wanted.file)
    if data is None:
        text, remedy = f"there is no file {wanted.file}", "commit the bundle there"
        raise PolicyLoadError([Problem(located(("file",)), BUNDLE, text, remedy)])
    if (given := digest_bytes(data)) != wanted.digest:
        text = f"{wanted.file} is {given}, and {wanted.digest} is what is pinned"
        remedy = "commit the bundle that is pinned, or review this one and pin it"
        raise PolicyLoadError([Problem(located(("digest",)), BUNDLE, text, remedy)])
    return data


def _keys(wanted: PolicyArchive, snapshot: Snapshot, located: Located) -> list[PublicKey]:
    """Return the keys of that name for publishing which nobody revoked."""
    trusted = [key for key in trust_of(snapshot).keys.values() if key.purpose == "publish"]
    named = [key for key in trusted if key.name == wanted.key]
    keys = [key.public_key for key in named if not key.revoked_from]
    if not keys:
        said = "is revoked" if named else "is no key of a trust root for publishing"
        known = ", ".join(sorted(key.name for key in trusted if not key.revoked_from)) or "none"
        text = f"`{wanted.key}` {said}, so no bundle can be believed for its sake"
        problem = Problem(located(("key",)), BUNDLE, text, f"keys for publishing: {known}")
        raise PolicyLoadError([problem])
    return keys
