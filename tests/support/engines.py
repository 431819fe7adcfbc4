"""Every policy engine that is installed, for tests that ask all of them the same."""

from __future__ import annotations

from importlib.metadata import entry_points

import pytest

from controlplane.policy.engine import PolicyEngine
from controlplane.policy.engines.compiled import CompiledEngine
from controlplane.policy.engines.embedded import EmbeddedEngine
from controlplane.policy.engines.opa import OpaEngine
from tests.support import binaries

NAMES = tuple(sorted(point.name for point in entry_points(group="controlplane.policy_engines")))
EACH = [
    pytest.param(name, marks=() if name == "embedded" else pytest.mark.requires("opa"))
    for name in NAMES
]


def engine_named(name: str) -> PolicyEngine:
    """Return a new engine, with the `opa` of this machine where it needs one."""
    if name == "embedded":
        return EmbeddedEngine()
    opa = binaries.need("opa")
    return OpaEngine(binary=opa) if name == "opa" else CompiledEngine(binary=opa)
