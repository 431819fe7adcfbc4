"""A result keeps its name while the files around it change, and no two results share one."""

from __future__ import annotations

from controlplane.report.results import of_gate
from tests.support.reports import finding, problem, report

ONE = {"spec": {"placements": [{"environment": "dev"}, {"environment": "prod"}]}}
MOVED = {"spec": {"placements": [{"environment": "new"}, *ONE["spec"]["placements"]]}}


def names(*findings: object, resource: object = None) -> list[str]:
    found = of_gate(report(list(findings), resource=resource))  # type: ignore[arg-type]
    return [result.fingerprint for result in found.results]


def test_lines_and_words_do_not_count() -> None:
    moved = finding(line=99, message="worded anew")
    assert names(finding(), resource=ONE) == names(moved, resource=ONE)


def test_an_item_put_before_it_does_not_count() -> None:
    moved = finding(path=("spec", "placements", 2))
    assert names(finding(), resource=ONE) == names(moved, resource=MOVED)


def test_rule_subject_field_and_parameters_do() -> None:
    every = [
        finding(),
        finding("tenancy/second"),
        finding(path=("spec", "placements", 0)),
        finding(params=(("name", "y"),)),
    ]
    assert len(set(names(*every, resource=ONE))) == len(every)


def test_a_problem_keeps_its_name_where_the_place_it_mentions_moves() -> None:
    one = report(problems=[problem("declared twice, first at a.yaml:3:4")])
    other = report(problems=[problem("declared twice, first at a.yaml:9:1")])
    third = report(problems=[problem("declared twice, first at b.yaml:9:1")])
    name, same, different = (of_gate(r).results[0].fingerprint for r in (one, other, third))
    assert name == same
    assert name != different
