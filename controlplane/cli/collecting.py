"""Commands that end with their answer leave garbage that goes in circles to the end of the process.

A whole revision is millions of objects that stay. The collector would walk all of them again and
again, for a third of the time of such a command, and find next to nothing.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused() -> Iterator[None]:
    """Keep the collector from running; for whoever calls this in a process that goes on, resume."""
    ran = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if ran:
            gc.enable()
