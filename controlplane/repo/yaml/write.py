"""Writing one text as YAML such that every reader reads that text."""

from __future__ import annotations

import json
import re

from controlplane.repo.yaml.plain import resolve

# Words that begin and end in a letter, a digit, a slash or a percent sign, one space between.
_WORD = r"[\w/](?:[\w./@+:-]*[\w/%])?"
_SIMPLE = re.compile(rf"{_WORD}(?: {_WORD})*", re.ASCII)


def scalar(text: str) -> str:
    """Return `text` without quotes where nobody could misread it, in double quotes otherwise.

    JSON's strings are YAML's double-quoted scalars (YAML 1.2, section 1.2), except that a
    character which cannot be seen is written by its number.
    """
    if _SIMPLE.fullmatch(text) and resolve(text) == text:
        return text
    return "".join(map(_seen, json.dumps(text, ensure_ascii=False)))


def _seen(character: str) -> str:
    return character if character.isprintable() else f"\\U{ord(character):08x}"
