"""Who is who, by the trust roots of a base: keys, identities, and the persons behind them.

Several keys and identities may be one person's: `person` says so. Only the trust roots of the base
are asked, so that a change can bring neither its own approver nor another name for its author.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from controlplane.repo.git.objects import Person
from controlplane.repo.snapshot import Snapshot
from controlplane.resources.trust_root import Key, TrustedIdentity, TrustRoot
from evidence.canonical import Json
from evidence.crypto import PublicKey
from evidence.shape import stamp

GITHUB = "https://github.com"
_NOREPLY = re.compile(r"(?:\d+\+)?([A-Za-z0-9-]+)@users\.noreply\.github\.com")


@dataclass(frozen=True)
class People:
    """The keys and identities of every trust root of one snapshot."""

    keys: tuple[Key, ...] = ()
    identities: tuple[TrustedIdentity, ...] = ()

    @classmethod
    def of(cls, snapshot: Snapshot) -> People:
        """Return who is known at `snapshot`."""
        roots = [r for r in snapshot.of_kind("TrustRoot").values() if isinstance(r, TrustRoot)]
        return cls(
            tuple(key for root in roots for key in root.spec.keys),
            tuple(identity for root in roots for identity in root.spec.identities),
        )

    def key(self, keyid: str) -> Key | None:
        """Return the key with that id, None where no trust root names it."""
        for key in self.keys:
            if PublicKey.load(key.public_key, f"key {key.name}").keyid == keyid:
                return key
        return None

    def identity(self, issuer: str, subject: str) -> TrustedIdentity | None:
        """Return the identity its issuer knows as `subject`; names of accounts ignore case."""
        wanted = (issuer.rstrip("/").lower(), subject.lower())
        for each in self.identities:
            if (each.issuer.rstrip("/").lower(), each.subject.lower()) == wanted:
                return each
        return None

    def author(self, email: str) -> str:
        """Return the person whom a commit's e-mail address names, "" where nobody is known by it.

        A commit's author is a claim: Git does not prove it.
        """
        if found := _NOREPLY.fullmatch(email):
            identity = self.identity(GITHUB, found[1])
            return person_of(identity) if identity else ""
        named = {person_of(i) for i in self.identities if i.subject.lower() == email.lower()}
        return named.pop() if len(named) == 1 else ""

    def approvers(self) -> int:
        """Return how many people may approve at all, some time."""
        found = {key.person or key.name for key in self.keys if key.purpose == "approve"}
        found |= {person_of(each) for each in self.identities if "approve" in each.purposes}
        return len(found)

    def signers(self) -> set[str]:
        """Return the people who may approve with a key of their own."""
        return {key.person for key in self.keys if key.purpose == "approve" and key.person}

    def names(self, person: str) -> list[str]:
        """Return every name that code owners may use for a person."""
        found = {person}
        for key in self.keys:
            if key.purpose == "approve" and (key.person or key.name) == person:
                found.add(key.name)
        for identity in self.identities:
            if person_of(identity) == person:
                found |= {identity.name, identity.subject}
        return sorted(found)

    def authors(self, wrote: Iterator[Person]) -> list[Json]:
        """Return who wrote a change: [{"name", "email", "person"}…], once each."""
        found = {(each.email, each.name) for each in wrote}
        return [
            {"name": name, "email": email, "person": self.author(email)}
            for email, name in sorted(found)
        ]


def person_of(identity: TrustedIdentity) -> str:
    """Return whose identity it is."""
    return identity.person or identity.name


def objection(identity: TrustedIdentity, when: str) -> str:
    """Return why an identity does not approve at `when` (RFC 3339 in UTC), "" where it does."""
    validity, revoked = identity.validity, identity.revoked
    if "approve" not in identity.purposes:
        return "is not trusted to approve"
    if validity.starts is not None and when < stamp(validity.starts.moment):
        return f"counts only from {stamp(validity.starts.moment)}"
    if validity.ends is not None and when >= stamp(validity.ends.moment):
        return f"counted only until {stamp(validity.ends.moment)}"
    if revoked is not None and when >= stamp(revoked.since.moment):
        return f"is revoked from {stamp(revoked.since.moment)}"
    return ""
