"""TrustRoot: the keys and identities that count, what each may sign for, and until when."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from controlplane.resources.base import Change, Checked, Flaw, Many, Model, Resource
from controlplane.resources.common import StaffRole, Validity, repeated
from controlplane.resources.evidence_contract import Purpose
from controlplane.resources.names import HttpsUrl, Name, Positive, PublicKey, Text, Token
from controlplane.resources.scalars import Timestamp


class Revocation(Model):
    """From when something no longer counts, although it was valid."""

    since: Timestamp
    """Signatures made at this moment or later do not count."""

    reason: Text
    """Why."""


class Key(Model):
    """A public key. The private half is never in Git."""

    name: Name
    """What it is called; signatures carry it as a hint."""

    algorithm: Literal["ecdsa-p256", "ed25519"]
    """How it signs."""

    public_key: PublicKey
    """The public half, in PEM."""

    purpose: Purpose
    """The one thing it signs for."""

    roles: Many[StaffRole] = ()
    """In which roles its holder acts."""

    holder: Text | None = None
    """Who or what holds the private half."""

    person: Name | None = None
    """Whose it is: one word for all keys and identities of that person."""

    validity: Validity = Validity()
    """From when until when it counts."""

    revoked: Revocation | None = None
    """From when it no longer counts, although it was valid."""


class TrustedIdentity(Model):
    """A person or program as its issuer knows it."""

    name: Name
    """What it is called here."""

    issuer: HttpsUrl
    """The OIDC issuer."""

    subject: Token
    """The subject in its tokens, or an e-mail address."""

    person: Name | None = None
    """Whose it is, as for keys; absent: its `name`."""

    purposes: Annotated[Many[Purpose], Field(min_length=1)]
    """What it may sign for."""

    roles: Many[StaffRole] = ()
    """In which roles it acts."""

    validity: Validity = Validity()
    """From when until when it counts."""

    revoked: Revocation | None = None
    """From when it no longer counts, although it was valid."""


class TrustRootSpec(Checked):
    """Whose signatures count for what."""

    version: Positive = 1
    """Counts up with every change, so that an old one cannot be passed off as current."""

    threshold: Positive = 1
    """How many keys of purpose `approve` must sign the next version of this file."""

    keys: Many[Key] = ()
    """The keys that count."""

    identities: Many[TrustedIdentity] = ()
    """The identities that count."""

    def flaws(self) -> Iterator[Flaw]:
        """Check that names and keys are unique and that the threshold can be reached."""
        yield from repeated([key.name for key in self.keys], "keys", "key")
        yield from repeated([i.name for i in self.identities], "identities", "identity")
        bodies = ["".join(key.public_key.split()) for key in self.keys]
        for index, body in enumerate(bodies):
            if body in bodies[:index]:
                yield Flaw(
                    ("keys", index, "publicKey"),
                    "duplicate",
                    f"key `{self.keys[index].name}` is the same as an earlier one",
                    "generate a key for each purpose: one key, one purpose",
                )
        yield from self._reachable()

    def _reachable(self) -> Iterator[Flaw]:
        approvers = sum(key.purpose == "approve" for key in self.keys)
        approvers += sum("approve" in identity.purposes for identity in self.identities)
        if self.threshold > max(approvers, 1):
            yield Flaw(
                ("threshold",),
                "range",
                f"`threshold` is {self.threshold}, but {approvers} may approve",
                "lower it, or add keys or identities of purpose `approve`",
            )


class TrustRoot(Resource):
    """Whose signatures count for what."""

    default_class: ClassVar[Change] = "security"

    kind: Literal["TrustRoot"]
    """Always `TrustRoot`."""

    spec: TrustRootSpec
    """The keys and identities that count."""
