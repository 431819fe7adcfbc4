"""Runs become one signed statement each, and what was recorded is what was signed."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from evidence import objects
from evidence.canonical import digest
from evidence.disk import Disk, silent
from evidence.dsse import Envelope
from evidence.errors import EvidenceError, UsageError
from evidence.records import Record, records_root
from evidence.statement import Statement
from evidence.store import read_run, readers
from evidence.writer import EvidenceWriter, FinishedRun
from tests.support.evidence import ORIGIN, about, signer, ticking, writer


def records(count: int) -> list[Record]:
    return [Record("receipt", f"created object {i}", {"object": i}) for i in range(count)]


def statement(directory: Path, envelope: str) -> Statement:
    data = objects.read_object(directory, envelope, "envelope")
    return Statement.read(Envelope.read(data, "envelope").payload, "statement")


def test_a_closed_run_commits_to_its_records(tmp_path: Path) -> None:
    made = records(5)
    evidence = writer(tmp_path)
    with evidence.begin(kind="apply", subjects=about(), summary="apply acme", run_id="r1") as run:
        assert run.record(made[0]) == made[0].digest
        assert run.record_many(made[1:]) == [record.digest for record in made[1:]]
        entry = run.close(outcome="done", summary="5 objects created")
    said = statement(tmp_path, entry.envelope)
    assert (entry.index, entry.run, entry.outcome, entry.records) == (0, "r1", "done", 5)
    assert (said.count, said.root) == (5, records_root(record.data for record in made))
    assert (said.summary, said.kind, said.run) == ("5 objects created", "apply", "r1")
    stored = objects.records_path(tmp_path, said.root).read_bytes()
    kept = list(objects.stored_records(stored, "records"))
    assert [record.payload for record in kept] == [{"object": i} for i in range(5)]


def test_a_large_payload_lies_beside_the_records(tmp_path: Path) -> None:
    payload = {"text": "x" * (objects.INLINE + 1)}
    with writer(tmp_path).begin(kind="apply", subjects=about(), summary="apply") as run:
        run.record(Record("plan", "a long plan", payload))
        run.close(outcome="done", summary="done")
    kept = objects.read_object(tmp_path, digest(payload), "payload")
    assert len(kept) > objects.INLINE


def test_the_index_counts_the_log(tmp_path: Path) -> None:
    evidence = writer(tmp_path)
    for i in range(3):
        run = evidence.begin(kind="apply", subjects=about(), summary="apply")
        assert run.close(outcome="done", summary="done").index == i
    assert not list(tmp_path.glob("logs/*/runs/*"))


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_run_left_by_an_exception_is_interrupted(
    tmp_path: Path, error: type[BaseException]
) -> None:
    evidence = writer(tmp_path)
    with (
        pytest.raises(error),
        evidence.begin(kind="apply", subjects=about(), summary="apply acme"),
    ):
        raise error("broken")
    (envelope,) = (tmp_path / "objects").glob("*/*")
    said = statement(tmp_path, f"sha256:{envelope.parent.name}{envelope.name}")
    assert said.outcome == "interrupted"
    assert "apply acme" in said.summary
    assert "broken" in said.summary


def test_a_run_is_closed_once(tmp_path: Path) -> None:
    run = writer(tmp_path).begin(kind="apply", subjects=about(), summary="apply")
    run.close(outcome="done", summary="done")
    with pytest.raises(UsageError):
        run.close(outcome="done", summary="done")
    with pytest.raises(UsageError):
        run.record(records(1)[0])


def test_a_run_id_is_used_by_one_run_at_a_time(tmp_path: Path) -> None:
    evidence = writer(tmp_path)
    run = evidence.begin(kind="apply", subjects=about(), summary="apply", run_id="same")
    with pytest.raises(UsageError):
        evidence.begin(kind="apply", subjects=about(), summary="apply", run_id="same")
    run.close(outcome="done", summary="done")


def test_a_run_of_a_living_process_is_left_alone(tmp_path: Path) -> None:
    evidence = writer(tmp_path)
    run = evidence.begin(kind="apply", subjects=about(), summary="apply")
    assert evidence.recover() == []
    run.close(outcome="done", summary="done")


def test_a_kind_is_signed_by_a_key_of_its_purpose(tmp_path: Path) -> None:
    evidence = writer(tmp_path, sign=signer("apply"))
    with pytest.raises(UsageError) as error:
        evidence.begin(kind="gate", subjects=about(), summary="gate")
    assert "decide" in error.value.remedy


def test_the_key_of_the_log_signs_no_statement(tmp_path: Path) -> None:
    log = signer("log")
    with pytest.raises(UsageError):
        writer(tmp_path, sign=log, log=log)
    with pytest.raises(UsageError):
        writer(tmp_path, log=signer("log", "ecdsa-p256"))


def test_another_key_cannot_continue_a_log(tmp_path: Path) -> None:
    writer(tmp_path).begin(kind="apply", subjects=about(), summary="apply").close(
        outcome="done", summary="done"
    )
    with pytest.raises(EvidenceError, match="not signed by this log's key"):
        writer(tmp_path)


@pytest.mark.parametrize("origin", ["", "../up", "Upper", "a//b", "a~b", "a" * 201])
def test_an_origin_has_one_directory(tmp_path: Path, origin: str) -> None:
    with pytest.raises(UsageError):
        writer(tmp_path, origin=origin)


def test_a_summary_becomes_one_line(tmp_path: Path) -> None:
    with writer(tmp_path).begin(kind="apply", subjects=about(), summary="a\nb") as run:
        run.record(Record("receipt", "two\nlines\x1b[31m", {}))
        entry = run.close(outcome="done", summary="x" * 9999)
    assert len(statement(tmp_path, entry.envelope).summary) == 500


def test_finished_runs_are_appended_under_one_checkpoint(tmp_path: Path) -> None:
    evidence = writer(tmp_path)
    finished = [
        FinishedRun("apply", about(), f"run {i}", "done", tuple(records(i))) for i in range(300)
    ]
    entries = evidence.append(finished)
    assert [entry.index for entry in entries] == list(range(300))
    assert len(list(tmp_path.glob("logs/*/checkpoints/*"))) == 1
    assert statement(tmp_path, entries[7].envelope).count == 7


class StoppedError(Exception):
    """Writing ended at a step."""


@pytest.mark.parametrize("signed", [False, True])
def test_a_run_of_former_keys_is_taken_over_once_wherever_that_is_broken_off(
    tmp_path: Path, signed: bool
) -> None:
    log, former, now = signer("log"), signer("apply"), signer("apply")

    def later(directory: Path, hook: Callable[[str], None] = silent) -> EvidenceWriter:
        return EvidenceWriter.open(
            directory,
            now,
            log_signer=log,
            origin=f"{ORIGIN}-2",
            former_origins=[ORIGIN],
            clock=ticking(),
            disk=Disk(hook),
        )

    for point in itertools.count(1):
        place = tmp_path / str(point)
        run = writer(place, sign=former, log=log).begin(
            kind="apply", subjects=about(), summary="apply", run_id="r1"
        )
        made = records(2)
        run.record_many(made)
        if signed:  # but not appended
            run._path("envelope").write_bytes(
                Envelope.sign(run._statement("done", "done").payload(), former).data
            )
        run.leave()
        later(place)
        steps = itertools.count(1)

        def stop(_: str, at: int = point, steps: Iterator[int] = steps) -> None:
            if next(steps) == at:
                raise StoppedError

        try:
            later(place, stop).recover()
            whole = True
        except (StoppedError, EvidenceError):
            whole = False
        later(place).recover()
        logs = readers([place]).values()
        said = [
            read_run(place, found.origin, index, data)
            for _, found in logs
            for index, data in enumerate(found.entries())
        ]
        assert [(r.statement.run, r.statement.outcome, r.statement.count) for r in said] == [
            ("r1", "interrupted", 2)
        ], point
        assert [r.record["summary"] for r in said[0].records()] == [m.summary for m in made]
        assert said[0].statement.origin == f"{ORIGIN}-2"
        assert not list(place.glob("logs/*/runs/*.json"))
        if whole:
            break
    assert point > 10
