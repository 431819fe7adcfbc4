"""An answer of the gate that was recorded, given again where nothing that it depends on changed.

A job that runs again, a whole repository judged every night: the decision is in the evidence
already, and judging it anew would record the same. It is given again only while it holds, where
the log still has it, and where this machine kept it; what stayed open is asked anew, and so is
what depends on other decisions. Nothing is applied on the strength of what is kept here: that is
for the evidence.
"""

from __future__ import annotations

import hashlib
import pickle
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from controlplane.authenticated import Cache
from controlplane.operations import own_code
from controlplane.operations.authorising import holds_until
from controlplane.operations.change_view import concerns_judging
from controlplane.operations.gate import Agreement, GateReport, Step
from evidence import store
from evidence.canonical import canonical
from evidence.errors import EvidenceError
from evidence.run import Entry

LONGEST: Final = timedelta(hours=24)  # then it is asked anew, however long it would hold
MOST: Final = 16  # answers that are kept; each about 1 KiB a tenant
_FRESH: Final = frozenset({"step", "packs"})  # fields that are the asker's own


@dataclass(frozen=True)
class Asked:
    """Everything that an answer depends on but the moment: `programs` names what renders."""

    step: Step
    engine: str  # with its version
    said: Agreement
    whole: bool
    programs: str = ""

    @property
    def name(self) -> str:
        """Return the name under which its answer is kept."""
        ends = [
            (s.commit.id if s.commit else "", s.tree_id) for s in (self.step.base, self.step.head)
        ]
        said = [list(self.said.approvals), list(self.said.authors), list(self.said.reviews)]
        key = canonical(
            [own_code.digest(), *map(list, ends), self.engine, said, self.whole, self.programs]
        )
        return f"{hashlib.sha256(key).hexdigest()}.answer"


@dataclass(frozen=True)
class Before:
    """An answer that was given before, as it is given again, and where it is recorded."""

    report: GateReport
    entry: Entry
    given: datetime


def remember(cache: Cache, asked: Asked, report: GateReport, entry: Entry, now: datetime) -> None:
    """Keep an answer that was recorded as `entry`, if it can be given again."""
    if report.problems or report.verdict.indeterminate or not report.verdict.rules:
        return
    if concerns_judging(report.changes):
        return  # what it would have decided otherwise depends on what was decided meanwhile
    kept = {f.name: getattr(report, f.name) for f in fields(report) if f.name not in _FRESH}
    kept["judgements"] = tuple((n, replace(j, envelopes={})) for n, j in report.judgements)
    cache.put(asked.name, pickle.dumps((now, entry, kept), pickle.HIGHEST_PROTOCOL), MOST)


def recall(cache: Cache, asked: Asked, directory: Path, now: datetime) -> Before | None:
    """Return the answer that was given before, None where it is to be asked anew.

    `directory` is where the evidence is that must still hold it.
    """
    content = cache.get(asked.name)
    if content is None:
        return None
    kept: tuple[datetime, Entry, dict[str, Any]] = pickle.loads(content)  # noqa: S301 - our own
    given, entry, parts = kept
    report = GateReport(step=asked.step, **parts)
    until = holds_until(report.verdict.valid_until, report.time["text"])
    ends = min(given + LONGEST, until or given + LONGEST)
    if not given <= now < ends or not _recorded(directory, entry):
        return None
    return Before(report, entry, given)


def _recorded(directory: Path, entry: Entry) -> bool:
    """Whether the log holds the entry, at its place."""
    try:
        _, log = store.readers([directory])[entry.origin]
        (data,) = log.entries(entry.index, entry.index + 1)
        return bool(store.read_entry(data, entry.origin)["envelope"] == entry.envelope)
    except (EvidenceError, OSError, KeyError, ValueError):
        return False
