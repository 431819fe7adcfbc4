"""A pass with nothing to do over 4,000 objects, against `kubectl diff` and `kubectl apply` again.

Each client looks at what it applied itself, on a server of its own. kubectl starts a process for
each look; our reconciler keeps running, and what it repeats is the pass. Both are measured: the
pass in a running process, and a process that does one pass and ends.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import apply, apps, servers, workload
from benchmarks.apply import Files, Ours
from benchmarks.measure import Usage
from benchmarks.report import Comparison, Report, Sample, median
from benchmarks.settings import Settings
from tests.support.kubernetes import ApiServer

Json = Any
DIFFED = 200  # objects that kubectl diff is shown: it takes as long for each of more
PASSES = 5
DIFF, DRY, AGAIN = "kubectl diff", "kubectl diff --server-side", "kubectl apply --server-side"
PASS, PROCESS = "pass of a running process", "process for one pass"
AIM_DIFF, AIM_AGAIN = 500.0, 40.0


def run(settings: Settings) -> Report:
    """Apply, then look again, with kubectl and with ours, on a fresh server each."""
    count = settings.choose(apply.APPS, 5)
    files = apply.prepare(settings, count)
    sample = min(DIFFED, 4 * count)
    part = workload.write_manifests(settings.scratch / "part.json", apps.objects(count)[:sample])
    scale = 4 * count / sample
    samples: list[Sample] = []
    for number in range(settings.runs):
        sides = [_kubectl, _ours] if number % 2 == 0 else [_ours, _kubectl]
        for side in sides:
            settings.say(f"  round {number + 1}: {side.__name__.strip('_')}")
            with servers.fresh(settings) as server:
                samples += side(settings, files, part, server, number)
    scaled, again = median(samples, DIFF) * scale, median(samples, AGAIN)
    dry = median(samples, DRY) * scale / median(samples, PASS)
    return Report(
        "noop",
        {
            "objects": 4 * count,
            "kubectl diff": f"of {sample}, times {scale:g}",
            "server": servers.fsync_policy(settings),
        },
        samples,
        [
            Comparison(f"{ours}, times as fast as {peer}", theirs / median(samples, ours), aim)
            for ours in (PASS, PROCESS)
            for peer, theirs, aim in ((DIFF, scaled, AIM_DIFF), (AGAIN, again, AIM_AGAIN))
        ],
        [
            *(
                f"{name}: {median(samples, name) / sample * 1000:.1f} ms an object"
                for name in (DIFF, DRY)
            ),
            f"{PASS}, times as fast as {DRY}: {dry:.0f}",
        ],
    )


def _kubectl(
    _: Settings, files: Files, part: Path, server: ApiServer, number: int
) -> Sequence[Sample]:
    every = ("apply", "--server-side", "-f", files.manifests)
    apply.kubectl(files, server, *every, expect=(0,))
    shown = ("-f", part)
    return [
        Sample(DIFF, number, apply.kubectl(files, server, "diff", *shown, expect=(0, 1))),
        Sample(
            DRY, number, apply.kubectl(files, server, "diff", "--server-side", *shown, expect=(0,))
        ),
        Sample(AGAIN, number, apply.kubectl(files, server, *every, expect=(0,))),
    ]


def _ours(
    settings: Settings, files: Files, _: Path, server: ApiServer, number: int
) -> Sequence[Sample]:
    ours = Ours(settings, files)
    ours.run(server, passes=1)
    process, _said = ours.run(server, passes=1)
    whole, said = ours.run(server, passes=1 + PASSES)
    warm = said["passes"][1:]
    usage = Usage(
        statistics.median(one["wall"] for one in warm),
        statistics.median(one["cpu"] for one in warm),
        whole.peak_mib,
    )
    return [Sample(PROCESS, number, process), Sample(PASS, number, usage, said)]
