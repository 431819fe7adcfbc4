"""`python -m benchmarks [NAME…]`: run benchmarks, print what they found, keep the raw data.

Decides which benchmarks there are and how their reports are shown. Nothing here fails for being
slow: a missed aim is printed as missed, and the exit code says only whether it could be measured.
"""

from __future__ import annotations

import importlib
import sys
import tempfile
from pathlib import Path
from typing import Final, cast

import click

from benchmarks import machine, report
from benchmarks.measure import UnmeasuredError
from benchmarks.report import Report
from benchmarks.settings import Settings
from tests.support.binaries import MissingBinaryError
from tests.support.process import ServerError

# name → what it measures; each is the module `benchmarks.<name>` with a function `run`.
BENCHMARKS: Final = {
    "start": "cpctl --help against a bare interpreter",
    "evidence": "durable records and statements a second, verification, memory",
    "apply": "1,000 apps on a fresh API server, against kubectl and a bare loop",
    "noop": "a pass with nothing to do, against kubectl diff and kubectl apply",
    "serve": "sustained decisions a second through HTTP, against an OPA server",
    "gate": "10,000 tenants, whole and a pull request, cold and warm, against conftest",
    "growth": "a pull request on 1,000 and on 100,000 tenants",
    "whole": "the whole repository of 1,000 and of 100,000 tenants, cold",
    "changes": "a change of one tenant of 10,000 through the served gate, against conftest",
    "simulate": "10,000 recorded decisions under other policies, against opa eval for each",
    "drift": "ten kinds of drift, from the change to its healing",
}
RESULTS = Path(__file__).with_name("results")


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("names", nargs=-1, type=click.Choice(list(BENCHMARKS)))
@click.option("--quick", is_flag=True, help="Next to nothing of each, to see that it works.")
@click.option(
    "--runs", type=click.IntRange(1), default=3, help="How often each client is measured."
)
@click.option("--fsync", is_flag=True, help="Let etcd sync every write to disk.")
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where the raw data goes (default: benchmarks/results; with --quick nowhere).",
)
def main(
    names: tuple[str, ...], *, quick: bool, runs: int, fsync: bool, output: Path | None
) -> None:
    """Measure the product against its peers: NAME…, or everything."""
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as scratch:
        settings = Settings(Path(scratch), _say, 1 if quick else runs, quick, fsync)
        for name in names or tuple(BENCHMARKS):
            _say(f"{name}: {BENCHMARKS[name]}")
            found = _run(name, settings)
            click.echo(report.table(found))
            if output is not None or not quick:  # next to nothing is no result
                report.save(found, machine.about(), output or RESULTS)


def _run(name: str, settings: Settings) -> Report:
    module = importlib.import_module(f"benchmarks.{name}")
    return cast("Report", module.run(settings))


def _say(text: str) -> None:
    click.echo(text, err=True)


if __name__ == "__main__":
    try:
        main()
    except (UnmeasuredError, MissingBinaryError, ServerError) as error:
        _say(f"error: {error}")
        sys.exit(4)
