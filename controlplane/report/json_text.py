"""The gate's and lint's own JSON: the decision with everything in words, for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable

from controlplane.operations.findings import LocatedFinding
from controlplane.operations.gate import GateReport
from controlplane.operations.recording import decision_json
from controlplane.report import counterfactual, waivers
from controlplane.values import Problem
from evidence.canonical import Json


def of_gate_report(report: GateReport) -> str:
    """Return the decision with its findings in words and their places."""
    return _text(
        {
            "decision": decision_json(report),
            "findings": [_finding(finding) for finding in report.findings],
            "problems": [
                {
                    "code": p.code,
                    "message": p.message,
                    "position": str(p.position),
                    "remedy": p.remedy,
                }
                for p in report.problems
            ],
            "undecided": [
                {
                    "cause": item.cause.value,
                    "message": f"{item.rule} {item.message}",
                    "rule": item.rule,
                    "subject": item.subject,
                }
                for item in report.undecided
            ],
            "details": list(report.details),
            "waivers": waivers.as_json(report),
            "counterfactual": counterfactual.as_json(report.counterfactual),
        }
    )


def of_problems(problems: Iterable[Problem]) -> str:
    """Return lint's problems with line and column, as editors read them."""
    return _text(
        [
            {
                "path": problem.position.path,
                "line": problem.position.line,
                "column": problem.position.column,
                "code": problem.code,
                "message": problem.message,
                "remedy": problem.remedy,
            }
            for problem in problems
        ]
    )


def _finding(finding: LocatedFinding) -> dict[str, object]:
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "subject": finding.subject,
        "path": finding.position.path,
        "line": finding.position.line,
        "column": finding.position.column,
        "field": finding.field,
        "message": finding.message,
        "because": finding.because,
        "remedy": finding.remedy,
        "controls": list(finding.controls),
    }


def _text(value: Json) -> str:
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False)
