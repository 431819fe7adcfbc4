"""Our side of the comparisons, as a process of its own.

`python -m benchmarks.ours KUBECONFIG MANIFESTS STATE PASSES`: reads the manifests, connects,
and does as many passes as asked, each of them complete: observe, plan, durable intents in SQLite,
inventory, requests, receipts, one signed statement. Says how long each step took.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.workload import PLACEMENT, resources
from controlplane.cli import collecting
from evidence.keys import create_key, signer_for
from evidence.writer import EvidenceWriter
from reconciler.apply import ApplyOptions, Reconciler
from reconciler.events import Listener, unheard
from reconciler.model import Desired
from reconciler.state.sql import SqlStateStore
from reconciler.targets.base import Target
from reconciler.targets.kubernetes.target import KubernetesTarget

Json = Any
ORIGIN = "example.com/benchmark"
DURABILITY = "SQLite: WAL, synchronous=FULL; evidence: fsync of every batch"


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


def set_up(state: Path) -> None:
    """Make what an installation has before its first pass: two keys and an empty database."""
    for purpose in ("apply", "log"):
        create_key(state / "keys", name=purpose, purpose=purpose, now=now())
    open_store(state).close()


def open_store(state: Path) -> SqlStateStore:
    """Open the database."""
    return SqlStateStore.open(f"sqlite:///{state / 'state.db'}", clock=now)


def revision_of(manifests: Path) -> str:
    """A commit id for a workload that is in no repository."""
    return hashlib.sha1(manifests.read_bytes(), usedforsecurity=False).hexdigest()


@contextmanager
def reconciler(state: Path, target: Target, listen: Listener = unheard) -> Iterator[Reconciler]:
    """Everything that stands behind a pass, as the product sets it up."""
    keys = state / "keys"
    writer = EvidenceWriter.open(
        state / "evidence",
        signer_for(keys, "apply"),
        log_signer=signer_for(keys, "log"),
        origin=ORIGIN,
        clock=now,
    )
    store = open_store(state)
    try:
        yield Reconciler(
            target_of=lambda _: target,
            store=store,
            evidence=writer,
            clock=now,
            new_run=lambda: os.urandom(8).hex(),
            listen=listen,
        )
    finally:
        store.close()


def main(kubeconfig: str, manifests: str, state: str, passes: str) -> dict[str, Json]:
    """Do the passes, and return what each took and did."""
    begin = time.perf_counter()
    document = json.loads(Path(manifests).read_text(encoding="utf-8"))
    desired = Desired(PLACEMENT, revision_of(Path(manifests)), resources(document))
    target = KubernetesTarget.connect(PLACEMENT.target, {"kubeconfig": kubeconfig})
    done: list[dict[str, Json]] = []
    with reconciler(Path(state), target) as ours:
        ready = time.perf_counter()
        done += [_pass(ours, desired) for _ in range(int(passes))]
    target.close()
    return {"ready": ready - begin, "passes": done}


def _pass(ours: Reconciler, desired: Desired) -> dict[str, Json]:
    begin, cpu = time.perf_counter(), time.process_time()
    summary = ours.apply([desired], ApplyOptions(health=False))
    wall, spent = time.perf_counter() - begin, time.process_time() - cpu
    result = summary.results[0]
    if summary.exit_code or result.plan is None:
        raise RuntimeError(f"{summary.words()}: {summary.error} {result.error}")
    return {"wall": wall, "cpu": spent, "done": len(result.outcomes), "inSync": result.plan.in_sync}


if __name__ == "__main__":
    # As `cpctl apply` does, which ends after its pass; a process that goes on collects.
    with collecting.paused() if sys.argv[4] == "1" else nullcontext():
        print(json.dumps(main(*sys.argv[1:])))
