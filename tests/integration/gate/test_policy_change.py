"""A change of policy on every engine: what it shows in the gate, in Git's history, and replayed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from controlplane import wiring
from controlplane.operations.asking_again import Panel
from controlplane.operations.gate import GateReport, Step, gate
from controlplane.operations.history import steps
from controlplane.operations.past import PastDecision, PastJudgement, Skipped
from controlplane.operations.policies import policy_sets
from controlplane.operations.recording import record_decision
from controlplane.operations.remembering import past_decisions
from controlplane.operations.replaying import Replayed, decisions, judged_again
from controlplane.operations.simulating import Turn, simulate
from controlplane.policy.engine import PolicyEngine
from controlplane.policy.engines.compiled import CompiledEngine
from controlplane.policy.engines.embedded import EmbeddedEngine
from controlplane.policy.weigh import weigh
from controlplane.policy.weights import Weights
from controlplane.repo.git import GitRepository
from controlplane.repo.snapshot import nothing, read
from evidence.bundle import export
from evidence.canonical import canonical
from evidence.errors import MalformedError
from evidence.verify import verify_bundle
from tests.support import binaries
from tests.support.decisions import packed, trusting
from tests.support.engines import EACH, engine_named
from tests.support.evidence import signer, writer
from tests.support.gated import RULE, Gated

NOW = datetime(2030, 1, 1, tzinfo=UTC)
KEY, LOG = signer("decide"), signer("log")
TRUST = trusting(KEY)
LOOSE = ('zone != "eu"', 'not zone in {"eu", "us"}')


@pytest.fixture(params=EACH, scope="module")
def engine(request: pytest.FixtureRequest) -> PolicyEngine:
    return engine_named(request.param)


@pytest.fixture
def gated(tmp_path: Path) -> Gated:
    return Gated(tmp_path / "repository")


def judged(
    gated: Gated, base: str, head: str, engine: PolicyEngine, past: Iterable[Any] = ()
) -> GateReport:
    repository = GitRepository.open(gated.path)
    before = nothing() if base == "nothing" else read(repository, base)
    step = Step(before, read(repository, head), genesis=base == "nothing")
    return gate(step, engine, wiring.charts(), NOW, past=lambda: past)


def loosened(gated: Gated) -> str:
    """Commit on `loosen`, which leaves from `main`, that the US will do as well."""
    gated.git("checkout", "-q", "-f", "main")
    files = dict(gated.files)
    gated.files = {**files, RULE: files[RULE].replace(*LOOSE)}
    gated.files["tenants/acme/tenant.yaml"] = (gated.path / "tenants/acme/tenant.yaml").read_text()
    assert gated.files[RULE] != files[RULE]
    return gated.commit("loosen")


def test_the_gate_shows_what_a_loosened_rule_lets_pass_and_tells_rules(
    gated: Gated, engine: PolicyEngine, tmp_path: Path
) -> None:
    denied = judged(gated, "main", gated.deny(), engine)
    assert not denied.allow
    record_decision(denied, writer(tmp_path / "evidence", sign=KEY, log=LOG))
    past = past_decisions(tmp_path / "evidence", TRUST, NOW)
    found = judged(gated, "main", loosened(gated), engine, past)
    fact = [{"rule": "tenancy/first", "flips": 1, "module": RULE}]
    assert found.facts["loosened"] == fact
    other = found.counterfactual
    assert other is not None
    assert (other.differing, other.decisions, other.skipped) == (("tenancy/first",), 1, ())
    (flips,) = other.rules
    (example,) = flips.examples
    assert example.flip.subject == "Tenant/acme"
    assert example.why == f'under head `not zone in {{"eu", "us"}}` does not hold ({RULE}:17:2)'


def test_without_a_decision_head_as_it_stands_is_asked(gated: Gated, engine: PolicyEngine) -> None:
    report = judged(gated, "main", loosened(gated), engine)
    found = report.counterfactual
    assert found is not None
    assert (found.decisions, found.rules, report.facts["loosened"]) == (0, (), [])
    assert found.resources > 1


def test_any_other_change_has_no_counterfactual(gated: Gated) -> None:
    found = judged(gated, "main", gated.deny(), EmbeddedEngine())
    assert (found.counterfactual, found.facts["loosened"]) == (None, [])


def test_the_history_stands_in_for_evidence(gated: Gated, engine: PolicyEngine) -> None:
    """Each step is judged by the policies of its own ends; one that was no repository is named."""
    head = gated.deny()
    candidate = loosened(gated)
    gated.git("checkout", "-q", "-f", "change")
    repository = GitRepository.open(gated.path)
    past = list(steps(repository, None, engine, wiring.charts()))
    made = [each for each in past if isinstance(each, PastDecision)]
    assert [(each.head, each.allow) for each in made] == [(head, False), (gated.base, True)]
    (skipped,) = [each for each in past if isinstance(each, Skipped)]
    assert skipped.part.startswith("the step from nothing to ")
    sets = policy_sets(read(repository, candidate))
    with Panel(engine, [each.bundle for each in sets]) as panel:
        found = simulate(past, panel, lambda *_: None)
    assert [(each.head, each.turn) for each in found.flipped] == [(head, Turn.ALLOWED)]
    assert found.skipped == [skipped]
    since = steps(repository, "main", engine, wiring.charts())
    assert [each.head for each in since if isinstance(each, PastDecision)] == [head]


def exported(gated: Gated, engine: PolicyEngine, place: Path) -> bytes:
    """Return the bundle of a denied change, signed, with what was compiled for it."""
    head = gated.deny()
    gated.git("checkout", "-q", "-f", "change")
    gated.files[RULE] = gated.files[RULE].replace("# and this is why", "# once more")
    head = gated.commit("change")
    log = writer(place, sign=KEY, log=LOG)
    record_decision(packed(judged(gated, "main", head, engine), log), log)
    return export([place], head)


def test_what_was_weighed_is_weighed_again(gated: Gated, tmp_path: Path) -> None:
    """Where an environment turns a rule off, the decision is made again as it was."""
    head = gated.deny()
    report = judged(gated, "main", head, EmbeddedEngine())
    assert report.engines_verdict is not None
    by = Weights(0, {"prod": "standard"}, {"prod": {"tenancy/first": "off"}})
    final = weigh(report.engines_verdict, by).verdict
    assert final.allow
    report = replace(report, verdict=final, weights=by)
    record_decision(report, writer(tmp_path, sign=KEY, log=LOG))
    found = replayed(export([tmp_path], head), EmbeddedEngine())
    assert [(each.same, each.allow) for each in found] == [(True, False), (True, True)]


def replayed(bundle: bytes, engine: PolicyEngine) -> list[Replayed]:
    """Judge again; recorded compiled policies are evaluated as they are, where there is no OPA."""

    def engine_of(judgement: PastJudgement, compiled: bytes | None) -> PolicyEngine:
        assert (compiled is not None) == (judgement.engine == "compiled")
        return engine if compiled is None else CompiledEngine.from_artifact(compiled)

    return [r for each in decisions(bundle) for r in judged_again(each, engine_of)]


def test_what_was_decided_is_decided_again(
    gated: Gated, engine: PolicyEngine, tmp_path: Path
) -> None:
    bundle = exported(gated, engine, tmp_path / "evidence")
    assert verify_bundle(bundle, trusting(KEY, LOG), NOW).verified
    found = replayed(bundle, engine)
    assert [(each.policy_set, each.same, each.allow) for each in found] == [
        ("base/shipped", True, False),
        ("head/shipped", True, False),
        ("", True, False),
    ]


@pytest.mark.requires("opa")
def test_another_engine_comes_to_the_same_verdict(gated: Gated, tmp_path: Path) -> None:
    compiled = CompiledEngine(binary=binaries.need("opa"))
    bundle = exported(gated, compiled, tmp_path / "evidence")
    found = [
        r for each in decisions(bundle) for r in judged_again(each, lambda *_: EmbeddedEngine())
    ]
    assert [each.same for each in found] == [True, True, True]
    assert {each.recorded_with for each in found[:2]} == {f"compiled ({compiled.version()})"}


def test_a_recorded_verdict_that_the_policies_do_not_give_is_seen(
    gated: Gated, tmp_path: Path
) -> None:
    """What a signer who lies could have written: the records agree with each other."""
    value = json.loads(exported(gated, EmbeddedEngine(), tmp_path / "evidence"))
    (payload,) = [p for p in value["payloads"].values() if "judgements" in p]
    payload["judgements"][0]["verdictDigest"] = f"sha256:{'0' * 64}"
    found = replayed(canonical(value), EmbeddedEngine())
    assert [each.same for each in found] == [False, True, True]


@pytest.mark.requires("opa")
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"file": "AAAA"}, "are no compiled policies"),
        ({"digest": f"sha256:{'0' * 64}"}, "are not those that their digest names"),
    ],
)
def test_compiled_policies_that_are_not_those_of_the_record_are_refused(
    gated: Gated, tmp_path: Path, change: dict[str, str], said: str
) -> None:
    engine = CompiledEngine(binary=binaries.need("opa"))
    value = json.loads(exported(gated, engine, tmp_path / "evidence"))
    payload = next(p for p in value["payloads"].values() if isinstance(p, dict) and "file" in p)
    payload |= change
    with pytest.raises(MalformedError, match=said):
        replayed(canonical(value), engine)
