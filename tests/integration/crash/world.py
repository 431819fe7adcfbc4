"""What crash scenarios of every target share: state, evidence, and what must be true at the end."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import alembic.command  # noqa: F401 (here once, where every child would otherwise import it)

from evidence.audit import verify_directory
from evidence.disk import Disk
from evidence.keys import create_key, load_key
from evidence.log import logs
from evidence.store import runs_of
from evidence.writer import EvidenceWriter
from reconciler.apply import ApplyOptions, Reconciler, Summary
from reconciler.crashpoints import reached
from reconciler.model import Desired
from reconciler.state.sql import SqlStateStore
from reconciler.targets.base import Target
from tests.support.crashing import Scenario

Json = Any


class ReconcilerScenario(Scenario):
    """Applies to one target, one placement after the other so that points come in one order."""

    def target(self) -> Target:
        """Return the target, connected anew."""
        raise NotImplementedError

    def make_keys(self) -> None:
        """Make the keys that evidence is signed with."""
        for purpose in ("apply", "log"):
            create_key(self.folder / "keys", name=purpose, purpose=purpose, now=_now())

    def apply(self, desired: Sequence[Desired]) -> Summary:
        """Do one pass, as a fresh process does."""
        target = self.target()
        store = SqlStateStore.open(f"sqlite:///{self.folder / 'state.db'}", clock=_now)
        numbers = itertools.count()
        reconciler = Reconciler(
            target_of=lambda _: target,
            store=store,
            evidence=self._writer(),
            clock=_now,
            new_run=lambda: f"run-{datetime.now(UTC).timestamp():.6f}-{next(numbers)}",
        )
        try:
            return reconciler.apply(desired, ApplyOptions(width=1))
        finally:
            store.close()
            target.close()

    def remembered(self, desired: Sequence[Desired]) -> Json:
        """Return what the state store says at the end."""
        store = SqlStateStore.open(f"sqlite:///{self.folder / 'state.db'}", clock=_now)
        try:
            return {
                str(each.placement): {
                    "status": [(s.phase.value, s.applied, s.digest) for s in store.statuses()],
                    "inventory": {i: a.digest for i, a in store.applied(each.placement).items()},
                    "open": list(store.open_intents(each.placement)),
                }
                for each in desired
            }
        finally:
            store.close()

    def unexplained(self, target: Target, desired: Sequence[Desired]) -> Iterator[str]:
        """Yield everything that evidence does not verify or does not account for."""
        report = verify_directory(self.folder / "evidence", None, _now(), trust_bundled_keys=True)
        yield from (f"evidence: {finding}" for finding in report.findings)
        under_way = [*self.folder.glob("evidence/logs/*/runs/*.json")]
        yield from (f"evidence: {path.name} was never closed" for path in under_way)
        explained = self._explained()
        for each in desired:
            for identifier in target.observe(each).inventory:
                if (str(each.placement), identifier) not in explained:
                    yield f"{each.placement}: nothing accounts for {identifier}"

    def _explained(self) -> set[tuple[str, str]]:
        """Return every (placement, id) whose making has a receipt, or was looked up afterwards."""
        root = self.folder / "evidence"
        found: set[tuple[str, str]] = set()
        for run in (run for log in logs(root) for run in runs_of(root, log)):
            for record in run.records():
                payload = run.payload(record)
                where = record.record["subject"]
                if record.record["kind"] == "receipt":
                    done = [o for o in payload["outcomes"] if o["result"] == "done"]
                    found |= {(where, outcome["id"]) for outcome in done}
                if record.record["kind"] == "recovery":
                    there = [i for i in payload["intents"] if i["found"].startswith("in-sync")]
                    found |= {(where, intent["id"]) for intent in there}
        return found

    def _writer(self) -> EvidenceWriter:
        keys = self.folder / "keys"
        return EvidenceWriter.open(
            self.folder / "evidence",
            load_key(keys / "apply.pem"),
            log_signer=load_key(keys / "log.pem"),
            origin="crash.test/apply",
            clock=_now,
            disk=Disk(lambda step: reached(f"evidence: {step}")),
        )


def _now() -> datetime:
    return datetime.now(UTC)


def tree(root: Path, *, without: str) -> dict[str, bytes]:
    """Return every file below a folder, and its folders as empty ones, but for one subfolder."""
    return {
        str(path.relative_to(root)): path.read_bytes() if path.is_file() else b""
        for path in sorted(root.rglob("*"))
        if without not in path.parts
    }
