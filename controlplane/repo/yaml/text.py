"""From bytes to text that is worth parsing, or the reason why it is not.

Decides encoding, line ends and what is no YAML at all (Git LFS pointers, merge conflicts).
CRLF line ends are accepted and read as LF; positions are the same either way. A byte order mark,
control characters and characters that reorder or hide text are refused.
"""

from __future__ import annotations

import re

from controlplane.repo.yaml.limits import Limits
from controlplane.values import Position, Problem

_LFS = b"version https://git-lfs.github.com/spec/"
# What YAML 1.2 calls not printable, other line ends than LF, the byte order mark, and what is not
# seen: zero width space, word joiner, soft hyphen, tags. Joiners stay: scripts need them.
FORBIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\u202a-\u202e\u2066-\u2069"
    "\xad\u061c\u200b\u200e\u200f\u2060-\u2064\U000e0000-\U000e007f]"
)
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_CONFLICT = re.compile(r"^<{7}(?: .*)?$", re.MULTILINE)
_CONFLICT_END = re.compile(r"^>{7}(?: .*)?$", re.MULTILINE)


def place(text: str, offset: int, path: str) -> Position:
    """Return the position of the character at `offset`."""
    start = text.rfind("\n", 0, offset) + 1
    return Position(path, text.count("\n", 0, offset) + 1, offset - start + 1)


def too_large(path: str, size: int, limits: Limits) -> Problem:
    """Return the problem of a file of `size` bytes, which nobody needs to read to know."""
    return Problem(
        Position(path),
        "file/too-large",
        f"the file holds {size:,} bytes; at most {limits.size:,} are read",
        "split it into several files, or keep the data outside of the repository",
    )


def decode(data: bytes, path: str, limits: Limits) -> tuple[str, tuple[Problem, ...]]:
    """Return the text with LF line ends, or an empty text and what is wrong with the bytes."""
    if len(data) > limits.size:
        return "", (too_large(path, len(data), limits),)
    early = _not_yaml(data, path)
    if early is not None:
        return "", (early,)
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        return "", (_not_utf8(data, error, path),)
    text = text.replace("\r\n", "\n")
    problems = (*_characters(text, path, limits), *_conflicts(text, path, limits))
    return ("" if problems else text), problems


def _not_yaml(data: bytes, path: str) -> Problem | None:
    if data.startswith(_LFS):
        return Problem(
            Position(path),
            "file/lfs-pointer",
            "this is a Git LFS pointer, not the file itself",
            "keep resource files out of LFS: remove the pattern from .gitattributes, add again",
        )
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return Problem(
            Position(path), "file/not-utf-8", "the file is UTF-16", "save it as UTF-8 without BOM"
        )
    if data.startswith(b"\xef\xbb\xbf"):
        return Problem(
            Position(path),
            "file/byte-order-mark",
            "the file begins with a byte order mark",
            "save it as UTF-8 without BOM",
        )
    return None


def _not_utf8(data: bytes, error: UnicodeDecodeError, path: str) -> Problem:
    before = data[: error.start].decode()
    byte = data[error.start]
    return Problem(
        place(before, len(before), path),
        "file/not-utf-8",
        f"byte 0x{byte:02x} is not UTF-8",
        "save the file as UTF-8",
    )


def _characters(text: str, path: str, limits: Limits) -> tuple[Problem, ...]:
    found: list[Problem] = []
    for match in FORBIDDEN.finditer(text):
        if len(found) == limits.problems:
            break
        found.append(_character(match[0], place(text, match.start(), path)))
    return tuple(found)


def _character(character: str, position: Position) -> Problem:
    shown = f"U+{ord(character):04X}"
    if character == "\0":
        return Problem(position, "file/nul", "the file holds a NUL byte", "remove it")
    if character == "\r":
        text = "a carriage return stands alone"
        return Problem(position, "file/line-end", text, "end lines with LF or CRLF")
    if character in _BIDI:
        text = f"{shown} changes the order in which text is shown, not in which it is read"
        return Problem(position, "file/bidirectional", text, "remove the character")
    return Problem(
        position,
        "file/control-character",
        f"{shown} is not allowed in YAML",
        "remove the character",
    )


def _conflicts(text: str, path: str, limits: Limits) -> tuple[Problem, ...]:
    if "<<<<<<<" not in text or not _CONFLICT_END.search(text):
        return ()
    starts = [match.start() for match in _CONFLICT.finditer(text)]
    return tuple(
        Problem(
            place(text, start, path),
            "file/conflict-marker",
            "a merge conflict is not resolved",
            "choose one side and remove the lines <<<<<<<, ======= and >>>>>>>",
        )
        for start in starts[: limits.problems]
    )
