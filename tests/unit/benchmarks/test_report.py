"""Ratios, percentiles and verdicts say what they should, and nothing names the machine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.measure import Usage
from benchmarks.report import Comparison, Report, Sample, median, percentile, save, table


def sample(client: str, run: int, wall: float) -> Sample:
    return Sample(client, run, Usage(wall, wall / 2, 10.0))


@pytest.mark.parametrize(
    ("ratio", "aim", "below", "verdict"),
    [
        (2.75, 2.5, False, "met by 10%"),
        (2.5, 2.5, False, "met by 0%"),
        (2.25, 2.5, False, "missed by 10%"),
        (1.5, 3.0, True, "met by 50%"),
        (3.0, 3.0, True, "missed by 0%"),
        (4.5, 3.0, True, "missed by 50%"),
    ],
)
def test_verdict(ratio: float, aim: float, below: bool, verdict: str) -> None:
    assert Comparison("x", ratio, aim, below=below).verdict() == verdict


def test_median_is_of_one_client() -> None:
    samples = [sample("a", 0, 3.0), sample("b", 0, 100.0), sample("a", 1, 1.0), sample("a", 2, 2.0)]
    assert median(samples, "a") == 2.0


@pytest.mark.parametrize(("rank", "value"), [(50, 5.0), (95, 10.0), (99, 10.0), (10, 1.0)])
def test_percentile(rank: int, value: float) -> None:
    values = [10.0, 1.0, 9.0, 2.0, 8.0, 3.0, 7.0, 4.0, 6.0, 5.0]
    assert percentile(values, rank) == value


def test_table_shows_every_client_comparison_and_figure() -> None:
    report = Report(
        "apply",
        {"apps": 5},
        [sample("ours", 0, 0.5), sample("theirs", 0, 1.5)],
        [Comparison("ours against theirs", 3.0, 2.5)],
        ["p95 of healing: 0.2 s"],
    )
    text = table(report)
    for part in ("apps 5", "ours ", "theirs ", "500.0 ms", "1.50 s", "met by 20%", "p95 of"):
        assert part in text


def test_saved_document_holds_every_sample_in_order(tmp_path: Path) -> None:
    samples = [sample("a", 0, 1.0), sample("b", 0, 2.0), sample("a", 1, 1.23456789)]
    path = save(Report("x", {}, samples), {"machine": {"cores": 2}}, tmp_path / "new")
    document = json.loads(path.read_text(encoding="utf-8"))
    assert document["order"] == ["a", "b", "a"]
    assert document["samples"][2]["usage"]["wall"] == 1.234568
    assert document["machine"] == {"cores": 2}
