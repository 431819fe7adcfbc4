"""Which regular expressions are tried on a tenant's input: those that end in bounded time.

Python's matcher backtracks. Repetition of something that itself repeats, or that can match in two
ways, can take time exponential in the text and is refused, together with constructs (look around,
back references) whose cost is not seen from their text. What is left can be matched in a number of
ways that is known: each repetition, choice and beginning multiplies it. From that number follows
how long a text a pattern is tried on, and a pattern that would not be tried on any honest text is
refused as well.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

LENGTH = 200
REPETITIONS = 3
WAYS = 10_000_000  # of matching one text; Python tries some ten million a second
LONGEST, SHORTEST = 1024, 64  # characters of a text that a pattern is tried on

_TOKEN = re.compile(
    r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?:|\(\?|[()|?]|[*+]|\{\d*,?\d*\}|.", re.DOTALL
)
_BACK = re.compile(r"\\\d")


@dataclass
class _Group:
    repeats: bool = False
    branches: int = 0

    @property
    def wild(self) -> bool:
        """Whether it can match one text in several ways."""
        return self.repeats or self.branches > 0


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
    flaw = next((reason for found, reason in checks if found), None)
    return flaw or (None if longest(pattern) else "there are too many ways for it to match")


@lru_cache(maxsize=1024)
def longest(pattern: str) -> int:
    """Return how many characters a text may have that `pattern` is tried on, at most LONGEST.

    0 where that would be fewer than SHORTEST. `pattern` has no other flaw.
    """
    length = LONGEST
    while length >= SHORTEST and ways(pattern, length) > WAYS:
        length -= 1
    return length if length >= SHORTEST else 0


def ways(pattern: str, length: int) -> int:
    """Return in how many ways `pattern`, which has no other flaw, may match so many characters."""
    fixed, grows = _ways(pattern)
    return fixed * int(max(length, 1) ** grows)


@lru_cache(maxsize=1024)
def _ways(pattern: str) -> tuple[int, int]:
    """Return (ways that do not depend on the text, the power to which its length counts)."""
    parts = _TOKEN.findall(pattern)
    fixed, groups = 1, [0]
    for part in parts:
        if part in {"(", "(?:"}:
            groups.append(0)
        elif part == "|":
            groups[-1] += 1
        elif part == ")":
            fixed *= groups.pop() + 1
        elif part == "?":
            fixed *= 2
        elif _is_repeat(part) and not _is_unbounded(part):
            lower, comma, upper = part.strip("{}").partition(",")
            fixed *= int(upper) - int(lower or "0") + 1 if comma else 1
    fixed *= groups[0] + 1
    grows = sum(map(_is_unbounded, parts)) + (parts[:1] != ["^"] or groups[0] > 0)
    return fixed, grows


def _nested(parts: list[str]) -> bool:
    """Whether something is repeated that itself repeats or branches."""
    open_groups, last = [_Group()], _Group()
    for part in parts:
        current = open_groups[-1]
        if part in {"(", "(?:", "(?"}:
            open_groups.append(_Group())
        elif part == ")":
            last = open_groups.pop()
            open_groups[-1].repeats |= last.wild
            continue
        elif _is_repeat(part):
            if last.wild:
                return True
            current.repeats = True
        elif part == "|":
            current.branches += 1
        elif part == "?":
            current.repeats = True
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
