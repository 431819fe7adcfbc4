"""Whether a regular expression means the same to every evaluator.

Some evaluators match bytes and some characters, and escapes are kept differently, so only what
cannot tell the difference is portable: ASCII characters, positive classes, groups, alternatives,
counted repetition and anchors. A text outside of ASCII then fails to match everywhere.
"""

from __future__ import annotations

import re

_PORTABLE = re.compile(
    r"""(?:
        \\[.\-/+*?()\[\]{}|^$]           # a character that stands for itself
      | \\d | \\w
      | \[ (?!\^) (?: [A-Za-z0-9_./:@=+*?$(){}|,;<>\#%&!~ -] | \\[.\-/\]\[^] )+ \]
      | \((?:\?:|(?!\?)) | \) | \| | \^ | \$
      | [*+?] | \{[0-9]{1,3}(?:,[0-9]{0,3})?\}
      | [A-Za-z0-9_/:@=,;<>\#%&!~ -]
    )*""",
    re.VERBOSE,
)


def portable(pattern: str) -> str:
    """Return the first part of `pattern` that is not portable, "" where all of it is."""
    match = _PORTABLE.match(pattern)
    end = match.end() if match else 0
    return pattern[end : end + 3]
