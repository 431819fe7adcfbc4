"""The quick search for words that every form of a credential holds passes over no form."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from controlplane.policy.decide import decide
from controlplane.policy.engine import Prepared, Question
from controlplane.policy.engines.compiled import CompiledEngine
from controlplane.policy.model import Rule
from evidence.canonical import canonical
from tests.support import binaries
from tests.support.policies import shipped

pytestmark = pytest.mark.requires("opa")

RULE: Rule = next(r for r in shipped().bundle.rules if r.id == "secrets/credential-forms")
LETTERS = "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789"
# Each alternative of the rule's expression; joined here, so that no file of ours has such a form.
FORMS = [
    "-----BEGIN " + "PRIV" + "ATE KEY",
    "-----BEGIN " + "RSA PRIV" + "ATE KEY",
    "AK" + "IA" + "0123456789ABCDEF",
    "key=AS" + "IA" + "0123456789ABCDEF",
    *(f"gh{kind}" + "_" + LETTERS for kind in "opsru"),
    "github" + "_pat_" + LETTERS[:22],
    "gl" + "pat-" + LETTERS[:20],
    *(f"xo{'x'}{kind}-" + LETTERS[:10] for kind in "abeoprs"),
    "AI" + "za" + LETTERS[:35],
    "sk" + "_live_" + LETTERS[:16],
    "rk" + "_live_" + LETTERS[:16],
    "np" + "m_" + LETTERS,
    "ey" + "J" + LETTERS[:10] + "." + "ey" + "J" + LETTERS[:10],
    "redis://:hunter2" + "@cache:6379/0",
    "postgres://app:hunter2" + "@db.internal/app",
    "--db-password=" + "hunter2",
    "-passwd=" + "hunter2",
    *(f"user=app\n{name}=" + "hunter2" for name in ("Password", "Passwd", "Pwd", "pwd")),
    "password='" + "hunter2'",
    "AccountKey=" + LETTERS[:20],
]


@pytest.fixture(scope="module")
def prepared() -> Iterator[Prepared]:
    with CompiledEngine(binary=binaries.need("opa")).prepare(shipped().bundle) as found:
        yield found


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_found_wherever_it_stands(prepared: Prepared, form: str) -> None:
    manifest = {
        "kind": "ConfigMap",
        "metadata": {"name": "a", "annotations": {"note": f"before {form}"}},
        "data": {"list": ["nothing", form]},
    }
    subject = {"kind": "Placement", "name": "a", "resource": {"objects": [{}, manifest]}}
    question = Question("Placement/a", canonical({"subject": subject}), (RULE,))
    found = decide(question, prepared.answer(question))
    assert found.indeterminate == ()
    assert {finding.path[2:] for finding in found.findings} == {
        ("metadata", "annotations", "note"),
        ("data", "list", 1),
    }
