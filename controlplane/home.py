"""Where a person's or machine's own things lie: settings and keys, and what can be made again."""

from __future__ import annotations

import os
from pathlib import Path


def home() -> Path:
    """Return the directory of this person's or machine's own settings and keys."""
    given = os.environ.get("CPCTL_HOME")
    if given:
        return Path(given)
    base = os.environ.get("XDG_CONFIG_HOME")
    return (Path(base) if base else Path.home() / ".config") / "cpctl"


def cache_home() -> Path:
    """Return the directory of what can be made again."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "cpctl"


def cache_key() -> Path:
    """Return the file with the key under which this machine believes what it remembers."""
    return home() / "cache.key"
