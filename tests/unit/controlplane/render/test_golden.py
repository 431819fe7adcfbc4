"""Placements of the shipped example, as they must come out, byte for byte.

They need no helm; the one with a chart is compared in tests/integration/render. To accept a
change that was meant: `UPDATE_GOLDEN=1 python -m pytest tests/unit/controlplane/render`.
"""

from __future__ import annotations

import pytest

from tests.support.company import golden, golden_path, rendered

PLACEMENTS = (
    "evergreen-bank/prod@eu-regulated-1",  # dedicated, regulated
    "fjord-brewery/prod@eu-central-1",  # seen by its agency
    "iris-university/dev@eu-central-1",  # a trial, with quotas of its own
    "juniper-media/prod@eu-central-1",  # leaving: only data is left
)


@pytest.mark.parametrize("name", PLACEMENTS)
def test_a_placement_comes_out_as_it_must(name: str) -> None:
    placement = rendered(name.partition("/")[0])[name]
    assert golden(placement) == golden_path(placement).read_bytes()
