"""Names for results that stay the same while the files around them are edited.

A name is made of what the result says (rule, subject, code, field, parameters) and never of a line.
Steps of a field path that are numbers are named after the item they lead to (`item_names`), so that
an item put before it changes nothing.
"""

from __future__ import annotations

import re
from typing import Final

from evidence.canonical import Json, digest

VERSION: Final = "cpctl/v1"
LENGTH: Final = 32  # hexadecimal digits, 128 bits

_PLACE: Final = re.compile(r":\d+(?::\d+)?\b")


def of(*parts: Json) -> str:
    """Return the name of something that is made of `parts`."""
    return digest([VERSION, *parts]).removeprefix("sha256:")[:LENGTH]


def of_problem(path: str, code: str, message: str) -> str:
    """Return the name of a problem; places that its message mentions do not count."""
    return of(path, code, _PLACE.sub("", message))
