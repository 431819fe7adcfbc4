"""GitLab's code quality report, which a merge request shows beside the lines.

Format: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format. There is no
published schema of it; the fields that the page names are all given.
"""

from __future__ import annotations

import json

from controlplane.report.escaping import plain
from controlplane.report.model import Level, Origin, Report, Result
from evidence.canonical import Json

_SEVERITIES = {Level.ERROR: "critical", Level.WARNING: "minor", Level.NOTE: "info"}


def write(report: Report) -> str:
    """Return the report: a list, empty only where everything was decided and nothing found."""
    issues = [_issue(each) for each in report.results]
    return json.dumps(issues, indent=2, sort_keys=True, ensure_ascii=False)


def _issue(result: Result) -> Json:
    return {
        "check_name": result.rule,
        "description": plain(f"{_prefix(result)}{result.message} → {result.remedy}"),
        "fingerprint": result.fingerprint,
        "severity": _severity(result),
        "location": {"path": result.position.path, "lines": {"begin": result.position.line}},
    }


def _prefix(result: Result) -> str:
    return f"waived ({result.waived}): " if result.waived else ""


def _severity(result: Result) -> str:
    """What was not decided weighs more than any finding: nobody knows what it hides."""
    if result.waived:
        return "info"
    return _SEVERITIES[result.level] if result.origin is Origin.FINDING else "blocker"
