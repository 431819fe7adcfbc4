"""What is said of the code that runs here changes with every part of it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from controlplane.operations import own_code


def _of(folder: Path) -> str:
    found = hashlib.sha256()
    own_code.add(found, folder)
    return found.hexdigest()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "module.py").write_text("a = 1\n")
    (tmp_path / "rule.rego").write_text("package a\n")
    return tmp_path


@pytest.mark.parametrize("change", ["other", "renamed", "moved", "gone", "more", "a rule"])
def test_every_change_is_another_code(folder: Path, change: str) -> None:
    before, module = _of(folder), folder / "inner" / "module.py"
    match change:
        case "other":
            module.write_text("a = 2\n")
        case "renamed":
            module.rename(module.with_name("other.py"))
        case "moved":
            module.rename(folder / "module.py")
        case "gone":
            module.unlink()
        case "more":
            (folder / "inner" / "more.py").write_text("")
        case _:
            (folder / "rule.rego").write_text("package b\n")
    assert _of(folder) != before


def test_what_python_compiled_is_no_part_of_it(folder: Path) -> None:
    before = _of(folder)
    (folder / "inner" / "__pycache__").mkdir()
    (folder / "inner" / "__pycache__" / "module.pyc").write_bytes(b"\0")
    assert _of(folder) == before


def test_it_is_the_same_each_time() -> None:
    first = own_code.digest()
    own_code.digest.cache_clear()
    assert own_code.digest() == first
