"""Which real servers a test needs, and what happens where one is missing.

A pytest plugin. A test says what it needs with `@pytest.mark.requires("helm")`, or by using one
of the server fixtures. What is not on this machine skips the test with the tool's name; the
summary lists every test that was not run and why. Where everything must be there (`CI=true` or
`CPCTL_REQUIRE_ALL=1`) a single skipped test fails the run.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping

import pytest

from tests.support import binaries, existing

# What each server fixture of tests/conftest.py starts.
FIXTURES: Mapping[str, tuple[str, ...]] = {
    "api_server": ("etcd", "kube-apiserver"),
    "whole_cluster": (
        "etcd",
        "kube-apiserver",
        "kube-controller-manager",
        "kube-scheduler",
        "kwok",
    ),
    "opa_server": ("opa",),
    "postgres_server": ("initdb", "postgres"),
}

# Tests with the same group run in one worker and so share its server.
GROUPS: Mapping[str, str] = {
    "api_server": "kubernetes",
    "whole_cluster": "kubernetes",
    "opa_server": "opa",
    "postgres_server": "postgres",
}


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker, so that a mistyped one is an error."""
    config.addinivalue_line(
        "markers", "requires(*names): the binaries without which the test is skipped"
    )


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what this machine cannot run, and group what shares a server."""
    for item in items:
        fixtures: Iterable[str] = getattr(item, "fixturenames", ())
        absent = [name for name in _needed(item, fixtures) if binaries.find(name) is None]
        if absent:
            item.add_marker(pytest.mark.skip(reason=binaries.missing(*absent)))
        group = next((GROUPS[name] for name in fixtures if name in GROUPS), None)
        if group and item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(group))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run in which everything must be tested and something was not."""
    if everything_required(os.environ) and _skipped(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """List what was not tested, by reason."""
    by_reason = _skipped(config)
    if not by_reason:
        return
    terminalreporter.section("not tested")
    for reason, tests in sorted(by_reason.items()):
        terminalreporter.write_line(f"{reason}: {len(tests)}")
        for test in sorted(tests):
            terminalreporter.write_line(f"  {test}")
    if everything_required(os.environ):
        terminalreporter.write_line("This run must test everything: it has failed.", red=True)


def everything_required(environment: Mapping[str, str]) -> bool:
    """Whether a skipped test fails the run."""
    return environment.get("CI") == "true" or environment.get("CPCTL_REQUIRE_ALL") == "1"


def _needed(item: pytest.Item, fixtures: Iterable[str]) -> list[str]:
    """Return the binaries that `item` needs, each once, in the order in which they were named."""
    marked = [name for marker in item.iter_markers("requires") for name in marker.args]
    used = [name for fixture in fixtures for name in _started_by(fixture)]
    return list(dict.fromkeys([*marked, *used]))


def _started_by(fixture: str) -> tuple[str, ...]:
    """Return what the fixture starts; an existing cluster is only reached, through kubectl."""
    if fixture == "whole_cluster" and existing.wanted(os.environ):
        return ("kubectl",)
    return FIXTURES.get(fixture, ())


def _skipped(config: pytest.Config) -> dict[str, set[str]]:
    """Return the tests that were skipped, by reason; nothing in the workers of a parallel run."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    by_reason: defaultdict[str, set[str]] = defaultdict(set)
    for report in reporter.stats.get("skipped", ()) if reporter else ():
        where = report.longrepr
        reason = where[2] if isinstance(where, tuple) else str(where)
        by_reason[reason.removeprefix("Skipped: ")].add(report.nodeid.partition("@")[0])
    return dict(by_reason)
