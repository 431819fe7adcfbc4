"""What a change to a field means: the class declared nearest above it, else that of its kind."""

from __future__ import annotations

from controlplane.resources.kinds import KINDS
from controlplane.resources.markers import ChangeClass
from controlplane.resources.shape import Field, trail
from controlplane.values import FieldPath


def change_class(kind: str, path: FieldPath) -> str:
    """Return the class of a change to `path` of a resource of `kind`; KeyError if unknown kind.

    An empty path means the resource itself comes or goes.
    """
    model = KINDS[kind]
    found: str = model.default_class
    for step in trail(model, path):
        shape = step.shape if isinstance(step, Field) else step
        marker = shape.marker(ChangeClass)
        if marker is not None:
            found = marker.name
    return found
