"""Reads decisions back from an evidence directory: those that count, and what does not, by name.

A decision counts when its statement is signed, for deciding, by a key of the trust set that is
given, and when its records are those that were signed. Everything else is returned as `Skipped`:
nobody may take what was not looked at for looked at. Reads one run at a time, so that a log of any
length fits into memory.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from controlplane.operations.decided import KIND
from controlplane.operations.judged_pages import KIND as PAGES
from controlplane.operations.past import NoDecisionError, PastDecision, Skipped, read_decision
from controlplane.policy.bundle import as_kept
from controlplane.policy.errors import PolicyLoadError
from controlplane.policy.model import PolicyBundle
from evidence.authentic import Leaf, leaves, payload_bytes
from evidence.canonical import Json
from evidence.errors import EvidenceError, MalformedError
from evidence.judge import Judge
from evidence.log import LogReader
from evidence.run import INTERRUPTED
from evidence.store import StoredRun, read_run, readers
from evidence.trust import TrustSet


def past_decisions(
    directory: Path, trust: TrustSet, now: datetime
) -> Iterator[PastDecision | Skipped]:
    """Yield the decisions in `directory`, the latest of each log first; none for no evidence.

    Raises nothing for what is in the directory.
    """
    if not (directory / "logs").is_dir():
        return
    try:
        logs = readers([directory])
    except EvidenceError as error:
        yield Skipped(f"the evidence in {directory}", str(error))
        return
    memory = _Memory(Judge({}, trust, now))
    for place, log in logs.values():
        yield from memory.decisions(place, log)


@dataclass
class _Memory:
    """What is kept between two runs: the policies, of which there are few."""

    judge: Judge
    bundles: dict[str, PolicyBundle | str] = field(default_factory=dict)  # by payload; or why not

    def decisions(self, directory: Path, log: LogReader) -> Iterator[PastDecision | Skipped]:
        entries: list[bytes] = []
        try:
            entries.extend(log.entries())
            if (largest := max(log.history(), default=0)) > len(entries):
                gone = f"{largest - len(entries)} entries are gone that a checkpoint covers"
                yield Skipped(f"log {log.origin}", gone)
        except (EvidenceError, OSError) as error:
            yield Skipped(f"log {log.origin}, from entry {len(entries)} on", str(error))
        for index in reversed(range(len(entries))):
            part = f"log {log.origin}, entry {index}"
            found: PastDecision | Skipped | None
            try:
                found = self._decision(read_run(directory, log.origin, index, entries[index]))
            except MalformedError as error:
                where = error.part.removeprefix(f"{part}: ")
                found = Skipped(part, f"{where}: {error.reason}" if where != part else error.reason)
            except (EvidenceError, NoDecisionError, OSError) as error:
                found = Skipped(part, str(error))
            if found is not None:
                yield found

    def _decision(self, run: StoredRun) -> PastDecision | None:
        """Return a run's decision, None for a run that decides nothing; raises why it does not."""
        if run.statement.kind != KIND:
            return None
        self._refuse(run)
        kept = leaves(run)
        decisions = [leaf for leaf in kept if leaf.kind == "decision"]
        if len(decisions) != 1:
            raise NoDecisionError(f"holds {len(decisions)} decisions, not one")
        (leaf,) = decisions
        texts = {leaf.payload: leaf for leaf in kept if leaf.kind == "envelope"}
        pages = {leaf.payload: leaf for leaf in kept if leaf.kind == PAGES}
        found = read_decision(
            json.loads(payload_bytes(run, leaf)),
            leaf.payload,
            run.part,
            lambda name: payload_bytes(run, _named(texts, name, f"{run.part}: envelope")),
            self._bundles(run, [leaf for leaf in kept if leaf.kind == "policies"]),
            lambda name: json.loads(payload_bytes(run, _named(pages, name, f"{run.part}: judged"))),
        )
        if found.allow is not (run.statement.outcome == "allow"):
            raise NoDecisionError("its outcome is not that of its decision")
        return found

    def _refuse(self, run: StoredRun) -> None:
        """Raise NoDecisionError where nobody who counts signed that this run decided."""
        for objection in self.judge.statement(run.envelope, run.statement, run.part):
            raise NoDecisionError(objection.message)
        if run.statement.origin != run.origin:
            raise NoDecisionError(f"was signed for log {run.statement.origin}")
        if run.statement.outcome == INTERRUPTED:
            raise NoDecisionError("the run was interrupted before it had decided")

    def _bundles(self, run: StoredRun, kept: list[Leaf]) -> Callable[[str], PolicyBundle]:
        def bundle(name: str) -> PolicyBundle:
            for leaf in kept:
                if leaf.payload not in self.bundles:
                    self.bundles[leaf.payload] = bundle_or_why(json.loads(payload_bytes(run, leaf)))
                found = self.bundles[leaf.payload]
                if isinstance(found, str):
                    raise MalformedError(f"{run.part}: policies", found)
                if found.digest == name:
                    return found
            raise MalformedError(f"{run.part}: policies", f"{name} are not among the records")

        return bundle


def bundle_or_why(payload: Json) -> PolicyBundle | str:
    """Return the policies that a record's payload holds, or why they cannot be had."""
    match payload:
        case {"digest": str(name), "modules": dict(modules), "data": dict(data)} if all(
            isinstance(text, str) for text in modules.values()
        ):
            try:
                bundle = as_kept(modules, data)
            except PolicyLoadError as error:
                return f"this version cannot read them: {error}"
            return bundle if bundle.digest == name else "are not what their digest names"
    return "are no policies"


def _named(texts: Mapping[str, Leaf], name: str, part: str) -> Leaf:
    if name not in texts:
        raise MalformedError(part, f"{name} is not among the records")
    return texts[name]
