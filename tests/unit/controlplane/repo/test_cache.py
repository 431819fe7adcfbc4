from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from controlplane.repo.cache import ParseCache
from controlplane.repo.parse import ParsedFile, parse_file
from tests.support import documents

TEXT = documents.tenant().encode()
BAD = b"a: no\n---\nkind: Tenantt\n"


class Parser:
    """Counts how often something is parsed."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, data: bytes) -> ParsedFile:
        self.calls += 1
        return parse_file(data)


def ask(directory: Path | None, data: bytes = TEXT) -> tuple[ParsedFile, int]:
    """Ask a new cache twice for one blob; return the answer and how often it was parsed."""
    parser = Parser()
    cache = ParseCache(directory, directory and directory.with_name("cache.key"), parser)
    answers = [cache("0" * 40, lambda: data), cache("0" * 40, lambda: data)]
    cache.flush()
    assert answers[0] == answers[1]
    return answers[0], parser.calls


def file_of(directory: Path) -> Path:
    return directory / "parsed.sqlite"


@pytest.mark.parametrize("data", [TEXT, BAD, b""])
def test_what_is_remembered_equals_what_is_parsed(tmp_path: Path, data: bytes) -> None:
    directory = tmp_path / "cache"
    assert ask(directory, data) == (parse_file(data), 1)
    assert ask(directory, data) == (parse_file(data), 0)


def test_without_a_directory_only_memory_is_used() -> None:
    assert ask(None)[1] == 1


def test_the_file_is_nobody_elses(tmp_path: Path) -> None:
    ask(tmp_path / "cache")
    assert (tmp_path / "cache").stat().st_mode & 0o777 == 0o700
    assert file_of(tmp_path / "cache").stat().st_mode & 0o777 == 0o600


def damage_row(file: Path) -> None:
    with sqlite3.connect(file) as disk:
        disk.execute("UPDATE parsed SET content = replace(content, 'acme', 'evil')")
    disk.close()


def truncate(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:700])


def overwrite(file: Path) -> None:
    file.write_bytes(b"not a database, and longer than its header of a hundred bytes" * 9)


def other_version(file: Path) -> None:
    with sqlite3.connect(file) as disk:
        disk.execute("UPDATE parsed SET version = 'older'")
    disk.close()


def other_shape(file: Path) -> None:
    with sqlite3.connect(file) as disk:
        disk.execute("DROP TABLE parsed")
        disk.execute("CREATE TABLE parsed (x)")
    disk.close()


@pytest.mark.parametrize("harm", [damage_row, truncate, overwrite, other_version])
def test_an_entry_that_cannot_be_trusted_is_parsed_again_and_rewritten(
    tmp_path: Path, harm: object
) -> None:
    directory = tmp_path / "cache"
    ask(directory)
    assert callable(harm)
    harm(file_of(directory))
    assert ask(directory) == (parse_file(TEXT), 1)
    calls = [ask(directory)[1], ask(directory)[1]]
    assert calls[-1] == 0


def test_what_another_machine_parsed_is_parsed_again(tmp_path: Path) -> None:
    """It could say of a file whatever its writer likes."""
    directory = tmp_path / "cache"
    ask(directory, BAD)
    (tmp_path / "cache.key").unlink()
    assert ask(directory, TEXT) == (parse_file(TEXT), 1)


def test_an_entry_says_nothing_of_another_blob(tmp_path: Path) -> None:
    directory = tmp_path / "cache"
    ask(directory, BAD)
    with sqlite3.connect(file_of(directory)) as disk:
        disk.execute("UPDATE parsed SET blob = ?", ["1" * 40])
    disk.close()
    cache = ParseCache(directory, tmp_path / "cache.key")
    assert cache("1" * 40, lambda: TEXT) == parse_file(TEXT)


@pytest.mark.parametrize("mode", [0o640, 0o604])
def test_a_key_that_others_can_read_is_none(tmp_path: Path, mode: int) -> None:
    directory = tmp_path / "cache"
    ask(directory)
    (tmp_path / "cache.key").chmod(mode)
    assert [ask(directory)[1], ask(directory)[1]] == [1, 1]


def test_a_file_that_another_process_works_on_stays(tmp_path: Path) -> None:
    directory = tmp_path / "cache"
    ask(directory)
    other = sqlite3.connect(file_of(directory))
    other.execute("BEGIN EXCLUSIVE")
    assert ask(directory)[1] == 1  # it is parsed again, and not waited for
    other.rollback()
    other.close()
    assert ask(directory)[1] == 0


def test_a_table_of_another_shape_is_removed(tmp_path: Path) -> None:
    directory = tmp_path / "cache"
    ask(directory)
    other_shape(file_of(directory))
    assert ask(directory)[1] == 1
    ask(directory)
    assert ask(directory) == (parse_file(TEXT), 0)


@pytest.mark.parametrize("mode", [0o666, 0o620])
def test_a_file_that_others_can_write_is_not_used(tmp_path: Path, mode: int) -> None:
    directory = tmp_path / "cache"
    ask(directory)
    file_of(directory).chmod(mode)
    assert ask(directory)[1] == 1
    assert ask(directory)[1] == 1


def test_a_directory_that_others_can_write_is_not_used(tmp_path: Path) -> None:
    directory = tmp_path / "cache"
    ask(directory)
    directory.chmod(0o777)
    assert ask(directory)[1] == 1


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    directory = tmp_path / "cache"
    ask(tmp_path / "elsewhere")
    directory.mkdir(mode=0o700)
    file_of(directory).symlink_to(file_of(tmp_path / "elsewhere"))
    assert ask(directory)[1] == 1


def test_where_nothing_can_be_written_it_works_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert ask(tmp_path / "file" / "cache")[1] == 1
