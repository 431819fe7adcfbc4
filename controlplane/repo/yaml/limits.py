"""How much of a YAML file is read before it is refused. Each bound is far above honest use."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Bounds on one file. Sizes are in bytes, lengths in characters."""

    size: int = 1024 * 1024
    documents: int = 1000
    depth: int = 32
    scalars: int = 100_000
    scalar_length: int = 65_536
    problems: int = 100


DEFAULT = Limits()
LARGEST_INTEGER = 2**53 - 1  # what every JSON reader keeps exactly (RFC 8259, section 6)
