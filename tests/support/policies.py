"""Policies for tests: one rule in a few words, and the shipped ones as they stand on disk."""

from __future__ import annotations

from typing import Any

from controlplane.policy.bundle import LoadedPolicies, load
from controlplane.policy.decide import decide
from controlplane.policy.engine import PolicyEngine, Question
from controlplane.policy.model import Verdict
from controlplane.policy.rego_check import ALL_GUARDS, Guards
from evidence.canonical import canonical
from tests.support.binaries import REPOSITORY

METADATA = """\
# METADATA
# scope: package
# title: {title}
# description: A rule of a test.
# custom:
#   severity: {severity}
#   subjects: [{subjects}]
#   uses: [{uses}]
#   messages:
#     bad: "{{name}} is bad"
#   remedy: Mend it.
#   controls: ["SOC2 CC6.1"]
"""


def rule(
    body: str,
    identity: str = "tenancy/first",
    *,
    uses: str = "",
    severity: str = "deny",
    subjects: str = "Tenant",
) -> dict[str, str]:
    """Return the file of a rule with this body; its one code is `bad`, with the parameter name."""
    head = METADATA.format(title=identity, severity=severity, uses=uses, subjects=subjects)
    package = "controlplane." + identity.replace("-", "_").replace("/", ".")
    return {f"policies/{identity}/rule.rego": f"{head}package {package}\n\n{body}\n"}


def finds(condition: str, name: str = '"x"') -> str:
    """Return the body of a rule that finds something where `condition` holds."""
    finding = f'{{"code": "bad", "path": [], "params": {{"name": {name}}}}}'
    return f"findings contains {finding} if {{\n\t{condition}\n}}"


def ask(
    engine: PolicyEngine, files: dict[str, str], document: Any, *, guards: Guards = ALL_GUARDS
) -> Verdict:
    """Return the verdict of every rule in `files` on one envelope."""
    loaded = load(files, guards=guards)
    assert not loaded.problems, loaded.problems
    question = Question("Tenant/acme", canonical(document), loaded.bundle.rules)
    with engine.prepare(loaded.bundle) as prepared:
        return decide(question, prepared.answer(question))


def shipped() -> LoadedPolicies:
    """Return the policies of this repository."""
    root = REPOSITORY / "policies"
    files = {
        path.relative_to(REPOSITORY).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }
    loaded = load(files)
    assert not loaded.problems, loaded.problems
    return loaded
