"""What the rules' own Rego tests notice, as `opa test policies` runs them.

Each part of a rule is switched off, one at a time, and each rule is made to find something in
everything: a test of that rule must fail. Rules do not look at each other, so one run of OPA is
asked about a mutant of each of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import zip_longest
from pathlib import PurePosixPath

import pytest

from controlplane.policy.engines import opa_tool
from controlplane.policy.model import PolicyModule
from controlplane.values import Problem
from tests.support import binaries
from tests.support.policies import shipped
from tests.support.rego_mutants import Mutant, overzealous, silenced

pytestmark = pytest.mark.requires("opa")

LOADED = shipped()
MODULES = {module.path: module for module in LOADED.bundle.modules}
LIBRARIES = [module for path, module in MODULES.items() if path.startswith("policies/lib/")]
TESTS = {rule.module: LOADED.files[rule.id].tests for rule in LOADED.bundle.rules}
MUTANTS = {
    rule.module: [
        *silenced(MODULES[rule.module], "findings"),
        *silenced(MODULES[rule.module], "valid_until"),
        overzealous(MODULES[rule.module]),
    ]
    for rule in LOADED.bundle.rules
}


def _folder(path: str) -> str:
    return str(PurePosixPath(path).parent)


def _run(modules: Sequence[PolicyModule], tests: Sequence[PolicyModule]) -> list[Problem]:
    """Return the tests that fail; the policies' parameters are left out, as OPA knows none."""
    passed, failed = opa_tool.run_tests(
        binaries.need("opa"), [*LIBRARIES, *modules, *tests], data={}
    )
    # What OPA cannot compile is no mutant: a test that was never run notices nothing.
    assert {problem.code for problem in failed} <= {"policy/test"}, failed
    assert passed + len(failed) > 0
    return failed


def _living(mutants: Sequence[Mutant], tests: Sequence[PolicyModule]) -> list[Mutant]:
    """Return the mutants, of different rules, in whose folder no test fails."""
    failed = _run([mutant.module for mutant in mutants], tests)
    killed = {_folder(problem.position.path) for problem in failed}
    return [mutant for mutant in mutants if _folder(mutant.module.path) not in killed]


def test_every_rule_has_a_test_beside_it_about_it() -> None:
    lacking = [
        rule.id
        for rule in LOADED.bundle.rules
        if not any(
            test.path.endswith("/rule_test.rego")
            and test.text.startswith(f"package {rule.package}_test\n")
            and f"\nimport data.{rule.package}\n" in test.text
            for test in TESTS[rule.module]
        )
    ]
    assert lacking == []


def test_every_part_of_a_rule_has_a_test_that_fails_without_it(
    record_property: Callable[[str, object], None],
) -> None:
    living = []
    for batch in zip_longest(*MUTANTS.values()):
        mutants = [mutant for mutant in batch if mutant is not None]
        about = [test for mutant in mutants for test in TESTS[mutant.module.path]]
        living += _living(mutants, about)
    assert [str(mutant) for mutant in living] == []
    number = sum(len(mutants) for mutants in MUTANTS.values())
    assert number > 2 * len(LOADED.bundle.rules)  # a finding less and one more, at least
    record_property("counted: mutants of rules, killed by a Rego test", number)


def test_a_test_that_says_nothing_is_found() -> None:
    path = "policies/access/broad-group/rule.rego"
    for mutant in MUTANTS[path]:
        weak = [
            PolicyModule(
                test.path,
                "package weak\n\nimport data.controlplane.access.broad_group\n\n"
                "test_one if broad_group.findings\n\ntest_two if not broad_group.nothing\n",
            )
            for test in TESTS[path]
        ]
        assert _living([mutant], weak) == [mutant]
        assert _living([mutant], TESTS[path]) == []
