"""Between keys and trust roots: what to commit for new keys, and what an auditor takes along.

Decides how a TrustRoot is written for keys of this machine, which keys of a repository's trust
roots a verification may count on, and what lint has against them. Whether a signature holds is
left to `evidence`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from controlplane.errors import InvalidRepositoryError
from controlplane.operations.snippet import snippet
from controlplane.repo.git import GitRepository
from controlplane.repo.snapshot import Snapshot, read_part
from controlplane.resources import API_VERSION
from controlplane.resources.scalars import Timestamp
from controlplane.resources.trust_root import Key, TrustRoot
from controlplane.values import FieldPath, Position, Problem
from evidence.crypto import PublicKey
from evidence.errors import MalformedError
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


class NoTrustError(InvalidRepositoryError):
    """No trust root holds a key, so that nobody's signature counts."""


def trust_set(snapshot: Snapshot) -> TrustSet:
    """Return the keys of every trust root of a snapshot.

    Raises NoTrustError where there is none, InvalidRepositoryError with the place of a key that is
    none, or that stands in two roots.
    """
    found = list(_declared(snapshot))
    for problem in _unusable(found):
        raise InvalidRepositoryError(
            f"{problem.position}: {problem.message}", remedy=problem.remedy
        )
    if not found:
        raise NoTrustError(
            f"no trust root of {snapshot.revision} holds a key",
            remedy="run `cpctl keys init` and commit the TrustRoot it prints under trust/",
        )
    return TrustSet.of(_trusted(each) for each in found)


def trust_of(snapshot: Snapshot) -> TrustSet:
    """Return the keys of every trust root of a snapshot; without one, nobody's signature counts.

    Raises InvalidRepositoryError as `trust_set` does: what cannot be read is not taken for nothing.
    """
    try:
        return trust_set(snapshot)
    except NoTrustError:
        return TrustSet({})


def trust_at(repository: GitRepository, revision: str) -> TrustSet:
    """Return the keys of a commit's trust roots, reading nothing else of it than repository.yaml.

    Where roots are kept elsewhere than `layout.trust` says, their keys are not found. Raises as
    `trust_set` does, and what reading a commit raises.
    """
    places = read_part(repository, revision).places
    return trust_of(read_part(repository, revision, places.trust))


def check(snapshot: Snapshot) -> Iterator[Problem]:
    """Yield what is wrong with the keys of trust roots beyond their grammar, each at its place."""
    found = list(_declared(snapshot))
    yield from _unusable(found)
    for each in found:
        public = _public(each.key)
        if public is not None and public.algorithm != each.key.algorithm:
            yield Problem(
                each.place(("algorithm",)),
                "trust/algorithm",
                f"key {each.key.name} is of {public.algorithm}, not of {each.key.algorithm}",
                f"write `algorithm: {public.algorithm}`, or give the key that was meant",
            )


@dataclass(frozen=True)
class _Declared:
    """A key of a trust root, and where it stands."""

    key: Key
    number: int
    root: str
    snapshot: Snapshot

    def place(self, field: FieldPath) -> Position:
        """Return where a field of the key stands."""
        path = ("spec", "keys", self.number, *field)
        return self.snapshot.locate("TrustRoot", self.root, path)


def _declared(snapshot: Snapshot) -> Iterator[_Declared]:
    for identity, root in snapshot.of_kind("TrustRoot").items():
        if isinstance(root, TrustRoot):
            for number, key in enumerate(root.spec.keys):
                yield _Declared(key, number, identity, snapshot)


def _unusable(declared: Iterable[_Declared]) -> Iterator[Problem]:
    """Yield the keys that are none, and those that were declared before."""
    first: dict[str, _Declared] = {}
    for each in declared:
        name, public, field = each.key.name, _public(each.key), ("publicKey",)
        if public is None:
            yield Problem(
                each.place(field),
                "trust/key",
                f"key {name} is no Ed25519 or P-256 public key in PEM",
                "paste the public half again, as `cpctl keys init` printed it",
            )
        elif (earlier := first.setdefault(public.keyid, each)) is not each:
            yield Problem(
                each.place(field),
                "trust/duplicate",
                f"key {name} is the same as {earlier.key.name} at {earlier.place(field)}",
                "keep one, or generate a key for each purpose: one key, one purpose",
            )


def _public(key: Key) -> PublicKey | None:
    """Return the public half, None where it is none."""
    try:
        return PublicKey.load(key.public_key, key.name)
    except MalformedError:
        return None


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


def _trusted(declared: _Declared) -> TrustedKey:
    key = declared.key
    public = PublicKey.load(key.public_key, f"TrustRoot {declared.root}: key {key.name}")
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
