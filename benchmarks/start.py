"""How long `cpctl --help` takes to start, against a bare interpreter and one that imports click."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks import measure
from benchmarks.report import Comparison, Report, Sample, median
from benchmarks.settings import Settings

AIM = 3.0
BARE = "python -c pass"
CLICK = "python -c 'import click'"
OURS = "cpctl --help"


def run(settings: Settings) -> Report:
    """Start each of the three in turn; the first round, which may write bytecode, is not kept."""
    commands = {
        BARE: [sys.executable, "-c", "pass"],
        CLICK: [sys.executable, "-c", "import click"],
        OURS: [str(Path(sys.executable).with_name("cpctl")), "--help"],
    }
    rounds = settings.choose(10 * settings.runs, 1)
    output = settings.scratch / "start.out"
    samples = [
        Sample(client, number, measure.command(words, output=output, watch_memory=False))
        for number in range(rounds + 1)
        for client, words in _turned(commands, number)
    ]
    kept = [sample for sample in samples if sample.run > 0]
    ours = median(kept, OURS)
    return Report(
        "start",
        {"rounds": rounds},
        kept,
        [
            Comparison(
                f"{OURS}, times as long as {CLICK}", ours / median(kept, CLICK), AIM, below=True
            ),
        ],
        [
            f"{OURS}, times as long as {BARE}: {ours / median(kept, BARE):.2f}",
            *(
                f"peak memory of {client}: {_memory(words, output):.0f} MiB"
                for client, words in commands.items()
            ),
        ],
    )


def _turned(commands: dict[str, list[str]], number: int) -> list[tuple[str, list[str]]]:
    """The commands, beginning with another one each round."""
    items = list(commands.items())
    turn = number % len(items)
    return items[turn:] + items[:turn]


def _memory(words: list[str], output: Path) -> float:
    """Peak memory, measured apart: looking at it disturbs a process this short."""
    return measure.command(words, output=output).peak_mib
