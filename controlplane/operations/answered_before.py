"""An answer of the gate that was recorded, given again where nothing that it depends on changed.

A job that runs again, a whole repository judged every night: the decision is in the evidence
already, and judging it anew would record the same. It is given again only while it holds, where
`still_recorded` finds it in the evidence, and where this machine kept it; what stayed open is asked
anew, and so is what depends on other decisions. Nothing is applied on the strength of what is kept
here: that is for the evidence.
"""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from controlplane.authenticated import Cache
from controlplane.operations import own_code
from controlplane.operations.authorising import holds_until
from controlplane.operations.change_view import concerns_judging
from controlplane.operations.gate import Agreement, GateReport, Step
from controlplane.operations.recording import state_json, subjects_of
from controlplane.operations.still_recorded import still_recorded
from evidence.canonical import canonical
from evidence.run import Entry
from evidence.signers.base import Signer

LONGEST: Final = timedelta(hours=20)  # so that what is asked every night is judged every night
MOST: Final = 16  # answers that are kept; each about 1 KiB a tenant
_FRESH: Final = frozenset({"step", "said", "packs"})  # fields that are the asker's own


@dataclass(frozen=True)
class Asked:
    """What an answer depends on but the moment, and the log in which it is to be.

    `engine` is its name and version, `programs` what of the machine renders and compiles, `origin`
    the log of whoever asks, which names the signer.
    """

    step: Step
    engine: str
    said: Agreement
    whole: bool
    origin: str
    programs: Sequence[str] = ()

    @property
    def name(self) -> str:
        """Return the name under which its answer is kept."""
        ends = [state_json(self.step.base), state_json(self.step.head)]
        reviews = [review.to_fact() for review in self.said.reviews]
        said = [list(self.said.approvals), list(self.said.authors), reviews]
        machine = [own_code.digest(), self.engine, *self.programs, self.origin]
        key = canonical([*ends, said, self.whole, *machine])
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
    rules = [rule for _, judgement in report.judgements for rule in judgement.bundle.rules]
    if any("time" in rule.uses and not rule.expires for rule in rules):
        return  # nobody says when its answer becomes another
    kept = {f.name: getattr(report, f.name) for f in fields(report) if f.name not in _FRESH}
    kept["judgements"] = tuple((n, replace(j, envelopes={})) for n, j in report.judgements)
    cache.put(asked.name, pickle.dumps((now, entry, kept), pickle.HIGHEST_PROTOCOL), MOST)


def recall(
    cache: Cache, asked: Asked, directory: Path, signer: Signer, now: datetime
) -> Before | None:
    """Return the answer that was given before, None where it is to be asked anew.

    `directory` is where the evidence is that must still hold it, `signer` who would sign it today.
    What is not given again is forgotten, so that it does not outlive the answer that comes in its
    place.
    """
    content = cache.get(asked.name)
    before = None
    if content is not None:
        with suppress(Exception):  # our own, but of whatever shape: then it is asked anew
            found = _read(content, asked, now)
            if found is not None and still_recorded(
                directory, found.entry, subjects_of(asked.step), signer, now
            ):
                before = found
    if before is None:
        cache.forget(asked.name)
    return before


def _read(content: bytes, asked: Asked, now: datetime) -> Before | None:
    """Return what was kept, None where it holds no more."""
    kept: tuple[datetime, Entry, dict[str, Any]] = pickle.loads(content)  # noqa: S301 - our own
    given, entry, parts = kept
    report = GateReport(step=asked.step, said=asked.said, **parts)
    until = holds_until(report.verdict.valid_until, report.time["text"])
    ends = min(given + LONGEST, until or given + LONGEST)
    return Before(report, entry, given) if given <= now < ends else None
