"""What is said of the code that runs here changes with every part of it."""

from __future__ import annotations

import hashlib
import sys
import zoneinfo
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import pytest

from controlplane.operations import own_code
from tests.support.binaries import REPOSITORY


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


@pytest.fixture
def fresh() -> Iterator[None]:
    own_code.digest.cache_clear()
    yield
    own_code.digest.cache_clear()


@pytest.mark.usefixtures("fresh")
def test_every_package_of_the_product_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    found: set[str] = set()
    monkeypatch.setattr(own_code, "add", lambda _, folder: found.add(folder.name))
    own_code.digest()
    names = {place.parent.name for place in REPOSITORY.glob("*/py.typed")}
    assert found == names == {"controlplane", "evidence", "reconciler"}


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize("what", ["pydantic", "pydantic-core", "Python", "time zones"])
def test_what_the_code_stands_on_counts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, what: str
) -> None:
    before = own_code.digest()
    own_code.digest.cache_clear()
    real = metadata.distribution
    other = SimpleNamespace(version="1", requires=real("pydantic").requires)
    if what.startswith("pydantic"):  # the second is needed by the first only
        monkeypatch.setattr(metadata, "distribution", lambda n: other if n == what else real(n))
    elif what == "Python":
        monkeypatch.setattr(sys, "version", "4.0")
    else:
        (tmp_path / "tzdata.zi").write_text("# version 2030a\n")
        monkeypatch.setattr(zoneinfo, "TZPATH", (str(tmp_path),))
    assert own_code.digest() != before
