"""What is judged only when it is to be applied is judged as it would have been before its merge."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from controlplane import wiring
from controlplane.operations.applying import LateJudge
from controlplane.operations.gate import Agreement, Step, gate
from controlplane.operations.recording import record_decision
from controlplane.operations.remembering import past_decisions
from controlplane.policy.engine import Prepared
from controlplane.policy.engines.embedded import EmbeddedEngine
from controlplane.policy.model import PolicyBundle
from controlplane.repo.git import GitRepository
from controlplane.repo.snapshot import read
from tests.support.decisions import trusting
from tests.support.evidence import signer, writer
from tests.support.gated import RULE, Gated

NOW = datetime(2030, 1, 1, tzinfo=UTC)
KEY, LOG = signer("decide"), signer("log")


def test_a_change_of_policy_is_held_against_what_was_recorded(tmp_path: Path) -> None:
    gated, evidence = Gated(tmp_path / "repository"), tmp_path / "evidence"
    git, engine = GitRepository.open(gated.path), EmbeddedEngine()
    base = read(git, gated.base)
    denied = gate(Step(base, read(git, gated.deny())), engine, wiring.charts(), NOW)
    assert not denied.allow
    record_decision(denied, writer(evidence, sign=KEY, log=LOG))
    gated.git("checkout", "-q", "-f", "main")
    gated.files["tenants/acme/tenant.yaml"] = (gated.path / "tenants/acme/tenant.yaml").read_text()
    gated.files[RULE] = gated.files[RULE].replace('zone != "eu"', 'not zone in {"eu", "us"}')
    step = Step(base, read(git, gated.commit("loosen")))
    judge = LateJudge(
        engine=lambda: engine,
        charts=wiring.charts(),
        writer=lambda: writer(tmp_path / "late", sign=KEY, log=LOG),
        now=lambda: NOW,
        past=lambda _step, now: past_decisions(evidence, trusting(KEY), now),
    )

    found = judge(step)

    assert found.counterfactual is not None
    assert found.counterfactual.decisions == 1
    assert [each["rule"] for each in found.facts["loosened"]] == ["tenancy/first"]
    assert [each["flips"] for each in found.facts["loosened"]] == [1]


def test_the_shipped_one_reads_the_repositorys_own_evidence(tmp_path: Path) -> None:
    gated = Gated(tmp_path / "repository")
    keys = gated.run("cpctl", "keys", "init", "--holder", "ci").stdout
    gated.git("checkout", "-q", "-f", "main")
    gated.files["trust/ci.yaml"] = keys
    gated.base = gated.commit()
    gated.git("checkout", "-q", "-B", "change")
    head = gated.deny()
    gated.run("cpctl", "gate", "--base", gated.base, "--head", head, check=False)
    git = GitRepository.open(gated.path)
    late = wiring.clearing(git, "embedded", None).judge

    found = list(late.past(Step(read(git, gated.base), read(git, head)), wiring.now()))

    assert [getattr(each, "head", each) for each in found] == [head]


def test_what_people_say_since_is_heard(tmp_path: Path) -> None:
    gated = Gated(tmp_path / "repository")
    git, said = GitRepository.open(gated.path), [Agreement()]
    judge = LateJudge(
        engine=EmbeddedEngine,
        charts=wiring.charts(),
        writer=lambda: writer(tmp_path / "late", sign=KEY, log=LOG),
        now=lambda: NOW,
        said=lambda _step, _now: said[0],
    )
    step = Step(read(git, gated.base), read(git, gated.repair()))
    first = judge(step)
    assert judge(step) is first
    said[0] = Agreement(approvals=({"person": "sam", "classes": []},))
    assert judge(step).facts["approvals"] == list(said[0].approvals)


class Counting(EmbeddedEngine):
    """Counts how often policies are loaded."""

    loaded = 0

    def prepare(self, bundle: PolicyBundle) -> Prepared:
        """Load them, and count."""
        self.loaded += 1
        return super().prepare(bundle)


def test_policies_are_made_ready_once_for_each_that_come_into_force(tmp_path: Path) -> None:
    gated, engine = Gated(tmp_path / "repository"), Counting()
    git = GitRepository.open(gated.path)
    judge = LateJudge(
        engine=lambda: engine,
        charts=wiring.charts(),
        writer=lambda: writer(tmp_path / "late", sign=KEY, log=LOG),
        now=lambda: NOW,
    )
    judge.make_ready(read(git, gated.base))
    judge.make_ready(read(git, gated.repair()))  # the same policies
    assert engine.loaded == 1
    gated.files[RULE] = gated.files[RULE].replace('zone != "eu"', 'zone != "us"')
    judge.make_ready(read(git, gated.commit("change")))
    assert engine.loaded == 2
