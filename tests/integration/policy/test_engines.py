"""Each real engine passes the conformance class."""

from __future__ import annotations

import pytest

from controlplane.policy.engine import PolicyEngine
from controlplane.policy.engines.compiled import CompiledEngine
from controlplane.policy.engines.embedded import EmbeddedEngine
from controlplane.policy.engines.opa import OpaEngine
from tests.conformance.policy_engine import PolicyEngineConformance
from tests.support import binaries
from tests.support.opa import OpaServer


class TestEmbedded(PolicyEngineConformance):
    @pytest.fixture
    def engine(self) -> PolicyEngine:
        return EmbeddedEngine()


@pytest.mark.requires("opa")
class TestOpaStartedByUs(PolicyEngineConformance):
    @pytest.fixture
    def engine(self) -> PolicyEngine:
        return OpaEngine(binary=binaries.need("opa"))


class TestOpaByUrl(PolicyEngineConformance):
    @pytest.fixture
    def engine(self, opa_server: OpaServer) -> PolicyEngine:
        return OpaEngine(url=opa_server.url)


@pytest.mark.requires("opa")
class TestCompiled(PolicyEngineConformance):
    @pytest.fixture
    def engine(self) -> PolicyEngine:
        return CompiledEngine(binary=binaries.need("opa"))
