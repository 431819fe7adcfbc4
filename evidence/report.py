"""What a verification says: findings, what is proven and by whose key, and what is not proven.

Words for people and JSON for programs. What is found is left to `evidence.verify` and
`evidence.audit`.
"""

from __future__ import annotations

from dataclasses import dataclass

from evidence import shape
from evidence.canonical import Json


@dataclass(frozen=True)
class Finding:
    """Something that does not hold. `part` names it inside what was verified."""

    part: str
    message: str

    def __str__(self) -> str:
        """Return both in one line; what was verified may hold what a terminal would obey."""
        return shape.one_line(f"{self.part}: {self.message}")


@dataclass(frozen=True)
class Report:
    """The outcome of a verification. Verified means: nothing found, and something proven."""

    what: str  # what was verified, in one line
    findings: tuple[Finding, ...]
    proven: tuple[str, ...]
    not_proven: tuple[str, ...]

    @property
    def verified(self) -> bool:
        """Whether everything holds; a bundle that proves nothing does not."""
        return not self.findings and bool(self.proven)

    def to_json(self) -> dict[str, Json]:
        """Return the report as a JSON value."""
        return {
            "findings": [{"message": f.message, "part": f.part} for f in self.findings],
            "notProven": list(self.not_proven),
            "proven": list(self.proven) if self.verified else [],
            "verified": self.verified,
            "what": self.what,
        }

    def words(self) -> str:
        """Return the report as a person reads it."""
        lines = [f"{'VERIFIED' if self.verified else 'NOT VERIFIED'}: {self.what}"]
        if self.findings:
            lines += ["", "What does not hold:", *(f"  - {f}" for f in self.findings)]
        elif not self.proven:
            lines += ["", "Nothing was there to be proven."]
        else:
            lines += ["", "What is proven:", *(f"  - {text}" for text in self.proven)]
        lines += ["", "What is not proven:", *(f"  - {text}" for text in self.not_proven)]
        return "\n".join(lines)


ALWAYS_UNPROVEN = (
    "that what is recorded is what happened: a signature shows who said it, and that nobody "
    "changed it since",
    "when: every time is the signer's own claim, confirmed by no timestamp authority",
    "that everybody is shown the same log: no witness has co-signed its checkpoints",
)
