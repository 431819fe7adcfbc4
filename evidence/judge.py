"""Whether one signed statement and the key behind it hold, against a trust set.

Pure: values in, findings out. Where the statement came from, a bundle or a log's directory, is
left to the caller.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from evidence.dsse import Envelope
from evidence.objects import KnownKey
from evidence.report import Finding
from evidence.statement import PURPOSE_OF_KIND, Statement
from evidence.trust import TrustedKey, TrustSet, too_late

BUNDLED_ONLY = (
    "signed by a key that only the evidence itself vouches for; bring the trust set along, "
    "or accept the bundled keys on purpose"
)


@dataclass(frozen=True)
class Judge:
    """Judges keys and statements. `trust` None accepts the keys that came with the evidence."""

    bundled: Mapping[str, KnownKey]
    trust: TrustSet | None
    now: datetime

    def key(self, keyid: str) -> TrustedKey | None:
        """Return the key that counts under this id, None where none does."""
        if self.trust is not None:
            return self.trust.keys.get(keyid)
        known = self.bundled.get(keyid)
        return TrustedKey(known.name, known.purpose, known.public_key) if known else None

    def bundled_keys(self, parts: Mapping[str, str]) -> Iterator[Finding]:
        """Yield what the bundled keys say otherwise than the trust set; `parts` by keyid."""
        for keyid, known in self.bundled.items():
            trusted = self.key(keyid)
            if trusted is None:
                yield Finding(f"{parts[keyid]}.keyid", f"{keyid} is not in the trust set")
                continue
            for field in ("name", "purpose"):
                said, actual = getattr(known, field), getattr(trusted, field)
                if said != actual:
                    yield Finding(
                        f"{parts[keyid]}.{field}", f"is {said!r}, in the trust set {actual!r}"
                    )

    def statement(self, envelope: Envelope, said: Statement, part: str) -> Iterator[Finding]:
        """Yield why the statement's signature does not count."""
        place = f"{part}.signatures[0]"
        key = self.key(envelope.keyid)
        if key is None:
            yield Finding(f"{place}.keyid", f"{envelope.keyid} is no key that counts")
            return
        if not key.public_key.verifies(envelope.signature, envelope.signed):
            yield Finding(f"{place}.sig", f"does not verify over the payload with {key.name}")
            return
        needed = PURPOSE_OF_KIND.get(said.kind)
        if key.purpose == "log" or (needed and key.purpose != needed):
            yield Finding(
                f"{place}.keyid",
                f"a run of kind {said.kind} is signed for {needed or 'its purpose'}, but "
                f"{key.name} is for {key.purpose}",
            )
        if objection := key.objection(said.finished):
            yield Finding(f"{place}.keyid", f"signed at {said.finished}, but {objection}")
        if too_late(said.finished, self.now):
            yield Finding(f"{part}.payload", f"is of {said.finished}, which is yet to come")
        if said.started > said.finished:
            yield Finding(f"{part}.payload", "says that the run ended before it began")

    def log_key(self, keyid: str, newest: str, part: str) -> Iterator[Finding]:
        """Yield why a key does not count for a checkpoint.

        `newest` is the time of the newest entry known to be covered. The checkpoint was signed
        then or later, so a key that had ended by then did not count; one that began later may.
        """
        key = self.key(keyid)
        if key is None:
            yield Finding(part, f"{keyid} is no key that counts")
            return
        if key.purpose != "log":
            yield Finding(part, f"{key.name} is for {key.purpose}, not for log")
        if objection := replace(key, valid_from="").objection(newest):
            yield Finding(part, f"covers an entry of {newest}, but {objection}")
