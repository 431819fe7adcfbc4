"""SARIF 2.1.0, for code-scanning pages: each finding once, however often it is found again.

Format: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html. What GitHub reads of it:
https://docs.github.com/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from controlplane.report.fingerprints import VERSION as FINGERPRINT
from controlplane.report.model import About, Origin, Report, Result
from evidence.canonical import Json

SCHEMA: Final = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
ROOT: Final = "%SRCROOT%"


@dataclass(frozen=True)
class Origins:
    """Where a log comes from. `web` is the address of the files at the revision, "" if unknown."""

    tool_version: str
    web: str = ""
    revision: str = ""


def write(report: Report, origins: Origins) -> str:
    """Return the log, one run of one tool."""
    index = {name: number for number, name in enumerate(report.rules)}
    run: dict[str, Json] = {
        "tool": {
            "driver": {
                "name": "cpctl",
                "version": origins.tool_version,
                "rules": [_rule(about, origins.web) for about in report.rules.values()],
            }
        },
        "automationDetails": {"id": f"cpctl/{report.command}/"},
        "invocations": [_invocation(report, index)],
        "originalUriBaseIds": {ROOT: {"description": {"text": "The root of the repository."}}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(each, index) for each in report.results],
        "properties": {"summary": report.sentence},
    }
    if origins.revision:
        run["properties"]["revision"] = origins.revision
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, sort_keys=True, ensure_ascii=False)


def _rule(about: About, web: str) -> Json:
    """Return a reportingDescriptor; its address is given only where it is an absolute one."""
    found: dict[str, Json] = {
        "id": about.id,
        "defaultConfiguration": {"level": about.level.value},
        "shortDescription": {"text": about.title or about.id},
    }
    if about.source:
        found["fullDescription"] = {"text": about.description or about.title}
        found["help"] = {"text": _help(about), "markdown": _help_markdown(about)}
        found["properties"] = {"source": about.source, "tags": list(about.controls)}
        if web:
            found["helpUri"] = web + quote(about.source)
    return found


def _help(about: About) -> str:
    controls = f"\n\nControls: {', '.join(about.controls)}" if about.controls else ""
    page = f"\n\nRule: {about.source}, described in docs/rules/{about.id}.md"
    return f"{about.description}\n\nRemedy: {about.remedy}{controls}{page}"


def _help_markdown(about: About) -> str:
    """Return the help; its text is a rule's, and whoever writes rules may use Markdown."""
    controls = f"\n\n**Controls** {', '.join(about.controls)}" if about.controls else ""
    page = f"\n\nRule `{about.source}`, described in `docs/rules/{about.id}.md`"
    return f"{about.description}\n\n**Remedy** {about.remedy}{controls}{page}"


def _invocation(report: Report, index: Mapping[str, int]) -> Json:
    notes = [_notification(r, index) for r in report.results if r.origin is not Origin.FINDING]
    found: dict[str, Json] = {
        "executionSuccessful": report.complete,
        "exitCode": report.exit_code,
        "exitCodeDescription": report.sentence,
    }
    if not report.complete:
        found["toolExecutionNotifications"] = notes
    return found


def _notification(result: Result, index: Mapping[str, int]) -> Json:
    return {
        "level": "error",
        "message": {"text": f"{result.message}: {result.remedy}"},
        "descriptor": {"id": f"{result.origin.value}/{result.rule}"},
        "associatedRule": _reference(result, index),
        "locations": [_location(result)],
    }


def _result(result: Result, index: Mapping[str, int]) -> Json:
    found: dict[str, Json] = {
        "ruleId": result.rule,
        "ruleIndex": index[result.rule],
        "rule": _reference(result, index),
        "level": result.level.value,
        "message": {"text": f"{result.message}\n{result.remedy}"},
        "locations": [_location(result)],
        # GitHub tells alerts apart by the second one, and keeps what a log already holds.
        "partialFingerprints": {
            FINGERPRINT: result.fingerprint,
            "primaryLocationLineHash": f"{result.fingerprint}:1",
        },
        "properties": {"origin": result.origin.value},
    }
    if result.waived:
        found["suppressions"] = [
            {"kind": "external", "status": "accepted", "justification": result.waived}
        ]
    return found


def _reference(result: Result, index: Mapping[str, int]) -> Json:
    return {"id": result.rule, "index": index[result.rule]}


def _location(result: Result) -> Json:
    place = result.position
    found: dict[str, Json] = {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(place.path), "uriBaseId": ROOT},
            "region": {"startLine": place.line, "startColumn": place.column},
        }
    }
    if result.subject:
        name = f"{result.subject} {result.field}".strip()
        found["logicalLocations"] = [{"fullyQualifiedName": name, "kind": "resource"}]
    return found
