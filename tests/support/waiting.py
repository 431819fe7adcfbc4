"""Waiting for a real server to reach a state, with a deadline that only a failure reaches."""

from __future__ import annotations

import time
from collections.abc import Callable


def eventually(holds: Callable[[], bool], *, seconds: float = 60) -> bool:
    """Return True as soon as `holds()`, False where it never did within `seconds`."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
