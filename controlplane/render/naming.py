"""Bytes that name a JSON value within one process: what is remembered is remembered under them.

Equal bytes are equal values, of equal types: true is not 1. Equal values whose keys stand in
another order have two names, which costs an answer and never gives a wrong one. Much faster than
canonical JSON, and never written down.
"""

from __future__ import annotations

import marshal
from typing import Any

Json = Any
_PLAIN = 2  # the version of the format without references: bytes do not depend on what is shared


def name(value: Json) -> bytes:
    """Return what names `value`; raises ValueError where it holds what is no data."""
    return marshal.dumps(value, _PLAIN)


def named(name: bytes) -> Json:
    """Return the value that has this name, which must come from `name`: a copy of its own."""
    return marshal.loads(name)  # noqa: S302 - made by this process, read by no other
