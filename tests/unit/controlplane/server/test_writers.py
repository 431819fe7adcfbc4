"""A process that runs for long signs with the key that is in use."""

from __future__ import annotations

from pathlib import Path

import pytest

from controlplane.server.writers import CurrentWriter
from evidence.errors import KeyFileError
from evidence.keys import create_keys, rotate
from evidence.records import Record
from tests.support.evidence import START, about


def test_after_a_rotation_the_new_key_signs(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    create_keys(keys, "me", ("apply", "log"), now=START, algorithm="ed25519")
    writer = CurrentWriter(tmp_path / "evidence", "apply", keys)
    assert writer() is writer()
    assert writer().signer.name == "me-apply"
    rotate(keys, "me-apply", now=START)
    with writer.begin(kind="apply", subjects=about(), summary="apply") as run:
        entry = run.close(outcome="done", summary="done")
    assert writer().signer.name == "me-apply-2"
    assert entry.origin == writer().origin
    assert "me-apply-2" in entry.origin
    assert writer.recover() == []


def test_a_run_under_way_while_its_key_is_rotated_is_signed_by_the_new_one(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    create_keys(keys, "me", ("apply", "log"), now=START, algorithm="ed25519")
    writer = CurrentWriter(tmp_path / "evidence", "apply", keys)
    run = writer.begin(kind="apply", subjects=about(), summary="apply", run_id="r1")
    run.record(Record("receipt", "created an object", {"object": 1}))
    rotate(keys, "me-apply", now=START)
    run.record(Record("receipt", "created another", {"object": 2}))
    entry = run.close(outcome="done", summary="done")
    assert ("me-apply-2" in entry.origin, entry.run, entry.records) == (True, "r1", 2)
    assert not list((tmp_path / "evidence").glob("logs/*/runs/*"))
    assert writer.recover() == []


@pytest.mark.parametrize("rotated", [["me-apply"], ["me-log"], ["me-log", "me-apply"]])
def test_a_run_that_was_killed_before_a_rotation_is_closed_by_the_new_key(
    tmp_path: Path, rotated: list[str]
) -> None:
    keys = tmp_path / "keys"
    create_keys(keys, "me", ("apply", "log"), now=START, algorithm="ed25519")
    writer = CurrentWriter(tmp_path / "evidence", "apply", keys)
    run = writer.begin(kind="apply", subjects=about(), summary="apply", run_id="r1")
    run.record(Record("receipt", "created an object", {"object": 1}))
    run.leave()  # as a kill does
    for name in rotated:
        rotate(keys, name, now=START)
    (entry,) = CurrentWriter(tmp_path / "evidence", "apply", keys).recover()
    assert (entry.run, entry.outcome, entry.records) == ("r1", "interrupted", 1)
    assert entry.origin == writer().origin
    assert not list((tmp_path / "evidence").glob("logs/*/runs/*"))


def test_without_a_key_nothing_is_begun(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    create_keys(keys, "me", ("apply", "log"), now=START, algorithm="ed25519")
    writer = CurrentWriter(tmp_path / "evidence", "apply", keys)
    for path in keys.glob("me-apply*"):
        path.rename(tmp_path / path.name)
    with pytest.raises(KeyFileError):
        writer.begin(kind="apply", subjects=about(), summary="apply")
    for path in tmp_path.glob("me-apply*"):
        path.rename(keys / path.name)
    assert writer().signer.name == "me-apply"
