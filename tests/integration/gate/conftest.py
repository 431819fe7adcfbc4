"""A repository to deceive the gate with, made once and copied for each case."""

from __future__ import annotations

from pathlib import Path

import pytest

from controlplane.authenticated import Cache
from controlplane.policy.engines.compiled import CompiledEngine
from tests.support import binaries
from tests.support.hostile import Hostile


@pytest.fixture(scope="package")
def _hostile(tmp_path_factory: pytest.TempPathFactory) -> Hostile:
    folder = tmp_path_factory.mktemp("hostile")
    cache = Cache(folder / "cache", folder / "cache.key")
    engine = CompiledEngine(binary=binaries.need("opa"), cache=cache)
    return Hostile(folder / "repository", engine)


@pytest.fixture
def hostile(_hostile: Hostile, tmp_path: Path) -> Hostile:
    """The repository, for one test alone."""
    return _hostile.copy(tmp_path / "repository")


@pytest.fixture
def shared(_hostile: Hostile) -> Hostile:
    """The repository as it is shared by tests that only add commits to it."""
    return _hostile.fresh()
