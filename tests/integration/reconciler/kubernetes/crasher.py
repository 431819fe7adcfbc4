"""A process that converges one placement and ends itself, by SIGKILL, at the n-th crash point.

Run as `python -m tests.integration.reconciler.kubernetes.crasher`, with a JSON document on stdin:
`{"settings", "placement", "resources": [[id, body]], "kill_at"}`. `kill_at` 0 never kills, and
the number of points reached is printed.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from typing import Any

from reconciler import crashpoints
from reconciler.model import Desired, Placement, Resource, Verb
from reconciler.plan import PlanOptions, plan
from reconciler.targets.kubernetes.target import KubernetesTarget

REMOVALS = (Verb.PRUNE, Verb.FORGET)


def converge(target: KubernetesTarget, desired: Desired) -> None:
    """Claim, act, prune, release, in the order promised to targets."""
    made = plan(desired, target.observe(desired), PlanOptions())
    kept = [action for action in made.actions if action.verb not in REMOVALS]
    gone = [action for action in made.actions if action.verb in REMOVALS]
    target.claim(made.placement, [action.id for action in kept])
    outcomes = [*target.act(made.placement, kept), *target.act(made.placement, gone)]
    done = [o.id for o in outcomes if o.verb in REMOVALS and o.result == "done"]
    target.release(made.placement, done)


def main(order: dict[str, Any]) -> int:
    """Do it, and return how many points were reached."""
    reached = 0
    lock = threading.Lock()

    def count(_: str) -> None:
        nonlocal reached
        with lock:
            reached += 1
            if reached == order["kill_at"]:
                os.kill(os.getpid(), signal.SIGKILL)

    crashpoints.listen(count)
    target = KubernetesTarget.connect("cluster", order["settings"])
    resources = tuple(Resource.of(identifier, body) for identifier, body in order["resources"])
    converge(target, Desired(Placement(order["placement"], "cluster"), "r2", resources))
    target.close()
    return reached


if __name__ == "__main__":
    sys.stdout.write(f"{main(json.load(sys.stdin))}\n")
