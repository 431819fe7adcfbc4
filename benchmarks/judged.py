"""A repository of so many tenants and a machine on which the gate judges it, as benchmarks ask.

*Cold* is a machine that knows nothing: no parsed files, no compiled policies. *The same again*
finds the recorded answer. A pull request changes one tenant: *fresh* on a machine that knows
nothing, *restored* on one that knows nothing but what lies in the cache of pipelines, *warm* where
the base was judged before and the change is judged anew.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import sys
from collections.abc import Iterable, Mapping
from typing import Any, Final

from benchmarks import measure, tenants
from benchmarks.measure import UnmeasuredError, Usage
from benchmarks.report import Sample
from benchmarks.settings import Settings
from controlplane.operations.trust import trust_root_yaml
from evidence.keys import keys_in

Json = Any
COLD, AGAIN = "whole repository, cold", "the same again"
FRESH, WARM = "pull request, fresh runner", "pull request, warm"
RESTORED = "pull request, fresh, cache restored"
WHOLE: Final = ("--base", "main", "--head", "main", "--whole")
CHANGE: Final = ("--base", "main", "--head", "change")


class Subject:
    """A repository and the machine on which it is judged."""

    def __init__(self, settings: Settings, count: int) -> None:
        self._scratch = settings.scratch / f"gated-{count}"
        self._repository = self._scratch / "repository"
        settings.say(f"  a repository of {count:,} tenants")
        self._scratch.mkdir(parents=True, exist_ok=True)
        self._command("keys", "init")
        root = trust_root_yaml("bench", keys_in(self._scratch / "home" / "keys"), holder="bench")
        tenants.write(self._repository, count, more={"trust/bench.yaml": root.encode()})

    def ask(self, what: str) -> tuple[Usage, dict[str, Json]]:
        """Return what the gate costs, and what it decided."""
        if what in (COLD, FRESH):
            self.forget()
        if what == RESTORED:  # its keys, a clone, and what the last runner left in the cache
            (self._scratch / "home" / "cache.key").unlink()
            shutil.rmtree(self._repository / ".git" / "cpctl")
            shutil.rmtree(self._scratch / "cache" / "cpctl" / "compiled")
        given = WHOLE if what in (COLD, AGAIN) else CHANGE
        if what == WARM:
            given = (*given, "--again")  # judged, and not only found in the records
        output = self._scratch / "said.json"
        words = ["gate", "--root", str(self._repository), *given, "-o", f"json={output}"]
        usage = self._command(*words, expect=(0, 1))
        spoken = (self._scratch / "ours.out").read_text(encoding="utf-8")
        if ("judged before" in spoken) is not (what == AGAIN):
            raise UnmeasuredError(f"{what} was not answered as was meant: {spoken[:500]}")
        said = json.loads(output.read_text(encoding="utf-8"))
        if said["problems"] or said["undecided"]:
            raise UnmeasuredError(f"{what} was not decided: {str(said)[:500]}")
        decision = said["decision"]
        return usage, {"allow": decision["allow"], "verdict": decision["verdict"]}

    def forget(self) -> None:
        """Make of it a machine that has only its keys and a clone."""
        shutil.rmtree(self._scratch / "cache", ignore_errors=True)
        shutil.rmtree(self._repository / ".git" / "cpctl", ignore_errors=True)

    def remove(self) -> None:
        """Give back the room on disk."""
        shutil.rmtree(self._scratch)

    def _command(self, *words: str, expect: tuple[int, ...] = (0,)) -> Usage:
        return measure.command(
            [sys.executable, "-m", "controlplane.cli.main", *words],
            environment=self._environment(),
            output=self._scratch / "ours.out",
            expect=expect,
            children=True,
        )

    def _environment(self) -> Mapping[str, str]:
        own = {"CPCTL_HOME": str(self._scratch / "home")}
        return {**os.environ, **own, "XDG_CACHE_HOME": str(self._scratch / "cache")}


def typical(samples: Iterable[Sample], client: str) -> Usage:
    """Return the medians of what a client's samples cost."""
    found = [sample.usage for sample in samples if sample.client == client]
    return Usage(
        statistics.median(each.wall for each in found),
        statistics.median(each.cpu for each in found),
        statistics.median(each.peak_mib for each in found),
    )


def figure(count: int, samples: Iterable[Sample]) -> str:
    """Return in one line what each way of asking costs."""
    every = list(samples)
    named = [what for what in (COLD, FRESH, WARM, RESTORED) if any(s.client == what for s in every)]
    parts = [
        f"{what} {u.wall:.1f} s, {u.peak_mib:,.0f} MiB"
        for what in named
        for u in [typical(every, what)]
    ]
    return f"{count:,} tenants: {'; '.join(parts)}"
