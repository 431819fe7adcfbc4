"""The evidence package alone, in a fresh environment without a network, verifies a bundle."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
import venv
from importlib.metadata import distribution
from pathlib import Path
from shutil import copy2

import pytest

from evidence.bundle import export
from evidence.records import Record
from evidence.trust import TrustedKey, TrustSet
from tests.support.binaries import REPOSITORY
from tests.support.evidence import COMMIT, about, signer, writer

NEEDED = ("cffi", "click", "cryptography", "pycparser", "rfc8785")
PACKAGING = REPOSITORY / "packaging" / "evidence"


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    words = [str(word) for word in command]
    return subprocess.run(words, cwd=cwd, capture_output=True, text=True, check=False)


def copy_distribution(name: str, target: Path) -> None:
    """Copy an installed distribution, so that no index has to be asked."""
    for file in distribution(name).files or ():
        if ".." not in file.parts and "__pycache__" not in file.parts:
            (target / file).parent.mkdir(parents=True, exist_ok=True)
            copy2(str(file.locate()), target / file)


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin folder of an environment that holds the evidence package and what it needs."""
    place = tmp_path_factory.mktemp("alone")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(place)]
    built = run(*build, cwd=PACKAGING)
    assert built.returncode == 0, built.stderr
    (wheel,) = place.glob("*.whl")
    venv.create(place / "venv", with_pip=False, symlinks=True)
    python = place / "venv" / "bin" / "python"
    (packages,) = (place / "venv" / "lib").glob("python*/site-packages")
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--no-index", "--no-deps"]
    installed = run(*pip, wheel, cwd=place)
    assert installed.returncode == 0, installed.stderr
    for name in NEEDED:
        copy_distribution(name, packages)
    return python.parent


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a bundle, the trust set and an altered bundle."""
    place = tmp_path_factory.mktemp("bundle")
    sign, log = signer("apply", "ecdsa-p256"), signer("log")
    evidence = writer(place / "evidence", sign=sign, log=log)
    with evidence.begin(kind="apply", subjects=about(), summary="apply") as running:
        running.record(Record("receipt", "created acme", {"object": "acme"}))
        running.close(outcome="done", summary="1 object created")
    data = export([place / "evidence"], COMMIT)
    trust = TrustSet.of(TrustedKey(s.name, s.purpose, s.public_key) for s in (sign, log))
    (place / "bundle.json").write_bytes(data)
    (place / "altered.json").write_bytes(data.replace(b"created acme", b"created evil"))
    (place / "trust.json").write_bytes(trust.to_bytes())
    return place


def without_network(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command in a network namespace of its own, which has no way out."""
    for isolate in (["unshare", "-n"], ["unshare", "-r", "-n"]):
        if run(*isolate, "true", cwd=cwd).returncode == 0:
            return run(*isolate, *command, cwd=cwd)
    pytest.skip("network namespaces are not permitted here (run as root)")


@pytest.mark.requires("unshare")
def test_a_bundle_verifies_alone_and_offline(alone: Path, bundle: Path) -> None:
    trusted = ["verify", "bundle.json", "--trust", "trust.json", "-o", "json"]
    done = without_network(alone / "cpevidence", *trusted, cwd=bundle)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["verified"] is True


@pytest.mark.requires("unshare")
def test_an_altered_or_untrusted_bundle_does_not(alone: Path, bundle: Path) -> None:
    trusted = ["verify", "altered.json", "--trust", "trust.json"]
    altered = without_network(alone / "cpevidence", *trusted, cwd=bundle)
    assert altered.returncode == 6
    assert "statements[0].records: are not those signed" in altered.stdout
    untrusted = without_network(alone / "cpevidence", "verify", "bundle.json", cwd=bundle)
    assert untrusted.returncode == 6


def test_the_control_plane_is_not_there(alone: Path, tmp_path: Path) -> None:
    for package in ("controlplane", "reconciler", "pydantic", "yaml"):
        assert run(alone / "python", "-c", f"import {package}", cwd=tmp_path).returncode == 1
    assert run(alone / "python", "-c", "import evidence.cli", cwd=tmp_path).returncode == 0


def test_both_distributions_have_one_version_and_the_same_requirements() -> None:
    whole, part = (
        tomllib.loads((place / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        for place in (REPOSITORY, PACKAGING)
    )
    assert part["version"] == whole["version"]
    assert set(part["dependencies"]) <= set(whole["dependencies"])
