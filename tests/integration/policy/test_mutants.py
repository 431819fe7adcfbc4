"""No condition of a rule is there for nothing: without it a sample or a test fails."""

from __future__ import annotations

import pytest

from controlplane.operations.policy_testing import samples
from controlplane.policy.bundle import LoadedPolicies, restrict, with_texts
from controlplane.policy.decide import decide
from controlplane.policy.engine import PolicyEngine
from controlplane.policy.engines import opa_tool
from controlplane.policy.engines.opa import OpaEngine
from controlplane.policy.errors import PolicyLoadError
from controlplane.policy.model import PolicyBundle, Rule
from tests.support import binaries
from tests.support.opa import OpaServer
from tests.support.policies import shipped
from tests.support.rego_mutants import Mutant, mutants

RULES = sorted(shipped().bundle.rules, key=lambda rule: rule.id)


@pytest.fixture(scope="module")
def loaded() -> LoadedPolicies:
    return shipped()


def _mutants(rule: Rule, bundle: PolicyBundle) -> list[Mutant]:
    (module,) = (module for module in bundle.modules if module.path == rule.module)
    return list(mutants(module))


def _survives(mutant: Mutant, rule: Rule, loaded: LoadedPolicies, engine: PolicyEngine) -> bool:
    alone = restrict(loaded.bundle, [rule.id])
    changed = with_texts(alone, {mutant.module.path: mutant.module.text})
    own = [sample for sample in samples(loaded) if sample.rule == rule]
    try:
        with engine.prepare(changed) as prepared:
            for sample in own:
                verdict = decide(sample.question, prepared.answer(sample.question))
                if verdict.indeterminate or bool(verdict.findings) is not sample.fires:
                    return False
    except PolicyLoadError:
        return False  # what is left is no Rego: nobody could merge it
    tests = loaded.files[rule.id].tests
    _, failed = opa_tool.run_tests(
        binaries.need("opa"), [*changed.modules, *tests], loaded.bundle.data
    )
    return not (tests and failed)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_condition_matters(rule: Rule, loaded: LoadedPolicies, opa_server: OpaServer) -> None:
    engine = OpaEngine(url=opa_server.url)
    survivors = [
        str(mutant)
        for mutant in _mutants(rule, loaded.bundle)
        if _survives(mutant, rule, loaded, engine)
    ]
    assert survivors == []
