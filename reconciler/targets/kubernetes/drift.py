"""How one live object stands against what was last applied and what is desired: pure judgement.

Decides from metadata alone wherever that is enough. Only `TRY` says that the server has to be
asked what an apply would do; why that is sound is told in docs/kubernetes/ownership.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from reconciler.targets.kubernetes import fields
from reconciler.targets.kubernetes.fields import Path
from reconciler.targets.kubernetes.identity import Ref, digest_of, label_of
from reconciler.targets.kubernetes.inventory import Owned, Record
from reconciler.targets.kubernetes.ownership import (
    Allow,
    Owners,
    additions,
    fingerprint,
    is_yielded,
    owners,
)

Json = Any


class Answer(Enum):
    """What metadata alone says."""

    IN_SYNC = auto()
    DRIFTED = auto()  # `missing` and `added` say where
    TRY = auto()  # the desired body differs, or it cannot be told: ask with a dry run
    FOREIGN = auto()  # not ours: somebody else's object has this name
    LEAVING = auto()  # being deleted


@dataclass(frozen=True)
class Judgement:
    """The answer, our fields that others changed or removed, and content that others added."""

    answer: Answer
    missing: tuple[Path, ...] = ()
    added: tuple[Path, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class Known:
    """What we remember of one object: its record, and the fields we owned when it was made."""

    record: Record | None
    owned: Owned | None


@dataclass(frozen=True)
class Rules:
    """What holds for every object of a target: fields left to others, namespaces given to us."""

    allow: tuple[Allow, ...]
    given: frozenset[str] = frozenset()


def judge(
    ref: Ref,
    meta: Mapping[str, Json],
    *,
    label: str,
    digest: str,
    body: Mapping[str, Json],
    known: Known,
    rules: Rules,
) -> Judgement:
    """Say how the object with metadata `meta` stands.

    `label` is our label's value for the placement; `digest` and `body` are those of what would
    be applied now.
    """
    if meta.get("deletionTimestamp"):
        return Judgement(Answer.LEAVING, reason=f"{ref} is being deleted")
    if known.record is None and label_of(meta) != label and not adoptable(ref, meta, rules):
        return Judgement(Answer.FOREIGN, reason=_foreign_reason(meta))
    who = owners(meta)
    # A field that is desired and another's is a field of ours taken, not an addition.
    found = additions(ref, who, rules.allow)
    added = tuple(path for path in found if fields.locate(body, path) is None)
    unchanged = digest == (known.record.digest if known.record else digest_of(meta))
    if not unchanged:
        return Judgement(Answer.TRY, added=added)
    lost = _lost(ref, who, body, known.owned, rules.allow)
    if lost or added:
        return Judgement(Answer.DRIFTED, lost, added)
    if known.owned is not None and known.owned.time != who.time:
        return Judgement(Answer.TRY)  # applied again under our name, and not by this record
    return Judgement(Answer.IN_SYNC)


def unchanged(meta: Mapping[str, Json], record: Record, digest: str) -> bool:
    """Whether nothing that matters happened since `record` was made."""
    if record.digest != digest or meta.get("deletionTimestamp"):
        return False
    return record.version == meta.get("resourceVersion") or record.fingerprint == fingerprint(meta)


def adoptable(ref: Ref, meta: Mapping[str, Json], rules: Rules) -> bool:
    """Whether an object that we did not make may be taken over without asking.

    The default ServiceAccount of a namespace is made by the cluster as soon as the namespace is,
    and a namespace that was given to us was made for us.
    """
    if label_of(meta):
        return False
    return (ref.group_kind == "ServiceAccount" and ref.name == "default") or (
        ref.group_kind == "Namespace" and ref.name in rules.given
    )


def _lost(
    ref: Ref,
    who: Owners,
    body: Mapping[str, Json],
    owned: Owned | None,
    allow: Sequence[Allow],
) -> tuple[Path, ...]:
    """Fields that were ours and are not any more, save those left to others by the list."""
    if owned is not None:
        gone = fields.missing(owned.tree, who.ours)
    else:
        content = {k: v for k, v in body.items() if k not in {"apiVersion", "kind", "metadata"}}
        marks = {k: v for k, v in body["metadata"].items() if k in {"labels", "annotations"}}
        gone = fields.uncovered({"metadata": marks, **content}, who.ours)
    return tuple(path for path in gone if not is_yielded(ref, who, path, allow))


def _foreign_reason(meta: Mapping[str, Json]) -> str:
    other = (meta.get("annotations") or {}).get("controlplane.dev/placement")
    if label_of(meta):
        return f"it belongs to the placement {other or label_of(meta)}"
    managers = sorted({entry.get("manager", "") for entry in meta.get("managedFields") or ()})
    made_by = f" (managed by {', '.join(managers)})" if managers else ""
    return f"it exists already and was not made for this placement{made_by}"
