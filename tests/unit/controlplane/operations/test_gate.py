"""What a change cannot do to its own judgement."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

import pytest

from controlplane.operations.gate import gate, step_between
from controlplane.operations.locking import lock
from controlplane.policy.engine import Answer, PolicyEngine, Prepared, Question
from controlplane.policy.model import PolicyBundle
from controlplane.render.helm import HelmCharts
from controlplane.repo.git import GitRepository
from controlplane.repo.snapshot import read
from tests.support import documents
from tests.support.gitrepo import TestRepository
from tests.support.policies import finds, rule

NOW = datetime(2026, 12, 24, 12, tzinfo=UTC)
FREEZE = (
    "targets: [here]\nfreezeWindows:\n- name: year end\n"
    '  starts: "2026-12-20T00:00:00Z"\n  ends: "2027-01-04T06:00:00Z"\n'
)
NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {{ namespace }}\n"
ENVIRONMENT = "catalog/environments/prod.yaml"


class Mute(PolicyEngine):
    """An engine that answers nothing."""

    name: ClassVar[str] = "mute"

    def version(self) -> str:
        return "1"

    def prepare(self, bundle: PolicyBundle) -> Prepared:
        return _Nothing()


class _Nothing(Prepared):
    def evaluate(self, question: Question) -> Answer:
        return {}


def test_a_change_cannot_end_the_freeze_that_it_falls_into(tmp_path: Path) -> None:
    made = TestRepository(tmp_path)
    files = documents.repository() | rule(finds("input.time"), uses="time")
    files[ENVIRONMENT] = documents.document("Environment", "prod", FREEZE)
    files["templates/kubernetes/tenant/namespace.yaml.j2"] = NAMESPACE
    made.commit(files)
    git = GitRepository.open(tmp_path)
    locks, problems = lock(read(git, "main"), ())
    assert problems == ()
    files |= {change.path: change.text for change in locks}
    base = made.commit(files)
    thawed = documents.document("Environment", "prod", "targets: [here]\n")
    head = made.commit(files | {ENVIRONMENT: thawed})
    step = step_between(read(git, base), read(git, head), contained=True)
    report = gate(step, Mute(), HelmCharts(None), NOW)
    assert report.problems == ()
    assert [window["name"] for window in report.time["frozen"]] == ["year end"]
    assert not report.allow


CHANGED = {
    "tenant": ("tenants/acme/tenant.yaml", documents.tenant(more="plan: growth\n"), True),
    "cluster": ("catalog/clusters/here.yaml", documents.CLUSTER + "  capabilities: [gpu]\n", True),
    "rule": ("policies/tenancy/first/rule_test.rego", "package first_test\n", True),
    "readme": ("README.md", "Read me.\n", False),
}


@pytest.mark.parametrize("what", CHANGED)
def test_the_fleet_is_asked_about_where_the_answer_can_be_another(
    what: str, tmp_path: Path
) -> None:
    path, text, asked = CHANGED[what]
    made = TestRepository(tmp_path)
    files = documents.repository() | rule(finds("true"), subjects="Fleet")
    files["templates/kubernetes/tenant/namespace.yaml.j2"] = NAMESPACE
    made.commit(files)
    git = GitRepository.open(tmp_path)
    locks, _ = lock(read(git, "main"), ())
    files |= {change.path: change.text for change in locks}
    base = made.commit(files)
    head = made.commit(files | {path: text})
    step = step_between(read(git, base), read(git, head), contained=True)
    report = gate(step, Mute(), HelmCharts(None), NOW)
    assert report.problems == ()
    assert ("Fleet/fleet" in {i.subject for i in report.verdict.indeterminate}) is asked
