"""JUnit XML, so that CI shows counts: a suite for each rule, a case for each subject it was asked.

Format: the schema that Jenkins' xUnit plugin publishes (junit-10.xsd). A finding that forbids is a
failure, what was not decided is an error; a finding that does not forbid is written to the case's
output. Nothing is ever *skipped*.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from xml.etree import ElementTree as Xml

from controlplane.report.escaping import xml
from controlplane.report.model import Level, Origin, Report, Result

REPOSITORY = "repository"


def write(report: Report, asked: Iterable[tuple[str, str]] = ()) -> str:
    """Return the document; `asked` is every (rule, subject) that was asked."""
    cases: dict[str, dict[str, list[Result]]] = {}
    for rule, subject in asked:
        cases.setdefault(rule, {}).setdefault(subject, [])
    for result in report.results:
        suite, case = _place(result)
        cases.setdefault(suite, {}).setdefault(case, []).append(result)
    cases = cases or {REPOSITORY: {report.sentence: []}}
    suites = [_suite(name, found) for name, found in sorted(cases.items())]
    root = Xml.Element("testsuites", {"name": f"cpctl {report.command}", **_sum(suites)})
    root.extend(suites)
    Xml.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(root, encoding="unicode")


def _place(result: Result) -> tuple[str, str]:
    if result.origin is Origin.PROBLEM:
        return REPOSITORY, result.position.path
    return result.rule, result.subject or REPOSITORY


def _suite(name: str, cases: dict[str, list[Result]]) -> Xml.Element:
    made = [_case(name, case, results) for case, results in sorted(cases.items())]
    suite = Xml.Element(
        "testsuite",
        name=xml(name),
        tests=str(len(made)),
        failures=str(sum(case.find("failure") is not None for case in made)),
        errors=str(sum(case.find("error") is not None for case in made)),
        skipped="0",
    )
    suite.extend(made)
    return suite


def _case(suite: str, name: str, results: Sequence[Result]) -> Xml.Element:
    """Return a case with at most one outcome, which is how many readers count them."""
    case = Xml.Element("testcase", name=xml(name), classname=xml(suite))
    errors = [each for each in results if each.origin is not Origin.FINDING]
    failures = [each for each in results if each.origin is Origin.FINDING and _forbids(each)]
    rest = [each for each in results if each not in errors and each not in failures]
    if errors or failures:
        _outcome(case, "error" if errors else "failure", [*errors, *failures])
    if rest:
        Xml.SubElement(case, "system-out").text = _text(rest)
    return case


def _forbids(result: Result) -> bool:
    return result.level is Level.ERROR and not result.waived


def _outcome(case: Xml.Element, tag: str, results: Sequence[Result]) -> None:
    more = f" (and {len(results) - 1} more)" if len(results) > 1 else ""
    first = results[0]
    made = Xml.SubElement(case, tag, type=xml(first.rule), message=xml(first.message + more))
    made.text = _text(results)


def _text(results: Iterable[Result]) -> str:
    return xml("\n".join(_line(each) for each in results))


def _line(result: Result) -> str:
    waived = f" (waived: {result.waived})" if result.waived else ""
    return f"{result.position}: {result.level} {result.message}{waived}\n    → {result.remedy}"


def _sum(suites: Iterable[Xml.Element]) -> dict[str, str]:
    counted = list(suites)
    return {
        key: str(sum(int(suite.get(key, "0")) for suite in counted))
        for key in ("tests", "failures", "errors")
    }
