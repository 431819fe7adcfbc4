"""Which process holds something, and whether it is certainly gone.

A process is named by host, boot, PID namespace, PID and start time, so that neither a reused
PID nor another container is taken for it. Only a process of our own namespace can be seen to be
gone; of any other it is never said.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path

_PROC = Path("/proc")


def myself() -> str:
    """Return this process's name."""
    return _name(os.getpid(), _started(os.getpid()))


def is_gone(holder: str) -> bool:
    """Whether the process of that name has certainly ended."""
    where, _, rest = holder.rpartition("|")
    pid, _, started = rest.partition("+")
    if where != _where() or not pid.isdecimal():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass
    return _started(int(pid)) != started


def _name(pid: int, started: str) -> str:
    return f"{_where()}|{pid}+{started}"


def _where() -> str:
    return f"{socket.gethostname()}|{_read('sys/kernel/random/boot_id')}|{_namespace()}"


def _namespace() -> str:
    try:
        return str((_PROC / "self/ns/pid").readlink())
    except OSError:
        return ""


def _started(pid: int) -> str:
    """Return the start time in clock ticks since boot, the 22nd field of proc(5)'s stat."""
    fields = _read(f"{pid}/stat").rpartition(")")[2].split()
    return fields[19] if len(fields) > 19 else ""


def _read(name: str) -> str:
    try:
        return (_PROC / name).read_text(encoding="utf-8").strip()
    except OSError:
        return ""
