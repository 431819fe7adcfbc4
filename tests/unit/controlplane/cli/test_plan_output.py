"""What a plan is shown to be: what is done, what is left alone, and what is not ours."""

from __future__ import annotations

import json

from controlplane.cli.plan_output import as_json_text, as_markdown, as_table
from reconciler.model import Placement, Plan

ACME = Placement("acme/prod", "eu")
BESIDE = [Plan(ACME, "r", (), (), in_sync=3, foreign=("a `b`\nc",))]


def test_what_others_left_beside_ours_is_named_in_every_form() -> None:
    row, summary = as_table(BESIDE).splitlines()[1:]
    assert row.split("  ")[0] == "acme/prod@eu"
    assert "(foreign)" in row
    assert "a `b` c" in row
    assert summary == "1 placement(s): 1 foreign, 3 in sync"
    assert json.loads(as_json_text(BESIDE))[0]["foreign"] == ["a `b`\nc"]
    assert "- foreign `a 'b' c`: made by others" in as_markdown(BESIDE)
