"""What one machine found out of a revision, signed so that another may go by it.

Whoever signs decisions may say that a change is allowed; that a revision is sound, and what it
holds, says no more than that. So an image counts where a key for decisions signed it that the base
trusts now. Decides what is signed (an in-toto statement of the revision and the files' digests) and
whose word is taken; where the files lie is left to `images`.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from controlplane.authenticated import Cache
from controlplane.errors import ControlPlaneError
from evidence import shape
from evidence.canonical import Json, canonical, digest_bytes, read_canonical
from evidence.dsse import LIMIT, Envelope
from evidence.errors import MalformedError
from evidence.signers.base import Signer
from evidence.statement import STATEMENT_TYPE, Subject
from evidence.trust import TrustSet

IMAGE_TYPE: Final = "https://controlplane.dev/revision-image/v1"
PURPOSE: Final = "decide"
VOUCHED: Final = "vouched"  # how a file of a cache ends that holds such a statement
MOST_WORDS: Final = 64  # of them that are looked at, the newest first
MOST_FILES: Final = 8  # that one statement vouches for


@dataclass(frozen=True)
class Vouched:
    """What is said of a revision: its commit and tree, the code that looked, and what it kept.

    `files` are the digests ("sha256:…") of what was kept, by kind.
    """

    commit: str
    tree: str
    code: str
    made: str  # RFC 3339 in UTC
    files: Mapping[str, str]

    def signed(self, signer: Signer) -> bytes:
        """Return the bytes of an envelope that says so. Raises EvidenceError as signing does."""
        revision = Subject("revision", {"gitCommit": self.commit, "gitTree": self.tree})
        kept = [
            Subject(kind, {"sha256": digest.removeprefix("sha256:")})
            for kind, digest in sorted(self.files.items())
        ]
        payload = {
            "_type": STATEMENT_TYPE,
            "predicate": {"code": self.code, "madeAt": self.made},
            "predicateType": IMAGE_TYPE,
            "subject": [each.to_json() for each in (revision, *kept)],
        }
        return Envelope.sign(canonical(payload), signer).data

    def holds(self, kind: str, content: bytes) -> bool:
        """Whether `content` is what was kept of that kind."""
        return hmac.compare_digest(self.files.get(kind, ""), digest_bytes(content))


def believed(data: bytes, trust: TrustSet, now: datetime) -> Vouched | None:
    """Return what an envelope says, None where nobody signed it whose word counts at `now`.

    A key that is revoked, not valid yet or not any more vouches for nothing, whenever it signed.
    """
    with suppress(MalformedError):
        envelope = Envelope.read(data, "image")
        key = trust.keys.get(envelope.keyid)
        if key is None or key.purpose != PURPOSE or key.revoked_from:
            return None
        if key.objection(shape.stamp(now)):
            return None
        if key.public_key.verifies(envelope.signature, envelope.signed):
            return _read(read_canonical(envelope.payload, "image", limit=LIMIT))
    return None


class Words:
    """What others vouch for in a cache, of this very code, whom a base trusts; looked up once."""

    def __init__(
        self,
        cache: Cache,
        code: str,
        trust: Callable[[], TrustSet],
        now: Callable[[], datetime],
    ) -> None:
        self._cache, self._code, self._trust, self._now = cache, code, trust, now
        self._found: Sequence[Vouched] | None = None

    def __call__(self) -> Sequence[Vouched]:
        """Return their statements, the newest first; `trust` is asked where there are any."""
        if self._found is None:
            self._found = sorted(self._believed(), key=lambda each: each.made, reverse=True)
        return self._found

    def _believed(self) -> Iterator[Vouched]:
        names = [name for name in self._cache.names("") if name.endswith(f".{VOUCHED}")]
        if not names:
            return
        with suppress(ControlPlaneError):  # roots that cannot be read make nobody trusted
            trust, now = self._trust(), self._now()
            for name in names[:MOST_WORDS]:
                data, _ = self._cache.found(name, LIMIT)
                word = None if data is None else believed(data, trust, now)
                if word is not None and word.code == self._code:
                    yield word


def _read(value: Json) -> Vouched:
    """Return what a payload says; raises MalformedError."""
    outer = shape.fields(value, "image", ("_type", "predicate", "predicateType", "subject"))
    if (outer["_type"], outer["predicateType"]) != (STATEMENT_TYPE, IMAGE_TYPE):
        raise MalformedError("image.predicateType", f"must be {IMAGE_TYPE}")
    said = shape.fields(outer["predicate"], "image.predicate", ("code", "madeAt"))
    subjects = [
        Subject.from_json(each, f"image.subject[{number}]")
        for number, each in enumerate(shape.items(outer["subject"], "image.subject", MOST_FILES))
    ]
    if not subjects or subjects[0].digest.keys() != {"gitCommit", "gitTree"}:
        raise MalformedError("image.subject[0]", "must name a commit and its tree")
    shape.moment(said["madeAt"], "image.predicate.madeAt")
    return Vouched(
        commit=subjects[0].digest["gitCommit"],
        tree=subjects[0].digest["gitTree"],
        code=shape.text(said["code"], "image.predicate.code"),
        made=said["madeAt"],
        files={each.name: f"sha256:{each.digest.get('sha256', '')}" for each in subjects[1:]},
    )
