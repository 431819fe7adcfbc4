"""Where the data that comes with the program is: policies, templates, schemas, scaffolds.

In an installed package it lies under `controlplane/_data`; in a source checkout, beside the
package. The one place that knows.
"""

from __future__ import annotations

from pathlib import Path

from controlplane.errors import ControlPlaneError

PACKAGE = Path(__file__).parents[1]


class IncompleteInstallationError(ControlPlaneError):
    """A part of the program itself is missing."""


def shipped(name: str) -> Path:
    """Return the folder `name` (`policies`, `schemas`…) of the data that comes with the program."""
    for root in (PACKAGE / "_data", PACKAGE.parent):
        if (root / name).is_dir():
            return root / name
    raise IncompleteInstallationError(
        f"the folder `{name}` that comes with the program is missing",
        remedy="install the package again",
    )
