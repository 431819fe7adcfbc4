"""A change of a field in a few words."""

from __future__ import annotations

import json

from controlplane.repo.changes import SubjectChange
from controlplane.repo.compare import ABSENT
from controlplane.report.escaping import clipped
from controlplane.values import dotted


def fields(change: SubjectChange) -> list[str]:
    """Return `field: old → new` for each field that changed."""
    return [f"{dotted(f.path)}: {_short(f.old)} → {_short(f.new)}" for f in change.fields]


def _short(value: object) -> str:
    if value is ABSENT:
        return "—"
    if isinstance(value, dict) and isinstance(value.get("text"), str):
        value = value["text"]
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return clipped(text, 40)
