"""The code that runs here, as a digest: what it worked out holds for no other code."""

from __future__ import annotations

import hashlib
import re
import sys
import zoneinfo
from contextlib import suppress
from functools import cache
from importlib import metadata, resources
from importlib.resources.abc import Traversable
from pathlib import Path

PACKAGES = ("controlplane", "evidence", "reconciler")
_REQUIRED = re.compile(r"[A-Za-z0-9._-]+")


@cache
def digest() -> str:
    """Return a digest of the packages that judge, and of the versions of what they stand on."""
    found = hashlib.sha256(f"{sys.version}\0{_zones()}\0".encode())
    for name, version in sorted(_stands_on("controlplane").items()):
        found.update(f"{name} {version}\0".encode())
    for package in PACKAGES:
        add(found, resources.files(package))
    return found.hexdigest()


def _stands_on(package: str) -> dict[str, str]:
    """Return the version of every package that is installed and that it needs, by whatever way."""
    found: dict[str, str] = {}
    wanted = [package]
    while wanted:
        name = wanted.pop()
        with suppress(metadata.PackageNotFoundError):  # of another system
            if name not in found:
                about = metadata.distribution(name)
                found[name] = about.version
                plain = (text for text in about.requires or () if "extra ==" not in text)
                wanted += [_normal(m[0]) for m in map(_REQUIRED.match, plain) if m]
    return found


def _normal(name: str) -> str:
    """Return the one way to write a package's name (packaging.python.org, name normalization)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _zones() -> str:
    """Return which time zones there are: those of the system go before those of a package."""
    for place in zoneinfo.TZPATH:
        with suppress(OSError), (Path(place) / "tzdata.zi").open(encoding="utf-8") as file:
            return file.readline(256)
    return ""


def add(found: hashlib._Hash, folder: Traversable) -> None:
    """Add everything below a folder."""
    for item in sorted(folder.iterdir(), key=lambda each: each.name):
        if item.name == "__pycache__":
            continue
        found.update(f"{item.name}\0".encode())
        if item.is_dir():
            add(found, item)
            found.update(b"\0")
        else:
            found.update(hashlib.sha256(item.read_bytes()).digest())
