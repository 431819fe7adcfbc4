"""The long-running loop as a process of its own: keeps some teams as desired until SIGTERM.

`python -m benchmarks.keep KUBECONFIG STATE TEAMS APPS` prints `ready` once everything is applied.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from pathlib import Path

from benchmarks import ours
from benchmarks.drifts import team
from benchmarks.workload import resources
from reconciler.events import Event, PassFinished
from reconciler.loop import Loop
from reconciler.model import Desired, Placement
from reconciler.targets.kubernetes.target import KubernetesTarget

TARGET = "cluster"
REVISION = "0" * 40


def name_of(number: int) -> str:
    """The namespace of a team."""
    return f"team-{number:02d}"


def desired(teams: int, apps: int) -> list[Desired]:
    """What is to be kept: a placement for each team."""
    return [
        Desired(
            Placement(f"{name_of(number)}/prod", TARGET),
            REVISION,
            resources({"items": team(name_of(number), apps)}),
        )
        for number in range(teams)
    ]


def main(kubeconfig: str, state: str, teams: str, apps: str) -> None:
    """Run until SIGTERM."""
    stop, applied = threading.Event(), threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())

    def listen(event: Event) -> None:
        whole = isinstance(event, PassFinished) and event.clean and event.kind == "apply"
        if whole and not applied.is_set():
            applied.set()
            print("ready", flush=True)

    target = KubernetesTarget.connect(TARGET, {"kubeconfig": kubeconfig})
    with ours.reconciler(Path(state), target, listen) as reconciler:
        loop = Loop(reconciler, lambda _: target, seconds=time.monotonic)
        loop.want(desired(int(teams), int(apps)))
        loop.run(stop)
    target.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
