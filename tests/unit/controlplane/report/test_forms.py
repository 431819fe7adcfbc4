"""Every form keeps its published schema, whatever it holds, and none looks clean that is not."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import jsonschema
import pytest
import xmlschema
from hypothesis import given, settings
from hypothesis import strategies as st

from controlplane.operations.deltas import ObjectChange, ObjectDelta
from controlplane.operations.gate import GateReport
from controlplane.policy.model import Cause, Severity
from controlplane.report import github, gitlab, junit, markdown, sarif
from controlplane.report.results import asked, exit_of, of_gate, of_lint
from tests.support.reports import finding, problem, report, undecided

SCHEMAS = Path(__file__).parents[3] / "fixtures" / "schemas"
ORIGINS = sarif.Origins("1.2.3")
HOSTILE = [
    "\x1b[2J\x00\x08\x9b1A",
    "a\n::error::b\r::stop-commands::x ##[add-mask]denied",
    "100%0A,:]]>&<b>\ufffe\uffff",
    "`*_[](x)<script>|#1 @octocat !3 https://evil.example www.evil.example",
    "\u202eabc\u2066",
    "</failure><testcase/>",
]


@cache
def schema(name: str) -> Any:
    if name.endswith(".xsd"):
        return xmlschema.XMLSchema(str(SCHEMAS / name))
    return json.loads((SCHEMAS / name).read_text("utf-8"))


def as_sarif(gate: GateReport, origins: sarif.Origins = ORIGINS) -> Any:
    log = json.loads(sarif.write(of_gate(gate), origins))
    jsonschema.Draft4Validator(schema("sarif-2.1.0.json")).validate(log)
    return log["runs"][0]


def as_junit(gate: GateReport) -> Xml.Element:
    text = junit.write(of_gate(gate), asked(gate))
    schema("junit-10.xsd").validate(text)
    return Xml.fromstring(text)


def as_gitlab(gate: GateReport) -> Any:
    issues = json.loads(gitlab.write(of_gate(gate)))
    jsonschema.Draft202012Validator(schema("gitlab-code-quality.json")).validate(issues)
    return issues


CASES = {
    "clean": report(),
    "denied": report([finding(), finding("tenancy/second", Severity.WARN)]),
    "undecided": report([finding()], [undecided()]),
    "invalid": report(problems=[problem()]),
    "nothing asked": report(rules=False),
    **{f"hostile {n}": report([finding(message=t)], [], []) for n, t in enumerate(HOSTILE)},
    **{f"hostile problem {n}": report(problems=[problem(t)]) for n, t in enumerate(HOSTILE)},
}


@pytest.mark.parametrize("name", CASES)
def test_every_form_keeps_its_schema_and_says_whether_it_is_clean(name: str) -> None:
    gate = CASES[name]
    clean = name == "clean"
    run, cases, issues = as_sarif(gate), as_junit(gate), as_gitlab(gate)
    complete = run["invocations"][0]["executionSuccessful"]
    assert complete == (exit_of(gate) in (0, 1))
    assert (not run["results"] and complete) == clean
    assert (not issues) == clean
    assert (cases.get("failures") == cases.get("errors") == "0") == clean
    assert int(cases.get("tests", "0")) > 0
    assert ("::error " in github.write(of_gate(gate))) == (not clean)
    assert markdown.write(gate).startswith("<!-- cpctl-gate -->\n## " + ("✅" if clean else "⛔"))


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60), st.text(alphabet=st.characters(codec="utf-8"), max_size=40))
def test_no_text_breaks_a_form(message: str, name: str) -> None:
    message = message.encode("utf-8", "replace").decode()
    gate = report([finding(message=message, params=(("name", name),))])
    as_sarif(gate)
    as_junit(gate)
    as_gitlab(gate)
    commands = github.write(of_gate(gate)).splitlines()
    assert len(commands) == 2
    assert commands[0].startswith("::error file=tenants/acme/tenant.yaml,line=7,col=3,title=")


def test_what_was_not_decided_is_an_error_of_its_rule() -> None:
    gate = report([], [undecided(cause=Cause.CRASH)])
    run = as_sarif(gate)
    (note,) = run["invocations"][0]["toolExecutionNotifications"]
    assert note["level"] == "error"
    assert note["associatedRule"]["id"] == "tenancy/second"
    assert [r["level"] for r in run["results"]] == ["error"]
    assert run["invocations"][0]["exitCode"] == 4
    case = as_junit(gate).find(".//testcase[@name='Tenant/acme'][@classname='tenancy/second']")
    assert case is not None
    assert case.find("error") is not None
    assert [issue["severity"] for issue in as_gitlab(gate)] == ["blocker"]


def test_an_invalid_repository_is_no_successful_run() -> None:
    run = as_sarif(report(problems=[problem()]))
    assert run["invocations"][0]["executionSuccessful"] is False
    assert run["invocations"][0]["exitCode"] == 3
    assert [r["ruleId"] for r in run["results"]] == ["field/string-type"]


def test_a_rule_explains_itself_and_results_name_it_by_its_number() -> None:
    run = as_sarif(report([finding()]), sarif.Origins("1.2.3", "https://host/o/r/blob/abc/", "abc"))
    (result,) = run["results"]
    about = run["tool"]["driver"]["rules"][result["ruleIndex"]]
    assert about["id"] == result["ruleId"] == "tenancy/first"
    assert about["defaultConfiguration"] == {"level": "error"}
    assert about["helpUri"] == "https://host/o/r/blob/abc/policies/tenancy/first/rule.rego"
    assert "Mend it." in about["help"]["markdown"]
    assert run["tool"]["driver"]["version"] == "1.2.3"
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {
        "uri": "tenants/acme/tenant.yaml",
        "uriBaseId": "%SRCROOT%",
    }
    assert place["region"] == {"startLine": 7, "startColumn": 3}


def test_an_address_of_a_file_is_a_uri() -> None:
    run = as_sarif(report([finding(file="tenants/ä b#%.yaml")]))
    place = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert place["uri"] == "tenants/%C3%A4%20b%23%25.yaml"


def test_what_base_and_head_both_find_is_shown_once_as_the_graver_has_it() -> None:
    gate = report([finding(), finding(severity=Severity.WARN)])
    assert [r["level"] for r in as_sarif(gate)["results"]] == ["error"]


def test_a_case_for_each_rule_and_subject_that_was_asked() -> None:
    cases = as_junit(report([finding(), finding("tenancy/second", Severity.WARN)]))
    assert (cases.get("tests"), cases.get("failures"), cases.get("errors")) == ("4", "1", "0")
    silent = cases.find(".//testcase[@name='Tenant/acme'][@classname='tenancy/second']")
    assert silent is not None
    assert "warning x is bad" in (silent.findtext("system-out") or "")


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("a,b.yaml", "file=a%2Cb.yaml,"),
        ("a:b.yaml", "file=a%3Ab.yaml,"),
        ("a%2C.yaml", "file=a%252C.yaml,"),
        ("a\nb.yaml", "file=a%0Ab.yaml,"),
        ("a\rb.yaml", "file=a%0Db.yaml,"),
    ],
)
def test_what_ends_a_property_is_escaped(file: str, expected: str) -> None:
    assert expected in github.write(of_gate(report([finding(file=file)])))


def test_no_text_is_a_command_to_the_runner() -> None:
    gate = report([finding(message=HOSTILE[1])])
    said = github.write(of_gate(gate))
    assert "##[" not in said
    assert "\n::error::b" not in said
    assert [line[:2] for line in said.splitlines()] == ["::", "cp"]
    assert "%0AMend it." in said  # the remedy is the second line of the annotation


def test_lines_come_in_the_order_of_gravity_and_warnings_are_warnings() -> None:
    gate = report([finding(), finding("tenancy/second", Severity.WARN)], [undecided()])
    lines = github.write(of_gate(gate)).splitlines()
    assert [line.split(" ")[0] for line in lines] == ["::error", "::error", "::warning", "cpctl"]
    assert "undecided" in lines[0]


def test_a_comment_links_nothing_and_notifies_nobody() -> None:
    text = markdown.write(report([finding(message=HOSTILE[3], file="tenants/a`b.yaml")]))
    for live in ("@octocat", "#1", "!3", "https://", "www.evil", " <script", "[](x)"):
        assert live not in text
    assert "`tenants/a'b.yaml:7:3`" in text


def test_a_comment_stays_below_what_github_takes() -> None:
    long = "*" * 5000
    many = [finding(message=f"{n}{long}", params=(("name", n),)) for n in range(400)]
    text = markdown.write(report(many))
    assert len(text) < 65_536
    assert "and 380 more" in text
    assert text.startswith("<!-- cpctl-gate -->\n## ⛔ Denied: 400 finding(s) forbid it")


def test_a_comment_names_the_fields_in_which_rendered_objects_change() -> None:
    change = ObjectChange("apps/v1/Deployment/a/web", ("spec.replicas", "spec.a`b"), 2)
    delta = ObjectDelta("acme/dev@local", ("v1/Secret/a/key",), (), (change,))
    text = markdown.write(replace(report(), deltas=(delta,)))
    assert "+1 -0 ~1: +`v1/Secret/a/key`\n  - ~`apps/v1/Deployment/a/web`: " in text
    assert "`spec.replicas`, `spec.a'b` and 2 more\n" in text


def test_a_long_comment_keeps_the_objects_and_does_without_their_fields() -> None:
    changes = tuple(ObjectChange(f"v1/Secret/a/{n}", ("x" * 100,) * 5) for n in range(8))
    many = tuple(ObjectDelta(f"acme/{n}@local", (), (), changes) for n in range(30))
    text = markdown.write(replace(report(), deltas=many))
    assert len(text) < 65_536
    assert "  - ~`v1/Secret/a/5`\n  - … 2 more\n" in text
    assert "xxx" not in text


def test_lint_has_the_same_forms() -> None:
    found = of_lint([problem(), problem(file="catalog/x.yaml")], "working tree")
    log = json.loads(sarif.write(found, ORIGINS))
    jsonschema.Draft4Validator(schema("sarif-2.1.0.json")).validate(log)
    assert len(log["runs"][0]["results"]) == 2
    text = junit.write(found)
    schema("junit-10.xsd").validate(text)
    assert Xml.fromstring(text).get("errors") == "2"
    clean = of_lint([], "working tree")
    schema("junit-10.xsd").validate(junit.write(clean))
    assert Xml.fromstring(junit.write(clean)).get("tests") == "1"
    assert github.write(clean) == ""
    assert json.loads(gitlab.write(clean)) == []


def test_a_waived_result_is_shown_and_forbids_nothing() -> None:
    gate = of_gate(report([finding()]))
    waived = replace(gate, results=(replace(gate.results[0], waived="SEC-12, until 2027-01-01"),))
    log = json.loads(sarif.write(waived, ORIGINS))
    jsonschema.Draft4Validator(schema("sarif-2.1.0.json")).validate(log)
    (result,) = log["runs"][0]["results"]
    assert result["suppressions"] == [
        {"kind": "external", "status": "accepted", "justification": "SEC-12, until 2027-01-01"}
    ]
    assert github.write(waived).startswith("::notice ")
    assert json.loads(gitlab.write(waived))[0]["severity"] == "info"
    assert Xml.fromstring(junit.write(waived)).get("failures") == "0"
