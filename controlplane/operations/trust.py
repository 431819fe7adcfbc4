"""Between keys and trust roots: what to commit for new keys, and what an auditor takes along.

Decides how a TrustRoot is written for keys of this machine, and which keys of a repository's
trust roots a verification may count on. Whether a signature holds is left to `evidence`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from controlplane.errors import InvalidRepositoryError
from controlplane.operations.snippet import snippet
from controlplane.repo.snapshot import Snapshot
from controlplane.resources import API_VERSION
from controlplane.resources.scalars import Timestamp
from controlplane.resources.trust_root import Key, TrustRoot
from evidence.crypto import PublicKey
from evidence.keys import KeyFile
from evidence.shape import stamp
from evidence.trust import TrustedKey, TrustSet


def trust_root_yaml(
    name: str, keys: Iterable[KeyFile], *, holder: str, roles: Sequence[str] = ()
) -> str:
    """Return the TrustRoot resource that lets `keys` count, as YAML to be committed."""
    document = {
        "apiVersion": API_VERSION,
        "kind": "TrustRoot",
        "metadata": {"name": name},
        "spec": {"keys": [_entry(key, holder, roles) for key in keys]},
    }
    return snippet(document) + "\n"


def trust_set(snapshot: Snapshot) -> TrustSet:
    """Return the keys of every trust root of a snapshot.

    Raises InvalidRepositoryError where there is none, MalformedError for a key in two roots.
    """
    roots = [r for r in snapshot.of_kind("TrustRoot").values() if isinstance(r, TrustRoot)]
    keys = [_trusted(key, root.metadata.name) for root in roots for key in root.spec.keys]
    if not keys:
        raise InvalidRepositoryError(
            f"no trust root of {snapshot.revision} holds a key",
            remedy="run `cpctl keys init` and commit the TrustRoot it prints under trust/",
        )
    return TrustSet.of(keys)


def trust_of(snapshot: Snapshot) -> TrustSet:
    """Return the keys of every trust root of a snapshot; without one, nobody's signature counts."""
    try:
        return trust_set(snapshot)
    except InvalidRepositoryError:
        return TrustSet({})


def _entry(key: KeyFile, holder: str, roles: Sequence[str]) -> dict[str, Any]:
    validity: dict[str, Any] = {"starts": key.created}
    if key.retired:
        validity["ends"] = key.retired
    personal = key.purpose in ("approve", "author")
    return {
        "name": key.name,
        "algorithm": key.public_key.algorithm,
        "publicKey": key.public_key.pem,
        "purpose": key.purpose,
        "roles": list(roles) if roles and personal else ["robot"],
        "holder": holder,
        **({"person": holder} if personal else {}),
        "validity": validity,
    }


def _trusted(key: Key, root: str) -> TrustedKey:
    public = PublicKey.load(key.public_key, f"TrustRoot {root}: key {key.name}")
    return TrustedKey(
        name=key.name,
        purpose=key.purpose,
        public_key=public,
        roles=tuple(sorted(key.roles)),
        valid_from=_time(key.validity.starts),
        valid_until=_time(key.validity.ends),
        revoked_from=_time(key.revoked.since) if key.revoked else "",
    )


def _time(when: Timestamp | None) -> str:
    return "" if when is None else stamp(when.moment)
