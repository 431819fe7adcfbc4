"""A repository to deceive the gate with, made once and copied for each case."""

from __future__ import annotations

from pathlib import Path

import pytest

from controlplane.authenticated import Cache
from controlplane.policy.engine import PolicyEngine
from controlplane.policy.engines.compiled import CompiledEngine
from tests.support import binaries
from tests.support.hostile import Hostile
from tests.support.trusting import trusting_files


@pytest.fixture(scope="package")
def _folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hostile")


@pytest.fixture(scope="package")
def _engine(_folder: Path) -> PolicyEngine:
    cache = Cache(_folder / "cache", _folder / "cache.key")
    return CompiledEngine(binary=binaries.need("opa"), cache=cache)


@pytest.fixture(scope="package")
def _hostile(_folder: Path, _engine: PolicyEngine) -> Hostile:
    return Hostile(_folder / "repository", _engine)


@pytest.fixture(scope="package")
def _trusting(_folder: Path, _engine: PolicyEngine) -> Hostile:
    return Hostile(_folder / "trusting", _engine, trusting_files())


@pytest.fixture
def hostile(_hostile: Hostile, tmp_path: Path) -> Hostile:
    """The repository, for one test alone."""
    return _hostile.copy(tmp_path / "repository")


@pytest.fixture
def shared(_hostile: Hostile) -> Hostile:
    """The repository as it is shared by tests that only add commits to it."""
    return _hostile.fresh()


@pytest.fixture
def trusting(_trusting: Hostile) -> Hostile:
    """A repository with a trust root, a contract and the rules that guard both, shared as well."""
    return _trusting.fresh()
