"""The vocabulary: one frozen model per kind, and nothing that touches the outside."""

from __future__ import annotations

from controlplane.resources.base import API_VERSION, Resource
from controlplane.resources.kinds import KINDS, parse

__all__ = ["API_VERSION", "KINDS", "Resource", "parse"]
