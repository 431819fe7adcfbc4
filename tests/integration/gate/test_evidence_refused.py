"""Where the evidence of a decision cannot be kept, there is no decision: by the command itself.

The change is one that every rule allows, so that nothing but the record stands in the way.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from controlplane.errors import Exit
from evidence.audit import verify_directory
from evidence.store import read_run, readers
from tests.support.gated import Gated
from tests.support.small_disk import SmallDisk, small_disk

NOW = datetime(2100, 1, 1, tzinfo=UTC)


class Recording:
    """A repository with keys, and the change in it that is allowed."""

    def __init__(self, tmp_path: Path) -> None:
        self.gated = Gated(tmp_path / "repository")
        self.gated.run("cpctl", "keys", "init", "--holder", "ci")
        self.head = self.gated.repair()
        self.keys = Path(self.gated.environment()["CPCTL_HOME"]) / "keys"

    def gate(self, evidence: Path) -> subprocess.CompletedProcess[str]:
        """Judge the change and keep the evidence there."""
        command = ["cpctl", "gate", "--again", "--engine", "embedded", "--base", self.gated.base]
        return subprocess.run(
            [*command, "--head", self.head],
            cwd=self.gated.path,
            env={**self.gated.environment(), "CPCTL_EVIDENCE": str(evidence)},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )


@pytest.fixture
def recording(tmp_path: Path) -> Recording:
    return Recording(tmp_path)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk") as made:
        yield made


def outcomes(evidence: Path) -> list[str]:
    ((_, log),) = readers([evidence]).values()
    runs = [read_run(evidence, log.origin, n, data) for n, data in enumerate(log.entries())]
    return [run.statement.outcome for run in runs]


def refused(done: subprocess.CompletedProcess[str], code: int, words: str) -> None:
    """See that there was no success, and that it was said why and what to do."""
    assert done.returncode == code, done
    assert words in done.stderr
    assert "\nnext: " in done.stderr
    assert "recorded:" not in done.stderr
    assert "Traceback" not in done.stderr
    assert "fault" not in done.stderr
    assert "allowed" not in done.stdout


def test_a_full_disk_records_no_half_of_a_decision(
    recording: Recording, disk: SmallDisk, record_property: Callable[[str, object], None]
) -> None:
    evidence = disk.path / "evidence"
    assert recording.gate(evidence).returncode == Exit.CLEAN
    failed, pages = 0, 0
    while True:
        disk.leave(pages)
        done = recording.gate(evidence)
        disk.clear()
        report = verify_directory(evidence, None, NOW, trust_bundled_keys=True)
        assert report.verified, report.words()
        if done.returncode == Exit.CLEAN:
            break
        refused(done, Exit.INDETERMINATE, "No space left on device")
        failed, pages = failed + 1, pages + 1
    assert failed > 3
    again = recording.gate(evidence)
    assert again.returncode == Exit.CLEAN
    assert list(evidence.glob("logs/*/runs/*")) == []
    assert [p.name for p in evidence.rglob("*.tmp")] == []
    assert outcomes(evidence)[-2:] == ["allow", "allow"]
    assert set(outcomes(evidence)) <= {"allow", "interrupted"}
    record_property("counted: pages of a full disk at which recording failed", failed)


def test_a_file_system_that_is_read_only_records_nothing(
    recording: Recording, disk: SmallDisk
) -> None:
    assert recording.gate(disk.path / "evidence").returncode == Exit.CLEAN
    disk.remount("ro")
    refused(recording.gate(disk.path / "evidence"), Exit.INDETERMINATE, "Read-only file system")
    assert outcomes(disk.path / "evidence") == ["allow"]


def _file(place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("no directory")


def _loop(place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(place.name)


def _nowhere(place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(place.with_name("nowhere"))


PLACES = ["", "logs", "objects", "records", "keys"]
HARMS: dict[str, Callable[[Path], None]] = {"file": _file, "loop": _loop, "nowhere": _nowhere}


@pytest.mark.parametrize("harm", HARMS)
def test_what_is_no_directory_records_nothing(
    harm: str, recording: Recording, tmp_path: Path
) -> None:
    for place in PLACES:
        evidence = tmp_path / f"evidence-{place or 'itself'}"
        HARMS[harm](evidence / place if place else evidence)
        refused(recording.gate(evidence), Exit.INDETERMINATE, "evidence cannot be kept")
    assert not list(tmp_path.glob("evidence-*/logs/*/checkpoint"))


def test_a_directory_of_the_log_in_place_of_a_file_records_nothing(
    recording: Recording, tmp_path: Path
) -> None:
    evidence = tmp_path / "evidence"
    assert recording.gate(evidence).returncode == Exit.CLEAN
    (checkpoint,) = evidence.glob("logs/*/checkpoint")
    checkpoint.unlink()
    checkpoint.mkdir()
    refused(recording.gate(evidence), Exit.NOT_VERIFIED, "checkpoint: is not a file")


def test_no_link_makes_it_write_to_what_lies_elsewhere(
    recording: Recording, tmp_path: Path
) -> None:
    """A link in place of a file is replaced; one in place of the whole leads to another disk."""
    victim, elsewhere, evidence = tmp_path / "victim", tmp_path / "elsewhere", tmp_path / "evidence"
    victim.write_text("mine")
    elsewhere.mkdir()
    evidence.symlink_to(elsewhere)
    assert recording.gate(evidence).returncode == Exit.CLEAN
    (log,) = elsewhere.glob("logs/*")
    for name in ("lock", "checkpoints/1"):
        (log / name).unlink()
        (log / name).symlink_to(victim)
    for kept in elsewhere.glob("objects/*/*"):
        kept.rename(tmp_path / kept.name)
        kept.symlink_to(victim)
    recording.gate(evidence)
    assert victim.read_text() == "mine"


def test_a_key_that_its_group_may_read_signs_no_decision(
    recording: Recording, tmp_path: Path
) -> None:
    (recording.keys / "ci-decide.pem").chmod(0o640)
    refused(recording.gate(tmp_path / "evidence"), Exit.USAGE, "can be read by others")
    assert not (tmp_path / "evidence").exists()


@pytest.mark.parametrize("mode", [0o720, 0o702, 0o777])
def test_keys_that_others_may_replace_sign_no_decision(
    mode: int, recording: Recording, tmp_path: Path
) -> None:
    recording.keys.chmod(mode)
    refused(recording.gate(tmp_path / "evidence"), Exit.USAGE, "others can")
    assert not (tmp_path / "evidence").exists()
