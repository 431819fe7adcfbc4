"""A whole evidence directory is verified, and whatever is changed in it is named."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from evidence.audit import verify_directory
from evidence.canonical import canonical
from evidence.disk import Disk
from evidence.errors import UsageError
from evidence.log import LogReader
from evidence.merge import NotVerifiedError, SplitViewError, import_logs
from evidence.objects import INLINE
from evidence.records import Record
from evidence.report import Report
from evidence.signers.base import Signer
from evidence.trust import TrustedKey, TrustSet
from evidence.writer import FinishedRun
from tests.support.evidence import ORIGIN, about, signer, writer

NOW = datetime(2026, 2, 1, tzinfo=UTC)


def add(directory: Path, keys: tuple[Signer, Signer], count: int, origin: str = ORIGIN) -> None:
    evidence = writer(directory, sign=keys[0], log=keys[1], origin=origin)
    for i in range(count):
        with evidence.begin(kind="apply", subjects=about(), summary=f"apply {i}") as run:
            run.record(Record("receipt", f"created {i}", {"i": i}))
            run.record(Record("plan", "a long plan", {"text": f"{i}" * INLINE * 2}))
            run.close(outcome="done", summary=f"done {i}")


@pytest.fixture(scope="module")
def keys() -> tuple[Signer, Signer]:
    return signer("apply"), signer("log")


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory, keys: tuple[Signer, Signer]) -> Path:
    """A directory whose log has full and partial tiles."""
    directory = tmp_path_factory.mktemp("audit") / "evidence"
    add(directory, keys, 2)
    many = [FinishedRun("apply", about(), f"run {i}", "done") for i in range(256)]
    writer(directory, sign=keys[0], log=keys[1]).append(many)
    return directory


def verify(directory: Path, trust: TrustSet | None = None) -> Report:
    return verify_directory(directory, trust, NOW, trust_bundled_keys=trust is None)


def test_a_directory_verifies(original: Path, keys: tuple[Signer, Signer]) -> None:
    trust = TrustSet.of(TrustedKey(s.name, s.purpose, s.public_key) for s in keys)
    report = verify(original, trust)
    assert report.findings == ()
    assert report.verified
    assert "all 258 entries with 4 records" in report.proven[0]
    assert not verify_directory(original, None, NOW).verified
    with pytest.raises(UsageError):
        verify(original / "nowhere")


def test_every_file_that_is_altered_cut_or_removed_is_found(original: Path, tmp_path: Path) -> None:
    files = [path.relative_to(original) for path in original.rglob("*") if path.is_file()]
    files = [path for path in files if path.name != "lock"]
    own = [path for path in files if path.parts[0] != "objects"]
    beside = [path for path in files if path.parts[0] == "objects"][:5]
    assert len(own) > 10
    for number, path in enumerate([*own, *beside]):
        data = (original / path).read_bytes()
        others = [data[: len(data) // 2], data + b"x", None]
        if data:
            middle = len(data) // 2
            others.append(data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :])
        for kind, other in enumerate(other for other in others if other != data):
            place = tmp_path / f"{number}-{kind}"
            # Nothing is written in place, so the untouched files may be shared.
            shutil.copytree(original, place, copy_function=link)
            (place / path).unlink()
            if other is not None:
                (place / path).write_bytes(other)
            report = verify(place)
            unneeded = other is None and path.parts[2:3] == ("checkpoints",)
            assert unneeded or not report.verified, (path, kind)
            shutil.rmtree(place)


LOG = f"logs/{ORIGIN.replace('/', '~')}"


@pytest.mark.parametrize("kind", ["0", "entries"])
def test_a_tile_of_an_earlier_checkpoint_is_looked_at(
    tmp_path: Path, keys: tuple[Signer, Signer], kind: str
) -> None:
    add(tmp_path, keys, 1)
    add(tmp_path, keys, 1)
    path = tmp_path / LOG / "tile" / kind / "000.p" / "1"
    data = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(bytes([*data[:-1], data[-1] ^ 1]))
    (finding,) = verify(tmp_path).findings
    assert finding.part == f"log {ORIGIN}: tile/{kind}/000.p/1"
    path.unlink()  # it may go: a wider one is there
    assert verify(tmp_path).verified


def test_a_tile_that_no_checkpoint_covers_is_no_part_of_the_log(
    tmp_path: Path, keys: tuple[Signer, Signer]
) -> None:
    """A writer that is killed between tiles and checkpoint leaves one of a width never reached."""
    add(tmp_path, keys, 1)
    (tmp_path / LOG / "tile" / "0" / "000.p" / "2").write_bytes(b"x" * 64)
    writer(tmp_path, sign=keys[0], log=keys[1]).append(
        [FinishedRun("apply", about(), f"run {i}", "done") for i in range(2)]
    )
    assert verify(tmp_path).verified


@pytest.mark.parametrize("kind", ["0", "entries"])
def test_a_tile_that_a_writer_drops_meanwhile_is_no_fault(
    tmp_path: Path, keys: tuple[Signer, Signer], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(tmp_path, keys, 1)
    add(tmp_path, keys, 1)
    path = tmp_path / LOG / "tile" / kind / "000.p" / "1"
    read = LogReader._contents

    def dropped(log: LogReader, place: Path) -> bytes:
        if place == path:
            path.unlink()
        return read(log, place)

    monkeypatch.setattr(LogReader, "_contents", dropped)
    assert verify(tmp_path).verified
    assert not path.exists()


def test_checkpoints_are_listed_for_tiles_that_were_outgrown_alone(
    original: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is one for nearly every append: listing them for each tile grows with the square."""
    listed: list[str] = []
    numbers = LogReader._numbers
    monkeypatch.setattr(
        LogReader, "_numbers", lambda log, where: listed.append(where) or numbers(log, where)
    )
    log = LogReader(original / LOG, ORIGIN)
    outgrown = [log.outgrown(0, 1, 2), log.outgrown("entries", 1, 2), log.outgrown(1, 0, 1)]
    assert outgrown == [{}, {}, {}]
    assert "checkpoints" not in listed


