"""No condition of a rule is there for nothing: without it a sample or a test fails.

The rule as it stands is judged first, so that one that is broken kills none of its mutants. A
mutant that is no Rego any more says nothing of the tests, and is counted apart.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

import pytest

from controlplane.operations.policy_testing import samples
from controlplane.policy.bundle import LoadedPolicies, restrict, with_texts
from controlplane.policy.decide import decide
from controlplane.policy.engine import PolicyEngine
from controlplane.policy.engines import opa_tool
from controlplane.policy.engines.opa import OpaEngine
from controlplane.policy.errors import PolicyLoadError
from controlplane.policy.model import PolicyBundle, PolicyModule, Rule
from tests.support import binaries
from tests.support.opa import OpaServer
from tests.support.policies import shipped
from tests.support.rego_mutants import Mutant, mutants

RULES = sorted(shipped().bundle.rules, key=lambda rule: rule.id)
# Conditions that only spare work, and the test that shows that nothing else depends on them.
EQUIVALENT = {
    # tests/integration/policy/test_credential_forms.py: what it passes over holds no form
    "secrets/credential-forms": ("suspicious(manifest)", 'regex.match("PRIVATE KEY'),
}


@pytest.fixture(scope="module")
def loaded() -> LoadedPolicies:
    return shipped()


def _mutants(rule: Rule, bundle: PolicyBundle) -> list[Mutant]:
    (module,) = (module for module in bundle.modules if module.path == rule.module)
    return list(mutants(module))


class Fate(Enum):
    """What became of a rule's text."""

    LIVES = "alive, and shown to be equivalent"
    SAMPLE = "killed by a sample"
    TEST = "killed by a test"
    LOADER = "no Rego any more"


def _fate(module: PolicyModule, rule: Rule, loaded: LoadedPolicies, engine: PolicyEngine) -> Fate:
    alone = restrict(loaded.bundle, [rule.id])
    changed = with_texts(alone, {module.path: module.text})
    own = [sample for sample in samples(loaded) if sample.rule == rule]
    try:
        with engine.prepare(changed) as prepared:
            for sample in own:
                verdict = decide(sample.question, prepared.answer(sample.question))
                if verdict.indeterminate or bool(verdict.findings) is not sample.fires:
                    return Fate.SAMPLE
    except PolicyLoadError:
        return Fate.LOADER
    tests = loaded.files[rule.id].tests
    _, failed = opa_tool.run_tests(
        binaries.need("opa"), [*changed.modules, *tests], loaded.bundle.data
    )
    return Fate.TEST if tests and failed else Fate.LIVES


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_condition_matters(
    rule: Rule,
    loaded: LoadedPolicies,
    opa_server: OpaServer,
    record_property: Callable[[str, object], None],
) -> None:
    engine = OpaEngine(url=opa_server.url)
    (module,) = (module for module in loaded.bundle.modules if module.path == rule.module)
    assert _fate(module, rule, loaded, engine) is Fate.LIVES
    fates = {
        str(mutant): _fate(mutant.module, rule, loaded, engine)
        for mutant in _mutants(rule, loaded.bundle)
    }
    for fate in Fate:
        number = sum(each is fate for each in fates.values())
        record_property(f"summed: mutants of rules, {fate.value}", number)
    living = [mutant for mutant, fate in fates.items() if fate is Fate.LIVES]
    spared = EQUIVALENT.get(rule.id, ())
    assert len(living) == len(spared), living
    assert all(f"without `{text}" in mutant for text, mutant in zip(spared, living, strict=True))
