"""Writing one text as YAML such that every reader reads that text."""

from __future__ import annotations

import json
import re

from controlplane.repo.yaml.plain import resolve

_SIMPLE = re.compile(r"[A-Za-z0-9_/](?:[\w./@+:-]*[\w/])?", re.ASCII)


def scalar(text: str) -> str:
    """Return `text` without quotes where nobody could misread it, in double quotes otherwise.

    JSON's strings are YAML's double-quoted scalars (YAML 1.2, section 1.2).
    """
    if _SIMPLE.fullmatch(text) and resolve(text) == text:
        return text
    return json.dumps(text, ensure_ascii=not text.isprintable())