def folder(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.mkdir()


def pipe(path: Path) -> None:
    path.unlink(missing_ok=True)
    os.mkfifo(path)


def vast(path: Path) -> None:
    path.touch()
    os.truncate(path, 1 << 40)


@pytest.mark.parametrize("change", [folder, pipe, vast])
@pytest.mark.parametrize(
    "name",
    [
        f"{LOG}/checkpoint",
        f"{LOG}/checkpoints/9x",
        f"{LOG}/checkpoints/1",
        f"{LOG}/tile/0/000.p/1",
        f"{LOG}/tile/entries/000.p/1",
        "keys",
        "objects",
        "records",
    ],
)
def test_what_is_no_file_of_its_kind_is_found_and_not_waited_for(
    tmp_path: Path, keys: tuple[Signer, Signer], name: str, change: Callable[[Path], None]
) -> None:
    add(tmp_path, keys, 1)
    path = tmp_path / name
    if path.is_dir():
        path = next(each for each in sorted(path.rglob("*")) if each.is_file())
    change(path)
    report = verify(tmp_path)
    assert not report.verified
    assert report.findings[0].part.startswith(("log", "keys/"))


def test_a_file_where_a_folder_should_be_is_found(
    tmp_path: Path, keys: tuple[Signer, Signer]
) -> None:
    add(tmp_path, keys, 1)
    shutil.rmtree(tmp_path / LOG / "tile")
    (tmp_path / LOG / "tile").write_bytes(b"")
    (finding,) = verify(tmp_path).findings
    assert "tile" in finding.part
    assert finding.message == "cannot be read: Not a directory"


def test_a_key_under_the_name_of_another_is_found(
    tmp_path: Path, keys: tuple[Signer, Signer]
) -> None:
    add(tmp_path, keys, 1)
    path = tmp_path / "keys" / f"{keys[0].keyid}.json"
    path.rename(path.with_name(f"{'0' * 64}.json"))
    (finding,) = verify(tmp_path).findings
    assert finding.message == f"holds key {keys[0].keyid}"


def link(source: str, target: str) -> None:
    Path(target).hardlink_to(source)


def test_a_log_that_was_rewritten_does_not_fit_its_checkpoints(
    tmp_path: Path, keys: tuple[Signer, Signer]
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    add(first, keys, 1)
    add(second, keys, 2)
    place = Path("logs") / ORIGIN.replace("/", "~") / "checkpoints" / "1"
    shutil.copy2(first / place, second / place)
    findings = [str(finding) for finding in verify(second).findings]
    assert any("the log was rewritten" in finding for finding in findings)


def test_a_key_that_claims_another_purpose_is_found(
    tmp_path: Path, keys: tuple[Signer, Signer]
) -> None:
    add(tmp_path, keys, 1)
    trust = TrustSet.of(TrustedKey(s.name, s.purpose, s.public_key) for s in keys)
    path = tmp_path / "keys" / f"{keys[0].keyid}.json"
    said = json.loads(path.read_bytes())
    path.write_bytes(canonical(said | {"purpose": "decide"}))
    parts = [finding.part for finding in verify(tmp_path, trust).findings]
    assert parts == [f"keys/{path.name}.purpose"]


def test_logs_of_several_writers_come_together_once(
    original: Path, tmp_path: Path, keys: tuple[Signer, Signer]
) -> None:
    target = tmp_path / "target"
    add(target, keys, 1, origin="example.com/other")
    assert import_logs(original, target, None, NOW, Disk()) == {ORIGIN: 258}
    assert import_logs(original, target, None, NOW, Disk()) == {ORIGIN: 0}
    report = verify(target)
    assert report.findings == ()
    assert len(report.proven) == 2


def test_an_import_goes_on_where_it_ended(tmp_path: Path, keys: tuple[Signer, Signer]) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    for _ in range(3):
        add(source, keys, 2)
        assert import_logs(source, target, None, NOW, Disk()) == {ORIGIN: 2}
        assert verify(target).findings == ()


@pytest.mark.parametrize("longer", ["source", "target"])
def test_a_split_view_is_not_imported(
    tmp_path: Path, keys: tuple[Signer, Signer], longer: str
) -> None:
    add(tmp_path / "source", keys, 3 if longer == "source" else 1)
    add(tmp_path / "target", keys, 3 if longer == "target" else 1)
    with pytest.raises(SplitViewError):
        import_logs(tmp_path / "source", tmp_path / "target", None, NOW, Disk())


def test_what_does_not_hold_is_not_imported(tmp_path: Path, keys: tuple[Signer, Signer]) -> None:
    add(tmp_path / "source", keys, 1)
    (record,) = (tmp_path / "source" / "records").glob("*/*")
    record.write_bytes(b"")
    with pytest.raises(NotVerifiedError):
        import_logs(tmp_path / "source", tmp_path / "target", None, NOW, Disk())
    assert not (tmp_path / "target").exists()
