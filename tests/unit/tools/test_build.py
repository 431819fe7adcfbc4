"""The builds of the real servers: pinned, and skipped when what is there is current."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import build


@pytest.mark.parametrize("tool", build.TOOLS, ids=lambda tool: tool.name)
def test_every_tool_is_pinned_in_a_module_with_a_lock(tool: build.Tool) -> None:
    assert build.pinned_version(tool).startswith("v")
    module = (build.HERE / tool.folder / "go.mod").read_text(encoding="utf-8")
    assert tool.package in module  # the tool line
    assert (build.HERE / tool.folder / "go.sum").stat().st_size > 0


def test_a_build_is_current_only_while_binary_and_pin_agree(tmp_path: Path) -> None:
    tool = build.TOOLS[0]
    binary, record = tmp_path / "bin" / tool.name, tmp_path / "versions" / tool.name
    for path in (binary, record):
        path.parent.mkdir()
    binary.touch(mode=0o755)
    assert not build.is_current(tool, tmp_path)  # nothing says what it was built from
    record.write_text(build.stamp(tool), encoding="utf-8")
    assert build.is_current(tool, tmp_path)
    record.write_text("v0.0.1 0\n", encoding="utf-8")
    assert not build.is_current(tool, tmp_path)
    record.write_text(build.stamp(tool), encoding="utf-8")
    binary.unlink()
    assert not build.is_current(tool, tmp_path)


def test_kubernetes_learns_its_version_from_the_linker() -> None:
    tool = next(tool for tool in build.TOOLS if tool.name == "kube-apiserver")
    version = build.pinned_version(tool)
    flags = build.linker_flags(tool)
    assert f"-X k8s.io/component-base/version.gitVersion={version}" in flags
    assert f"-X k8s.io/component-base/version.gitMajor={version[1]}" in flags


def test_an_unknown_tool_is_refused_with_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert build.main(["kubelet"]) == 1
    assert "no such tool: kubelet (there are opa, etcd," in capsys.readouterr().err


def test_a_module_that_does_not_require_the_tool_is_reported() -> None:
    tool = build.Tool("opa", "opa", "example.com/other", "example.com/other")
    with pytest.raises(build.BuildError, match=r"tools/opa/go\.mod does not require"):
        build.pinned_version(tool)
