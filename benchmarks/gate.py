"""`cpctl gate` on a repository of 10,000 tenants, against conftest on all that rules are shown.

Ours is the whole process, from Git objects to the durable, signed record: it reads, lints, resolves
and renders before it asks, under the policies of base and head. What a machine that knows something
answers is compared with the answer of one that knows nothing.
"""

from __future__ import annotations

from typing import Any, Final

from benchmarks import conftest_peer
from benchmarks.judged import AGAIN, COLD, FRESH, RESTORED, WARM, Subject, figure, typical
from benchmarks.measure import UnmeasuredError
from benchmarks.report import Comparison, Report, Sample, median
from benchmarks.settings import Settings

Json = Any
PEER: Final = conftest_peer.NAME
AIMS: Final = {COLD: 5.0, AGAIN: 30.0, FRESH: 10.0, RESTORED: 10.0, WARM: 25.0}
MEMORY: Final = 3.0


def run(settings: Settings) -> Report:
    """Gate one large repository cold and warm, and time conftest."""
    count = settings.choose(10_000, 30)
    small = (settings.choose(200, 20), settings.choose(800, 30))
    subject = Subject(settings, count)
    samples: list[Sample] = []
    for number in range(settings.runs):
        for what in (COLD, AGAIN, FRESH, WARM, RESTORED):
            settings.say(f"  round {number + 1}: {what}")
            usage, said = subject.ask(what)
            samples.append(Sample(what, number, usage, said))
        settings.say(f"  round {number + 1}: {PEER}")
        peer = conftest_peer.scaled(settings, small, count)
        measured = [[each.wall, each.peak_mib] for each in peer.measured]
        samples.append(Sample(PEER, number, peer.usage, {"measured": measured}))
    _agree(samples)
    memory = typical(samples, PEER).peak_mib / typical(samples, COLD).peak_mib
    return Report(
        "gate",
        {"tenants": count, PEER: f"of {small[0]} and {small[1]}, scaled"},
        samples,
        [
            *(
                Comparison(f"{what}, times as fast as {PEER}", _ratio(samples, what), aim)
                for what, aim in AIMS.items()
            ),
            Comparison(f"memory of {PEER}, times ours ({COLD})", memory, MEMORY),
        ],
        [figure(count, samples)],
    )


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


def _ratio(samples: list[Sample], what: str) -> float:
    return median(samples, PEER) / median(samples, what)
