"""The repository that journeys begin with: made once by the real commands, copied for each test."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.e2e.journey import Journey


@pytest.fixture(scope="session")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Journey:
    """A repository from `cpctl init`, with keys, its first revision judged and applied."""
    journey = Journey(tmp_path_factory.mktemp("journey"))
    journey.cpctl("init", "platform")
    journey.git("init", "-q", "-b", "main")
    trust = journey.cpctl("keys", "init", "--holder", "platform").stdout
    (journey.root / "trust").mkdir(exist_ok=True)
    (journey.root / "trust" / "platform.yaml").write_text(trust, "utf-8")
    journey.edit(
        "repository.yaml",
        "ungatedMerges: gate-then-apply",
        "ungatedMerges: refuse\n  trustRoot: platform",
    )
    journey.commit("Begin")
    journey.cpctl("gate", "--genesis", "--engine", "embedded")
    journey.out.mkdir()
    journey.apply()
    return journey


@pytest.fixture
def journey(begun: Journey, tmp_path: Path) -> Journey:
    """A copy of that repository, its keys and its target, for one test to change."""
    copied = Journey(tmp_path / "journey")
    shutil.copytree(begun.folder, copied.folder)
    return copied
