"""A missing server skips its tests by name, and fails the run where everything is required."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import binaries, existing, requirements

SUITE = """
import pytest

@pytest.mark.requires("no-such-server")
def test_needs_a_server():
    raise AssertionError("must not run")

@pytest.fixture
def opa_server():
    raise AssertionError("must not be set up")

def test_uses_a_fixture(opa_server):
    raise AssertionError("must not run")

def test_needs_nothing():
    pass
"""


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    for name in ("CI", "CPCTL_REQUIRE_ALL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(binaries, "find", lambda name: None)
    pytester.makepyfile(SUITE)
    return pytester


def _run(suite: pytest.Pytester) -> pytest.RunResult:
    return suite.runpytest_inprocess("-p", "tests.support.requirements", "-p", "no:cacheprovider")


def test_a_missing_server_skips_and_the_summary_says_what_was_not_tested(
    suite: pytest.Pytester,
) -> None:
    result = _run(suite)
    result.assert_outcomes(passed=1, skipped=2)
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        [
            "*not tested*",
            "no-such-server is not installed (make tools): 1",
            "  *test_needs_a_server",
            "opa is not installed (make tools): 1",
            "  *test_uses_a_fixture",
        ]
    )


@pytest.mark.parametrize(("name", "value"), [("CI", "true"), ("CPCTL_REQUIRE_ALL", "1")])
def test_where_everything_is_required_a_skip_fails_the_run(
    suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    result = _run(suite)
    result.assert_outcomes(passed=1, skipped=2)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["This run must test everything: it has failed."])


def test_a_test_that_skips_itself_counts_as_not_tested(
    suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    suite.makepyfile("import pytest\ndef test_gives_up():\n    pytest.skip('no reason given')\n")
    result = _run(suite)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["no reason given: 1", "  *test_gives_up"])


def test_a_run_with_everything_there_says_nothing_and_passes(
    suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    suite.makepyfile("def test_needs_nothing():\n    pass\n")
    result = _run(suite)
    assert result.ret == 0
    assert "not tested" not in result.stdout.str()


def test_fixtures_and_groups_name_the_same_servers() -> None:
    assert requirements.FIXTURES.keys() == requirements.GROUPS.keys()


def test_the_first_place_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built, assets, path = (tmp_path / name for name in (".tools/bin", "assets", "path"))
    for folder in (built, assets, path):
        folder.mkdir(parents=True)
        (folder / "etcd").touch(mode=0o755)
    monkeypatch.setattr(binaries, "REPOSITORY", tmp_path)
    environment = {"KUBEBUILDER_ASSETS": str(assets), "PATH": str(path)}
    for folder in (built, assets, path):
        assert binaries.find("etcd", environment) == folder / "etcd"
        (folder / "etcd").unlink()
    assert binaries.find("etcd", environment) is None


def test_a_missing_tool_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "find", lambda name: None)
    with pytest.raises(binaries.MissingBinaryError, match=r"^opa is not installed \(make tools\)$"):
        binaries.need("opa")
    assert binaries.missing("etcd", "postgres", "kwok") == (
        "etcd, kwok are not installed (make tools); "
        "postgres is not installed (apt-get install postgresql)"
    )


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [
        ({"KUBECONFIG": "/some/file"}, False),
        ({"USE_EXISTING_CLUSTER": "true"}, False),
        ({"KUBECONFIG": "/some/file", "USE_EXISTING_CLUSTER": "true"}, True),
    ],
)
def test_an_everyday_kubeconfig_is_no_test_target(
    environment: dict[str, str], *, wanted: bool
) -> None:
    assert existing.wanted(environment) is wanted
