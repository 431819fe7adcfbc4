"""What a figure was measured on: machine and versions, and nothing that names the machine."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.support import binaries

Json = Any
_TOOLS: Mapping[str, tuple[str, ...]] = {
    "etcd": ("--version",),
    "kube-apiserver": ("--version",),
    "kubectl": ("version", "--client"),
}
_PACKAGES = ("click", "cryptography", "kubernetes", "sqlalchemy", "urllib3")


def about() -> dict[str, Json]:
    """Return the time, the machine, and the versions of everything that took part."""
    return {
        "measuredAt": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "machine": {
            "processor": _line("/proc/cpuinfo", "model name"),
            "cores": os.cpu_count(),
            "memory": _line("/proc/meminfo", "MemTotal"),
            "kernel": platform.release(),
            "loadAverage": [round(load, 2) for load in os.getloadavg()],
        },
        "versions": {
            "python": platform.python_version(),
            **{name: importlib.metadata.version(name) for name in _PACKAGES},
            **{name: _tool(name, flags) for name, flags in _TOOLS.items()},
        },
    }


def _line(path: str, name: str) -> str:
    for line in Path(path).read_text(encoding="utf-8").splitlines():
        if line.startswith(name):
            return line.partition(":")[2].strip()
    return "unknown"


def _tool(name: str, flags: tuple[str, ...]) -> str:
    found = binaries.find(name)
    if found is None:
        return "not installed"
    said = subprocess.run([found, *flags], capture_output=True, text=True, check=True).stdout
    return said.splitlines()[0].rpartition(" ")[2]
