"""Run one server and end it when asked, or when whoever started it is gone.

Run as a program: `supervise.py SIGNAL USER COMMAND...`. It holds a pipe to its parent on stdin:
when that closes, as it does however the parent dies, or on SIGTERM, it sends SIGNAL to the server
and after ten seconds kills the whole process group. USER is empty or the account to run as.
It imports nothing of this repository, so that it starts in a few milliseconds.
"""

import os
import signal
import subprocess
import sys
import threading

GRACE_SECONDS = 10


def main(arguments: list[str]) -> int:
    """Run the server to its end and return its exit code."""
    number, user, *command = arguments
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    account = {"user": user, "group": user, "extra_groups": []} if user else {}
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, **account)  # type: ignore[call-overload]
    threading.Thread(target=_when_parent_is_gone, args=(stop,), daemon=True).start()
    threading.Thread(target=_when_child_is_gone, args=(child, stop), daemon=True).start()
    stop.wait()
    child.send_signal(int(number))  # does nothing where the server has ended already
    try:
        return int(child.wait(GRACE_SECONDS))
    except subprocess.TimeoutExpired:
        os.killpg(os.getpgrp(), signal.SIGKILL)
        raise


def _when_parent_is_gone(stop: threading.Event) -> None:
    while os.read(0, 1024):
        pass
    stop.set()


def _when_child_is_gone(child: "subprocess.Popen[bytes]", stop: threading.Event) -> None:
    child.wait()
    stop.set()


if __name__ == "__main__":
    # Threads may still be blocked in a read: leave without waiting for them.
    os._exit(main(sys.argv[1:]) & 0xFF)
