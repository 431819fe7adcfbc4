"""What the rendered objects of placements gain, lose and change from one revision to the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from controlplane.render.model import RenderedPlacement


@dataclass(frozen=True)
class ObjectDelta:
    """What the rendered objects of one placement gain, lose and change, by resource id."""

    placement: str
    gained: tuple[str, ...]
    lost: tuple[str, ...]
    changed: tuple[str, ...]


def deltas(
    before: Sequence[RenderedPlacement], after: Sequence[RenderedPlacement]
) -> tuple[ObjectDelta, ...]:
    """Return what differs, by name of the placement; those without a difference are left out."""
    old = {placement.name: _digests(placement) for placement in before}
    new = {placement.name: _digests(placement) for placement in after}
    found = (_delta(name, old.get(name, {}), new.get(name, {})) for name in sorted({*old, *new}))
    return tuple(each for each in found if each.gained or each.lost or each.changed)


def _digests(placement: RenderedPlacement) -> dict[str, str]:
    return {resource.id: resource.digest for resource in placement.resources}


def _delta(name: str, old: Mapping[str, str], new: Mapping[str, str]) -> ObjectDelta:
    return ObjectDelta(
        placement=name,
        gained=tuple(sorted(set(new) - set(old))),
        lost=tuple(sorted(set(old) - set(new))),
        changed=tuple(sorted(i for i in set(old) & set(new) if old[i] != new[i])),
    )
