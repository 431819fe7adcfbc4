"""What people said of steps, as an evidence directory has it: read once, then only what is new.

Decides what has the form of a statement about a step; whether it counts is `approvals`' to say.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from controlplane.operations.approving import AUTHOR_KIND, IMPORT_KIND, KIND, OWN_KEY
from controlplane.operations.reading_on import Reading
from evidence.canonical import Json
from evidence.objects import StoredRecord
from evidence.shape import TIME
from evidence.store import StoredRun

Kinds = tuple[str, str]
"""Kind of a run, and of a record in it."""

_TEXTS: Mapping[Kinds, Sequence[str]] = {
    (KIND, KIND): ("role",),
    (IMPORT_KIND, KIND): ("source", "issuer", "subject", "state", "time"),
    (IMPORT_KIND, AUTHOR_KIND): ("source", "issuer", "subject"),
}
_RUNS = frozenset(run for run, _ in _TEXTS)


@dataclass(frozen=True)
class Said:
    """A record about one step, and the run that signed it. Nothing of it is believed yet."""

    run: StoredRun
    payload: Json
    trees: tuple[str, str]


class Statements:
    """The statements in one evidence directory. Callable from several threads."""

    def __init__(self, directory: Path) -> None:
        """Nothing is read before it is asked for."""
        self._reading = Reading(directory, lambda run: run.statement.kind in _RUNS, _statements)

    def by_kind(self) -> Mapping[Kinds, Sequence[Said]]:
        """Return every statement there is by now; see Reading.found."""
        found: dict[Kinds, list[Said]] = defaultdict(list)
        for kinds, said in self._reading.found():
            found[kinds].append(said)
        return found


def _statements(run: StoredRun, records: Sequence[StoredRecord]) -> Iterator[tuple[Kinds, Said]]:
    """Yield what has the form of a statement about a step."""
    for record in records:
        kinds = (run.statement.kind, record.record["kind"])
        if kinds in _TEXTS:
            payload = run.payload(record)
            match payload:
                case {"from": {"tree": str(before)}, "to": {"tree": str(after)}}:
                    if _formed(kinds, payload):
                        yield kinds, Said(run, payload, (before, after))


def _formed(kinds: Kinds, payload: Json) -> bool:
    texts = _TEXTS[kinds]
    whole = all(isinstance(payload.get(name), str) for name in texts)
    timed = "time" not in texts or (whole and TIME.fullmatch(payload["time"]) is not None)
    posing = kinds[0] == IMPORT_KIND and payload.get("source") == OWN_KEY
    return whole and timed and not posing and isinstance(payload.get("classes", []), list)
