"""The repository itself: what is declared twice agrees, and nothing of one machine is in it."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from tests.support.binaries import REPOSITORY

PACKAGES = ("controlplane", "reconciler", "evidence")

# Written in halves so that this file does not hold what it forbids.
REGISTRY_HOSTS = tuple(
    first + second
    for first, second in (
        ("py", "pi.org"),
        ("pythonhos", "ted.org"),
        ("proxy.gol", "ang.org"),
        ("sum.gol", "ang.org"),
        ("registry.np", "mjs.org"),
        ("deb.deb", "ian.org"),
        ("repo.maven.apa", "che.org"),
        ("repo1.ma", "ven.org"),
        ("static.cra", "tes.io"),
        ("index.cra", "tes.io"),
    )
)
MACHINE_PATHS = re.compile(r"(?<![\w.])/(?:work/(?:main|wt|shared)|root/(?:go|\.\w+)|tmp/brief)\b")
# Python before 3.11.5 lets a possessive group match what it should not (python/cpython#106052).
POSSESSIVE_GROUP = re.compile(r"(?<!\\)\)(?:[*+?]|\{\d*,?\d*\})\+")
PRIVATE_KEY = re.compile("-----BEGIN [A-Z ]*PRIVATE " + "KEY-----")


def _project() -> dict[str, Any]:
    return tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def _tracked() -> list[Path]:
    """Return the files that Git tracks, those that are links or binary left out."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
        text=True,
    )
    paths = (REPOSITORY / name for name in listed.stdout.split("\0") if name)
    return [path for path in paths if path.is_file() and not path.is_symlink()]


def _texts() -> Iterator[tuple[str, str]]:
    """Yield name and text of every tracked text file."""
    for path in _tracked():
        content = path.read_bytes()
        if b"\0" not in content:
            yield str(path.relative_to(REPOSITORY)), content.decode(errors="replace")


def _requirements(name: str) -> list[str]:
    lines = (REPOSITORY / "requirements" / name).read_text(encoding="utf-8").splitlines()
    return sorted(line for line in lines if line and not line.startswith("#"))


def test_the_requirements_are_those_of_the_project() -> None:
    assert _requirements("runtime.in") == sorted(_project()["dependencies"])


def test_every_requirement_is_locked_with_a_hash() -> None:
    lock = (REPOSITORY / "requirements" / "dev.txt").read_text(encoding="utf-8")
    locked = set(
        re.findall(r"^([a-z0-9.-]+)(?:\[[a-z,]+\])?==\S+.* \\\n    --hash=", lock, re.MULTILINE)
    )
    wanted = _requirements("runtime.in") + [
        line for line in _requirements("dev.in") if not line.startswith("-r")
    ]
    names = {re.split(r"[\[<>=~! ]", line)[0].lower().replace("_", "-") for line in wanted}
    assert {name.replace(".", "-") for name in names} <= {name.replace(".", "-") for name in locked}


def test_no_file_names_a_package_registry() -> None:
    found = [
        f"{name}: {host}" for name, text in _texts() for host in REGISTRY_HOSTS if host in text
    ]
    assert found == []


def test_no_file_holds_a_path_of_one_machine() -> None:
    found = [
        f"{name}: {match[0]}"
        for name, text in _texts()
        for match in [MACHINE_PATHS.search(text)]
        if match
    ]
    assert found == []


def test_no_private_key_is_in_the_repository() -> None:
    assert [name for name, text in _texts() if PRIVATE_KEY.search(text)] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_no_pattern_has_a_possessive_group(package: str) -> None:
    found = [
        f"{path.relative_to(REPOSITORY)}:{node.lineno}"
        for path in (REPOSITORY / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if POSSESSIVE_GROUP.search(node.value)
    ]
    assert found == []


@pytest.mark.parametrize("package", PACKAGES)
def test_every_module_says_what_it_is(package: str) -> None:
    silent = [
        str(path.relative_to(REPOSITORY))
        for path in (REPOSITORY / package).rglob("*.py")
        if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert silent == []


def test_every_declared_entry_point_resolves() -> None:
    project = _project()
    groups = {"console_scripts": project.get("scripts", {}), **project.get("entry-points", {})}
    points = [
        EntryPoint(name, value, group)
        for group, entries in groups.items()
        for name, value in entries.items()
    ]
    assert points
    for point in points:
        assert callable(point.load()), point


def test_every_changelog_fragment_names_its_kind() -> None:
    kinds = {"added", "changed", "deprecated", "removed", "fixed", "security"}
    names = {path.name for path in (REPOSITORY / "changelog.d").iterdir()} - {"README.md"}
    form = re.compile(rf"[a-z0-9-]+\.({'|'.join(sorted(kinds))})\.md")
    assert [name for name in sorted(names) if not form.fullmatch(name)] == []
