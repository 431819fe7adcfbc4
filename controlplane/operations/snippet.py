"""A plain value written as the YAML a person would type: block style, quotes where needed."""

from __future__ import annotations

import json
from typing import Any

from controlplane.repo.yaml.write import scalar


def snippet(value: Any, indent: int = 0) -> str:
    """Return `value` (plain JSON) as YAML lines, `indent` spaces deep, without a last newline."""
    pad = " " * indent
    if isinstance(value, dict) and value:
        return "\n".join(_entry(key, item, indent) for key, item in value.items())
    if isinstance(value, list) and value:
        items = (snippet(item, indent + 2) for item in value)
        return "\n".join(f"{pad}- {text[indent + 2 :]}" for text in items)
    return pad + _written(value)


def _entry(key: str, value: Any, indent: int) -> str:
    pad = " " * indent
    if isinstance(value, dict | list) and value:
        return f"{pad}{scalar(key)}:\n{snippet(value, indent + 2)}"
    return f"{pad}{scalar(key)}: {_written(value)}"


def _written(value: Any) -> str:
    return scalar(value) if isinstance(value, str) else json.dumps(value)
