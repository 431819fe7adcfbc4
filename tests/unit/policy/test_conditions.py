"""A rule's text as bodies and conditions, each where it stands."""

from __future__ import annotations

from controlplane.policy.conditions import bodies, held, probe
from tests.support.decisions import policies
from tests.support.policies import rule, shipped

TEXT = """\
findings contains about("bad") if {
\tsome index, entry in input.subject.resource.entries; entry.size > 3
\tallowed := {name |
\t\tsome name in entry.names
\t}
\tnot "x" in allowed # why
}

findings contains {"code": "bad", "path": [], "params": {"name": "if"}} if input.subject.name == "if"

about(code) := {"code": code, "path": [], "params": {"name": "x"}}
"""


def test_bodies_are_cut_into_their_conditions() -> None:
    bundle = policies(rule(TEXT))
    first, second = bodies(bundle, bundle.rules[0])
    assert (first.code, second.code) == ("bad", "bad")
    assert [" ".join(each.text.split()) for each in first.conditions] == [
        "some index, entry in input.subject.resource.entries",
        "entry.size > 3",
        "allowed := {name | some name in entry.names }",
        'not "x" in allowed',
    ]
    assert [each.text for each in second.conditions] == ['input.subject.name == "if"']
    text = bundle.modules[0].text.splitlines()
    for body in (first, second):
        for each in body.conditions:
            place = each.position
            assert text[place.line - 1][place.column - 1 :].startswith(each.text.split()[0])


def test_a_probe_holds_nothing_of_the_rules_own_findings() -> None:
    bundle = policies(rule(TEXT))
    asked = probe(bundle, bundle.rules)
    (module,) = asked.modules
    assert module.text.count("findings contains") == 5
    assert "about(code) :=" in module.text
    assert asked.digest != bundle.digest


def test_every_shipped_rule_has_bodies_with_conditions() -> None:
    bundle = shipped().bundle
    for each in bundle.rules:
        found = bodies(bundle, each)
        assert found
        assert all(body.conditions for body in found), each.id


def test_what_is_no_answer_of_a_probe_says_nothing() -> None:
    assert held(None, 2) is None
    assert held({}, 2) is None
    assert held({"findings": []}, 2) == (0, 0)
    mark = {"code": "held", "params": {}}
    given = [{**mark, "path": [1, 1]}, {**mark, "path": [1, 2]}, {**mark, "path": [0, 1]}]
    assert held({"findings": given}, 2) == (1, 2)
