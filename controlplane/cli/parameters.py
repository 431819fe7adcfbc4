"""What may stand after an option: a file, a duration, an address."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click

FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}


class Seconds(click.ParamType[float]):
    """A duration such as 60s, 5m or 1h, as seconds; at least one."""

    name = "DURATION"

    def convert(self, value: Any, param: Any, ctx: Any) -> float:
        """Return the seconds; fails with what may be written instead."""
        found = re.fullmatch(r"(\d{1,6})([smh])", str(value))
        if not found or not int(found[1]):
            self.fail(f"{value!r} is no duration; write 60s, 5m or 1h", param, ctx)
        return int(found[1]) * _UNITS[found[2]]


class Listen(click.ParamType[tuple[str, int]]):
    """HOST:PORT, with brackets around an IPv6 address."""

    name = "HOST:PORT"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[str, int]:
        """Return host and port; port 0 is any free one."""
        host, colon, port = str(value).rpartition(":")
        if not colon or not host or not re.fullmatch(r"\d{1,5}", port) or int(port) > 65535:
            self.fail(f"{value!r} is no address; write HOST:PORT, as 127.0.0.1:8080", param, ctx)
        return host, int(port)
