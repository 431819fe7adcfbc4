"""Runs one server, and ends it together with whoever started it.

Run as a program: `keeper.py COMMAND...`. It holds a pipe to its parent on stdin; when that closes,
as it does however the parent dies, it kills its whole process group. It imports nothing of this
repository, so that it starts in a few milliseconds.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading


def main(command: list[str]) -> int:
    """Run the server to its end and return its exit code."""
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL)  # noqa: S603 - given by the engine
    threading.Thread(target=_end_with_parent, daemon=True).start()
    return child.wait()


def _end_with_parent() -> None:
    while os.read(0, 1024):
        pass
    os.killpg(os.getpgrp(), signal.SIGKILL)


if __name__ == "__main__":
    os._exit(main(sys.argv[1:]) & 0xFF)
