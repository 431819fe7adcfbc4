"""Which path a placement and a resource have: safe, stable, and never two of them the same. Pure.

`apps/v1/Deployment/acme-prod/web` becomes `apps_v1_Deployment_acme-prod_web.yaml`. An id with
characters that a file name should not have keeps what is readable of it, and a digest.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import quote, unquote

SUFFIX: Final = ".yaml"
_PART: Final = r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?"
_READABLE: Final = re.compile(rf"{_PART}(?:/(?:_|{_PART}))*")
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9.-]+")
_LONGEST: Final = 180  # characters of an id in a file name, whose limit is 255 bytes
_EMPTY: Final = "%"  # an empty segment of a placement's name


def file_name(identifier: str) -> str:
    """Return the name of the file that holds a resource.

    Readable ids have no "_" but as a whole part, so that two of them never share a name; other
    names hold a "~", which a readable one cannot.
    """
    if _READABLE.fullmatch(identifier) and len(identifier) <= _LONGEST:
        return identifier.replace("/", "_") + SUFFIX
    readable = _UNSAFE.sub("-", identifier).strip("-.")[:80]
    mark = hashlib.sha256(identifier.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return f"{readable}~{mark}{SUFFIX}"


def placement_path(name: str) -> PurePosixPath:
    """Return the relative path of a placement's tree; `acme/prod` is a folder in a folder."""
    return PurePosixPath(*(_segment(part) for part in name.split("/")))


def placement_name(path: PurePosixPath) -> str:
    """Return the name of the placement whose path this is."""
    return "/".join("" if part == _EMPTY else unquote(part) for part in path.parts)


def _segment(part: str) -> str:
    quoted = quote(part, safe="").replace("~", "%7E") or _EMPTY
    return "%2E" + quoted[1:] if quoted.startswith(".") else quoted
