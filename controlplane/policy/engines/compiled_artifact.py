"""A compiled policy as one file: what it was made of, and the module.

    {"apiVersion": "controlplane.dev/compiled/v1", "entries": …, "opa": …, "policies": …, "wasm": …}
    <the module's bytes>

The first line is canonical JSON. `policies` is the bundle's digest and `entries` that of the
decision's own module, so that a file says for which sources it is; `wasm` is the digest of the
module, which decisions name. A file whose digests do not hold is refused, and so is one for other
sources. That a module does what its sources say cannot be seen in it: whoever doubts compiles the
sources again with the same OPA, which gives the same bytes.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass

from controlplane.policy.entries import Entries
from controlplane.policy.errors import EngineError
from controlplane.policy.model import PolicyBundle
from evidence.canonical import Json, canonical, digest, digest_bytes

FORMAT = "controlplane.dev/compiled/v1"
LARGEST = 64 * 1024 * 1024  # bytes
REMEDY = "make it again with `cpctl policy build`"


class ArtifactError(EngineError):
    """A compiled policy is damaged, or is one of other sources."""


@dataclass(frozen=True)
class Sources:
    """What a compiled policy is made of, by digest."""

    policies: str
    entries: str

    @classmethod
    def of(cls, bundle: PolicyBundle, entries: Entries) -> Sources:
        """Return those of a bundle."""
        return cls(bundle.digest, digest_bytes(entries.module.text.encode()))


@dataclass(frozen=True)
class Artifact:
    """A compiled policy. `opa` is the version of OPA that compiled it."""

    sources: Sources
    opa: str
    wasm: bytes

    @property
    def digest(self) -> str:
        """The digest of the module, as decisions name it."""
        return digest_bytes(self.wasm)

    @property
    def key(self) -> str:
        """The digest of what determines the module: sources, OPA's version, this format."""
        return digest([FORMAT, self.sources.policies, self.sources.entries, self.opa])

    def to_bytes(self) -> bytes:
        """Return the file."""
        head = {
            "apiVersion": FORMAT,
            "entries": self.sources.entries,
            "opa": self.opa,
            "policies": self.sources.policies,
            "wasm": self.digest,
        }
        return canonical(head) + b"\n" + self.wasm

    @classmethod
    def from_bytes(cls, data: bytes, name: str = "the compiled policy") -> Artifact:
        """Read a file; raises ArtifactError where it is none, or damaged. `name` is for people."""
        line, _, wasm = data.partition(b"\n")
        head: Json = None
        with suppress(ValueError, RecursionError):  # what is wrong is said below
            head = json.loads(line) if len(data) <= LARGEST else None
        if wrong := _wrong(head, line, wasm):
            raise ArtifactError(f"{name} cannot be used: {wrong}", remedy=REMEDY)
        return cls(Sources(head["policies"], head["entries"]), head["opa"], wasm)

    def refuse_other(self, wanted: Sources) -> None:
        """Raise ArtifactError unless this was compiled of `wanted`."""
        if self.sources != wanted:
            raise ArtifactError(
                f"the compiled policy is of the policies {self.sources.policies[:19]}…, asked are "
                f"those of {wanted.policies[:19]}…",
                remedy=REMEDY + " from the revision that is judged",
            )


def _wrong(head: Json, line: bytes, wasm: bytes) -> str:
    """Return what is wrong with a file, "" where nothing is."""
    if not isinstance(head, dict) or not all(isinstance(each, str) for each in head.values()):
        return "the first line is not that of a compiled policy"
    if head.get("apiVersion") != FORMAT:
        return f"the format is not {FORMAT}"
    if set(head) != {"apiVersion", "entries", "opa", "policies", "wasm"} or canonical(head) != line:
        return "the first line is not written as it must be"
    if head["wasm"] != digest_bytes(wasm):
        return "the module is not the one that the first line names"
    return ""
