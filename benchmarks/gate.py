"""`cpctl gate` on a repository of 10,000 tenants, against conftest on all that rules are shown.

Ours is the whole process, from Git objects to the durable, signed record: it reads, lints, resolves
and renders before it asks, under the policies of base and head. *Cold* is a machine that knows
nothing: no parsed files, no compiled policies. *The same again* finds the recorded answer. A pull
request changes one tenant: *fresh* on a machine that knows nothing, *warm* where the base was
judged before and the change is judged anew. What a machine that knows something answers is compared
with the answer of one that knows nothing.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import sys
from collections.abc import Mapping
from typing import Any, Final

from benchmarks import conftest_peer, measure, tenants
from benchmarks.measure import UnmeasuredError, Usage
from benchmarks.report import Comparison, Report, Sample, median
from benchmarks.settings import Settings
from controlplane.operations.trust import trust_root_yaml
from evidence.keys import keys_in

Json = Any
COLD, AGAIN = "whole repository, cold", "the same again"
FRESH, WARM = "pull request, fresh runner", "pull request, warm"
RESTORED = "pull request, fresh, cache restored"
PEER: Final = conftest_peer.NAME
AIMS: Final = {COLD: 5.0, AGAIN: 30.0, FRESH: 10.0, RESTORED: 10.0, WARM: 25.0}
MEMORY: Final = 3.0
WHOLE: Final = ("--base", "main", "--head", "main", "--whole")
CHANGE: Final = ("--base", "main", "--head", "change")


def run(settings: Settings) -> Report:
    """Gate one large repository cold and warm, time conftest, and look how both grow."""
    count = settings.choose(10_000, 30)
    small = (settings.choose(200, 20), settings.choose(800, 30))
    sizes = sorted({settings.choose(1_000, 60), settings.choose(100_000, 60)})
    subject = _Subject(settings, count)
    samples: list[Sample] = []
    for number in range(settings.runs):
        for what in (COLD, AGAIN, FRESH, RESTORED, WARM):
            settings.say(f"  round {number + 1}: {what}")
            usage, said = subject.ask(what)
            samples.append(Sample(what, number, usage, said))
        settings.say(f"  round {number + 1}: {PEER}")
        peer = conftest_peer.scaled(settings, small, count)
        measured = [[each.wall, each.peak_mib] for each in peer.measured]
        samples.append(Sample(PEER, number, peer.usage, {"measured": measured}))
    _agree(samples)
    memory = _median(samples, PEER).peak_mib / _median(samples, COLD).peak_mib
    grown = {size: _grown(settings, size) for size in sizes}
    return Report(
        "gate",
        {"tenants": count, PEER: f"of {small[0]} and {small[1]}, scaled"},
        [*samples, *(sample for each in grown.values() for sample in each)],
        [
            *(
                Comparison(f"{what}, times as fast as {PEER}", _ratio(samples, what), aim)
                for what, aim in AIMS.items()
            ),
            Comparison(f"memory of {PEER}, times ours ({COLD})", memory, MEMORY),
        ],
        [_figure(size, every) for size, every in sorted({count: samples, **grown}.items())],
    )


class _Subject:
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


def _agree(samples: list[Sample]) -> None:
    """Raise UnmeasuredError where what a machine knows makes another answer."""
    found: dict[str, list[Json]] = {}
    for sample in samples:
        if sample.client != PEER:
            kind = "whole" if sample.client in (COLD, AGAIN) else "change"
            found.setdefault(kind, []).append(dict(sample.details))
    for kind, answers in found.items():
        if any(answer != answers[0] for answer in answers):
            raise UnmeasuredError(f"the answers about the {kind} are not the same")


def _grown(settings: Settings, count: int) -> list[Sample]:
    """Return what a fleet of another size costs, once."""
    subject = _Subject(settings, count)
    found = []
    for what in (COLD, FRESH, RESTORED, WARM):
        settings.say(f"  {count:,} tenants: {what}")
        usage, said = subject.ask(what)
        found.append(Sample(f"{what}, {count:,} tenants", 0, usage, said))
    shutil.rmtree(settings.scratch / f"gated-{count}")
    return found


def _median(samples: list[Sample], client: str) -> Usage:
    found = [sample.usage for sample in samples if sample.client == client]
    return Usage(
        statistics.median(each.wall for each in found),
        statistics.median(each.cpu for each in found),
        statistics.median(each.peak_mib for each in found),
    )


def _ratio(samples: list[Sample], what: str) -> float:
    return median(samples, PEER) / median(samples, what)


def _figure(count: int, samples: list[Sample]) -> str:
    own = {what: (what, f"{what}, {count:,} tenants") for what in (COLD, FRESH, RESTORED, WARM)}
    parts = [
        f"{what} {usage.wall:.1f} s, {usage.peak_mib:,.0f} MiB"
        for what, names in own.items()
        for name in names
        if any(each.client == name for each in samples)
        for usage in [_median(samples, name)]
    ]
    return f"{count:,} tenants: {'; '.join(parts)}"
