"""Whether the mutant of a sample could come about, and what rules would see then.

A resource is what its model accepted, with defaults. A rendered object is anything of the shape that
a Kubernetes API server decodes. Everything else the host makes itself, in one shape. As a sample may
show less than a whole resource, a mutant is refused where it has an error that its sample has not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from controlplane.render.errors import FilePlace
from controlplane.render.objects import Owner, faults
from controlplane.resources.kinds import KINDS
from tests.support.sample_mutants import Mutant, Path, at, is_scalar, put

_OBJECTS = ("subject", "resource", "objects")
_MADE = frozenset({"empty", "twice", "reversed"})  # what becomes of a list that the host makes
# Lists whose items an API server takes only with a name.
_NAMED = frozenset({"containers", "env", "ephemeralContainers", "initContainers", "volumes"})
_ADDRESSES = frozenset({"key", "path"})  # lists of the host that say where something is


def real(sample: Any, mutant: Mutant) -> Any | None:
    """Return the envelope of a mutant as the host would make it, None where it cannot be."""
    path, kind = mutant.path, mutant.kind
    if path[:3] == _OBJECTS and len(path) > 3:
        return mutant.envelope if _renders(sample, mutant) else None
    found = _resource(sample, path)
    if found is not None:
        return _accepted(sample, mutant, *found)
    if _ADDRESSES & {*path}:
        return None
    in_list = isinstance(path[-1], int) and kind == "gone"
    listed = isinstance(at(sample, path), list) and kind in _MADE
    return mutant.envelope if in_list or listed else None


def taken(mutant: Mutant, findings: Sequence[Path]) -> bool:
    """Whether an item of a list that each finding was about is gone, and nothing else."""
    if mutant.kind not in {"gone", "null", "empty"} or mutant.path[:2] != ("subject", "resource"):
        return False
    path = mutant.path[2:]
    if path and isinstance(path[-1], int) and mutant.kind != "gone":
        return False  # some readers take null for an item of which nothing is said
    return all(
        place[: len(path)] == path
        and any(isinstance(step, int) for step in (*path[-1:], *place[len(path) :]))
        for place in findings
    )


def _renders(sample: Any, mutant: Mutant) -> bool:
    """Whether the renderer takes the object, and an API server could decode it."""
    path, value = mutant.path, at(sample, mutant.path)
    if len(path) == 4:
        return mutant.kind == "gone"
    if mutant.kind == "type" and not _is_number(value):
        return False
    if isinstance(path[-1], int) and mutant.kind == "gone":
        return True
    if _faults(at(mutant.envelope, path[:4])) - _faults(at(sample, path[:4])):
        return False
    items = (path[: n + 1] for n in range(len(path) - 1, 4, -1) if path[n - 1] in _NAMED)
    return all(_named(at(mutant.envelope, i)) or not _named(at(sample, i)) for i in items)


def _named(item: Any) -> bool:
    """Whether an item has a name, of the letters that any name may have (of a variable: 0x20-0x7e)."""
    name = item.get("name") if isinstance(item, dict) else None
    return isinstance(name, str) and name != "" and name.isascii() and name.isprintable()


def _is_number(value: Any) -> bool:
    return isinstance(value, int) or (isinstance(value, str) and value.isdigit())


def _faults(body: Any) -> set[str]:
    """Return how the renderer would have an object mended; where it reaches is for rules to judge."""
    found = faults(body, Owner("", "", ""), FilePlace(""))
    return {fault.remedy for fault in found if fault.code == "object"}


def _resource(sample: Any, path: Path) -> tuple[Path, str] | None:
    """Return where the resource stands that a path leads into, and its kind."""
    if path[:1] == ("references",) and len(path) > 3 and path[1] in KINDS:
        return path[:3], str(path[1])
    for part in (("subject", "resource"), ("change", "before")):
        if path[:2] == part and len(path) > 2 and sample["subject"]["kind"] in KINDS:
            return part, sample["subject"]["kind"]
    return None


def _accepted(sample: Any, mutant: Mutant, part: Path, kind: str) -> Any | None:
    value = at(mutant.envelope, part)
    wrong = _errors(value, kind)
    if wrong is None:
        whole = KINDS[kind].model_validate(_written(value)).for_policy()
        return put(mutant.envelope, part, _with_defaults(value, whole))
    there = mutant.path[len(part) :]
    known = _errors(at(sample, part), kind) or set()
    refused = wrong - known or any(place[: len(there)] == there for place, _ in wrong)
    return None if refused else mutant.envelope


def _with_defaults(value: Any, whole: Any) -> Any:
    """Return a projection with what only the whole one has; what it says itself stays."""
    if isinstance(value, dict) and not is_scalar(value):
        return whole | {key: _with_defaults(member, whole[key]) for key, member in value.items()}
    if isinstance(value, list):
        return [_with_defaults(*each) for each in zip(value, whole, strict=True)]
    return value


def _errors(value: Any, kind: str) -> set[tuple[Path, str]] | None:
    """Return (place, what is wrong there) of a projection, None where nothing is."""
    try:
        KINDS[kind].model_validate(_written(value))
    except ValidationError as error:
        return {(each["loc"], each["type"]) for each in error.errors(include_url=False)}
    return None


def _written(value: Any) -> Any:
    """Return a projection as it is written: texts without the numbers that they mean."""
    if is_scalar(value):
        return value["text"]
    if isinstance(value, dict):
        return {key: _written(member) for key, member in value.items()}
    if isinstance(value, list):
        return [_written(member) for member in value]
    return value
