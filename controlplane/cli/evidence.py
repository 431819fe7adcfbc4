"""`cpctl evidence`: the evidence package's own commands, mounted as they are."""

from __future__ import annotations

from evidence.cli import evidence

__all__ = ["evidence"]
