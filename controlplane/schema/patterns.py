"""Which regular expressions are tried on a tenant's input: those that end in bounded time.

Python's matcher backtracks. Repetition of something that itself repeats, or that can match in two
ways, can take time exponential in the text; a few plain repetitions in a row are polynomial, which
the limit on the text's length bounds. Everything else is refused, together with constructs (look
around, back references) whose cost is not seen from their text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

LENGTH = 200
REPETITIONS = 3

_TOKEN = re.compile(
    r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?:|\(\?|[()|?]|[*+]|\{\d*,?\d*\}|.", re.DOTALL
)
_BACK = re.compile(r"\\\d")


@dataclass
class _Group:
    repeats: bool = False
    branches: bool = False

    @property
    def wild(self) -> bool:
        """Whether it can match one text in several ways."""
        return self.repeats or self.branches


def pattern_flaw(pattern: str) -> str | None:
    """Return why `pattern` is not used, in words, or None where it is fit."""
    if len(pattern) > LENGTH:
        return f"it is longer than {LENGTH} characters"
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        return f"it is not a regular expression: {error}"
    parts = _TOKEN.findall(pattern)
    checks = (
        ("(?" in parts, "of the (?…) groups only (?:…) is supported"),
        (any(_BACK.fullmatch(part) for part in parts), "back references are not supported"),
        (_nested(parts), "a group that repeats or branches must not be repeated"),
        (
            sum(map(_is_unbounded, parts)) > REPETITIONS,
            f"it repeats without limit more than {REPETITIONS} times",
        ),
    )
    return next((reason for found, reason in checks if found), None)


def _nested(parts: list[str]) -> bool:
    """Whether something is repeated that itself repeats or branches."""
    open_groups, last = [_Group()], _Group()
    for part in parts:
        current = open_groups[-1]
        if part in {"(", "(?:", "(?"}:
            open_groups.append(_Group())
        elif part == ")":
            last = open_groups.pop()
            open_groups[-1].repeats |= last.repeats
            open_groups[-1].branches |= last.branches
            continue
        elif _is_repeat(part):
            if last.wild:
                return True
            current.repeats = True
        elif part == "|":
            current.branches = True
        elif part == "?":
            continue  # at most once: what it follows stays what it is
        last = _Group()
    return False


def _is_repeat(part: str) -> bool:
    return part in {"*", "+"} or (part[0] == "{" and len(part) > 2)


def _is_unbounded(part: str) -> bool:
    """`*`, `+` and `{2,}` have no upper end; `{2,5000}` is as good as none."""
    if not _is_repeat(part):
        return False
    lower, comma, upper = part.strip("{}").partition(",")
    highest = upper if comma else lower
    return not highest.isdigit() or int(highest) > LENGTH
