"""The shipped rules hold every control of Pod Security Standards restricted, wherever a pod is."""

from __future__ import annotations

import re

import pytest

from controlplane.operations.judging import judge
from controlplane.policy.bundle import restrict
from controlplane.policy.engines.opa import OpaEngine
from controlplane.policy.model import PolicyBundle
from tests.support.binaries import REPOSITORY
from tests.support.opa import OpaServer
from tests.support.pod_security import BREACHES, KINDS, LISTS, Breach, subjects
from tests.support.policies import shipped

RULES = {breach.rule for breach in BREACHES}
PAGE = (REPOSITORY / "docs" / "pod-security.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def bundle() -> PolicyBundle:
    return restrict(shipped().bundle, RULES)


@pytest.fixture(scope="module")
def engine(opa_server: OpaServer) -> OpaEngine:
    return OpaEngine(url=opa_server.url)


def _name(breach: Breach) -> str:
    return f"{breach.control}: {'.'.join(breach.fields)}"


def test_pods_that_keep_to_the_standard_pass(bundle: PolicyBundle, engine: OpaEngine) -> None:
    verdict = judge(engine, bundle, list(subjects(None)), {}, None).verdict
    assert verdict.findings == ()
    assert verdict.allow


@pytest.mark.parametrize("breach", BREACHES, ids=_name)
def test_a_broken_control_is_denied_in_every_kind(
    breach: Breach, bundle: PolicyBundle, engine: OpaEngine
) -> None:
    broken = list(subjects(breach))
    assert len(broken) == len(KINDS) * (len(LISTS) if breach.of_container else 1)
    verdict = judge(engine, bundle, broken, {}, None).verdict
    assert verdict.indeterminate == ()
    found = {finding.subject for finding in verdict.findings if finding.rule == breach.rule}
    assert found == {subject.identity for subject in broken}


def _table() -> list[tuple[str, str]]:
    """Return the page's rows as (control, rule)."""
    return re.findall(r"^\| (.+?) \| (?:baseline|restricted) \| \[(.+?)\]", PAGE, re.MULTILINE)


def test_the_page_names_the_rule_that_holds_each_control() -> None:
    assert set(_table()) == {(breach.control, breach.rule) for breach in BREACHES}


def test_every_control_of_the_standard_is_there() -> None:
    assert len({control for control, _ in _table()}) == 16
