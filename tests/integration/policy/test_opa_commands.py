"""OPA's own commands on our policies as they stand: no flag, no copy, no other folder."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from controlplane.cli.main import run
from controlplane.errors import Exit
from tests.support import binaries
from tests.support.company import ROOT
from tests.support.policies import shipped

pytestmark = pytest.mark.requires("opa")


def _opa(*arguments: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [binaries.need("opa"), *arguments]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=300, check=False
    )


def test_opa_test() -> None:
    done = _opa("test", "policies")
    assert done.returncode == 0, done.stderr + done.stdout
    texts = (test.text for files in shipped().files.values() for test in files.tests)
    written = sum(len(re.findall(r"^test_\w+ if", text, re.MULTILINE)) for text in texts)
    assert written > 0
    assert f"PASS: {written}/{written}" in done.stdout


def test_opa_check_strict() -> None:
    done = _opa("check", "--strict", "policies")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_opa_fmt() -> None:
    done = _opa("fmt", "-l", "policies")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_opa_eval_takes_a_sample_as_input() -> None:
    samples = (ROOT / "policies/tenancy/jwks-origin/samples").glob("deny-[!n]*.jsonc")
    sample = min(str(each) for each in samples)
    query = "data.controlplane.tenancy.jwks_origin.findings"
    done = _opa("eval", "-d", "policies", "-i", sample, query)
    assert json.loads(done.stdout)["result"][0]["expressions"][0]["value"] != []


def test_two_samples_that_opa_takes_for_data_are_what_the_ending_is_for(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "policies", tmp_path / "policies")
    samples = next((tmp_path / "policies/tenancy").glob("*/samples"))
    for sample in samples.iterdir():
        sample.rename(sample.with_suffix(".json"))
    done = _opa("test", "policies", folder=tmp_path)
    assert done.returncode != 0
    assert "merge error" in done.stderr + done.stdout


def test_a_rule_that_is_begun_passes_all_three_and_is_taken_with_old_endings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = ["--root", str(tmp_path)]
    assert run(["policy", "new", "tenancy/first", *root]) == Exit.CLEAN
    for arguments in (("test", "policies"), ("check", "--strict", "policies")):
        done = _opa(*arguments, folder=tmp_path)
        assert done.returncode == 0, done.stderr + done.stdout
    assert _opa("fmt", "-l", "policies", folder=tmp_path).stdout == ""
    for sample in (tmp_path / "policies/tenancy/first/samples").iterdir():
        sample.rename(sample.with_suffix(".json"))
    capsys.readouterr()
    assert run(["policy", "test", str(tmp_path), "--engine", "embedded"]) == Exit.CLEAN
    assert "2 samples" in capsys.readouterr().err


@pytest.mark.parametrize("engine", ["embedded", "compiled"])
def test_each_problem_of_a_refused_rule_is_said_once(
    tmp_path: Path, engine: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whether it is refused as it is read, or by an evaluator."""
    assert run(["policy", "new", "tenancy/first", "--root", str(tmp_path)]) == Exit.CLEAN
    place = tmp_path / "policies/tenancy/first/rule.rego"
    odd = "helper(x) := x\n\nhelper(x, y) := x + y" if engine == "compiled" else "odd := ["
    place.write_text(f"{place.read_text()}\n{odd}\n")
    capsys.readouterr()
    code = run(["policy", "test", str(tmp_path), "--engine", engine])
    said = capsys.readouterr().err
    assert code == Exit.INVALID_REPOSITORY
    lines = [line.strip() for line in said.splitlines()]
    assert sum("policies/tenancy/first/rule.rego:" in line for line in lines) == 1, said
    assert sum(line.startswith("next: ") for line in lines) == 1, said
    assert "1 problem: these policies cannot be used" in said
