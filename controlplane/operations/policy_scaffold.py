"""`cpctl policy new`: the files of a new rule, which pass `cpctl policy test` as they are."""

from __future__ import annotations

import json
import re

from controlplane.errors import UsageError
from controlplane.operations.scaffold import NewFile
from controlplane.policy.bundle import ROOT, package_of
from evidence.canonical import Json

_IDENTITY = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*/[a-z][a-z0-9]*(?:-[a-z0-9]+)*")


def new_rule(identity: str, severity: str) -> list[NewFile]:
    """Return the files of a rule about a tenant's label, its test and its samples.

    Raises UsageError for an identity that is not `family/rule-name`.
    """
    if not _IDENTITY.fullmatch(identity) or identity.startswith("lib/"):
        raise UsageError(
            f"{identity!r} cannot name a rule",
            remedy="use FAMILY/RULE in lower case with hyphens: `tenancy/owner-label`",
        )
    folder = f"{ROOT}/{identity}"
    allowed, denied = _envelope("platform"), _envelope("")
    return [
        NewFile(f"{folder}/rule.rego", _rule(identity, severity)),
        NewFile(f"{folder}/rule_test.rego", _test(identity)),
        NewFile(f"{folder}/samples/allow.jsonc", _text(allowed)),
        NewFile(f"{folder}/samples/deny.jsonc", _text(denied)),
    ]


def _rule(identity: str, severity: str) -> str:
    return f"""\
# METADATA
# scope: package
# title: Every tenant names who owns it
# description: Say here what goes wrong where nobody keeps to this rule.
# custom:
#   severity: {severity}
#   subjects: [Tenant]
#   uses: []
#   messages:
#     missing: "{{tenant}} has no label `owner`"
#   remedy: Add metadata.labels.owner to the tenant.
#   controls: []
package {package_of(identity)}

findings contains finding if {{
\tnot owned
\tfinding := {{
\t\t"code": "missing",
\t\t"path": ["metadata", "labels", "owner"],
\t\t"params": {{"tenant": input.subject.name}},
\t}}
}}

owned if input.subject.resource.metadata.labels.owner != ""
"""


def _test(identity: str) -> str:
    package, name = package_of(identity), package_of(identity).rpartition(".")[2]
    return f"""\
package {package}_test

import data.{package}

named(labels) := {{"subject": {{
\t"name": "acme",
\t"resource": {{"metadata": {{"labels": labels}}}},
}}}}

test_an_owner_is_enough if {{
\tcount({name}.findings) == 0 with input as named({{"owner": "platform"}})
}}

test_no_owner_is_a_finding if {{
\t{name}.findings == {{{{
\t\t"code": "missing",
\t\t"path": ["metadata", "labels", "owner"],
\t\t"params": {{"tenant": "acme"}},
\t}}}} with input as named({{}})
}}
"""


def _envelope(owner: str) -> Json:
    return {
        "apiVersion": "controlplane.dev/envelope/v1",
        "subject": {
            "kind": "Tenant",
            "name": "acme",
            "resource": {
                "kind": "Tenant",
                "metadata": {"labels": {"owner": owner}, "name": "acme"},
            },
        },
    }


def _text(value: Json) -> str:
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
