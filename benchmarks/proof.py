"""Whether the evidence of a timed run proves it: the bundle verifies and misses no object."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks.measure import UnmeasuredError
from benchmarks.ours import now, revision_of
from benchmarks.workload import resources
from evidence.bundle import export
from evidence.keys import keys_in
from evidence.trust import TrustedKey, TrustSet
from evidence.verify import verify_bundle

Json = Any


class UnprovenError(UnmeasuredError):
    """A timed run left evidence that does not prove it."""


def check(state: Path, manifests: Path) -> dict[str, Json]:
    """Verify the bundle of the run on `manifests` and account for every object.

    Returns its size and a sentence. Raises UnprovenError where it does not verify, or where an
    object has no receipt that says `done`.
    """
    keys = keys_in(state / "keys")
    trust = TrustSet.of(TrustedKey(key.name, key.purpose, key.public_key) for key in keys)
    bundle = export([state / "evidence"], revision_of(manifests))
    report = verify_bundle(bundle, trust, now())
    if not report.verified:
        raise UnprovenError(report.words())
    document = json.loads(manifests.read_text(encoding="utf-8"))
    wanted = {resource.id for resource in resources(document)}
    if missing := wanted - _done(bundle):
        raise UnprovenError(f"no receipt for {len(missing)} objects, such as {min(missing)}")
    words = (
        f"the bundle ({len(bundle) / 1024:.0f} KiB) verifies and accounts for {len(wanted)} objects"
    )
    return {"bytes": len(bundle), "objects": len(wanted), "words": words}


def _done(bundle: bytes) -> set[str]:
    """Every id for which a receipt of the bundle says that its action was done."""
    payloads = json.loads(bundle)["payloads"].values()
    outcomes = (outcome for payload in payloads for outcome in payload.get("outcomes", ()))
    return {outcome["id"] for outcome in outcomes if outcome["result"] == "done"}
