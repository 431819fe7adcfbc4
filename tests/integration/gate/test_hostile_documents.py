"""Documents that two readers could read differently: none of them hides data in the US.

Each text of the tenant says *US* to some reader. Where it is refused the code says why; where it
is read, the rule sees it.
"""

from __future__ import annotations

import pytest

from tests.support import documents
from tests.support.gated import TENANT
from tests.support.hostile import Hostile, Outcome

pytestmark = pytest.mark.requires("opa")

EU = documents.tenant()
LINE = "  residency: [eu]"
SPEC = "spec:\n  data:\n"
DENIED = "tenancy/first"


def _with(text: str) -> str:
    """Return the tenant with other text in place of its residency."""
    return EU.replace(f"  {LINE}", text)


def _beside(text: str) -> str:
    return EU.replace(f"  {LINE}", f"  {LINE}\n{text}")


def _named(text: str) -> str:
    return EU.replace("  name: acme\n", f"  name: acme\n  annotations: {{note: {text}}}\n", 1)


R = "    residency: "
TEXTS: dict[str, tuple[str | bytes, str, str]] = {
    "plainly": (_with(R + "[eu, us]"), "deny", DENIED),
    "a key that stands twice": (_beside(R + "[us]"), "invalid", ""),
    "a key twice, once quoted": (_beside('    "residency": [us]'), "invalid", ""),
    "a key twice, once escaped": (_beside('    "residenc\\u0079": [us]'), "invalid", ""),
    "a key twice, once complex": (_beside("    ? residency\n    : [us]"), "invalid", ""),
    "a key twice, once tagged": (_beside("    !!str residency: [us]"), "invalid", ""),
    "a key with a Cyrillic letter": (_beside("    r\u0435sidency: [us]"), "invalid", ""),
    "a key with a zero-width space": (_beside("    resi\u200bdency: [us]"), "invalid", ""),
    "a key in full width": (_beside("    \uff52esidency: [us]"), "invalid", ""),
    "a key with a soft hyphen": (_beside("    resi\u00addency: [us]"), "invalid", ""),
    "a key in capitals": (_beside("    Residency: [us]"), "invalid", ""),
    "a key with a right-to-left override": (_beside("    \u202eresidency: [us]"), "invalid", ""),
    "a merge key": (_beside("    <<: {residency: [us]}"), "invalid", ""),
    "a merge of a list": (_beside("    <<: [{residency: [us]}]"), "invalid", ""),
    "an anchor and its alias": (_with(R + "&a [us]\n    classes: *a"), "invalid", ""),
    "an alias of nothing": (_with(R + "*a"), "invalid", ""),
    "an alias of itself": (_with(R + "&a [*a]"), "invalid", ""),
    "a bomb of aliases": (
        _with(R + "&a [us, us]\n    b: &b [*a, *a]\n    c: [*b, *b]"), "invalid", "",
    ),
    "a tag that makes objects": (_with(R + "!!python/object/apply:os.system [us]"), "invalid", ""),
    "a tag of bytes": (_with(R + "[!!binary dXM=]"), "invalid", ""),
    "a tag of text": (_with(R + "[!!str us]"), "invalid", ""),
    "a tag of one's own": (_with(R + "[!zone us]"), "invalid", ""),
    "a set": (_with(R + "!!set {us}"), "invalid", ""),
    "a directive of YAML 1.1": ("%YAML 1.1\n---\n" + _with(R + "[us]"), "invalid", ""),
    "a directive of tags": ("%TAG ! tag:x,2000:\n---\n" + _with(R + "[us]"), "invalid", ""),
    "a second document": (EU + "---\n" + _with(R + "[us]"), "invalid", ""),
    "after the end of the document": (EU + "...\n" + _with(R + "[us]"), "invalid", ""),
    "an empty first document": ("---\n---\n" + _with(R + "[us]"), "invalid", ""),
    "a mark of byte order": ("\ufeff" + _with(R + "[us]"), "invalid", ""),
    "a mark of byte order inside": (_with("    \ufeffresidency: [us]"), "invalid", ""),
    "carriage returns alone": (_with(R + "[us]").replace("\n", "\r"), "invalid", ""),
    "a carriage return inside": (_with(R + "[eu] # \r    residency: [us]"), "invalid", ""),
    "a next line character": (_with(R + "[eu] # \u0085    residency: [us]"), "invalid", ""),
    "a line separator": (_with(R + "[eu] # \u2028    residency: [us]"), "invalid", ""),
    "a paragraph separator": (_with(R + "[eu] # \u2029    residency: [us]"), "invalid", ""),
    "a form feed": (_with(R + "[eu] # \f    residency: [us]"), "invalid", ""),
    "a vertical tab": (_with(R + "[eu] # \v    residency: [us]"), "invalid", ""),
    "a NUL": (_with(R + "[eu] # \0    residency: [us]"), "invalid", ""),
    "an escape sequence of a terminal": (_with(R + "[eu] # \x1b[2K"), "invalid", ""),
    "a tab that indents": (_with("\t" + LINE.strip()), "invalid", ""),
    "a tab before the value": (_with("    residency:\t[us]"), "invalid", "yaml/tab"),
    "line ends of Windows": (_with(R + "[us]").replace("\n", "\r\n"), "deny", DENIED),
    "UTF-16": (_with(R + "[us]").encode("utf-16"), "invalid", ""),
    "UTF-32": (_with(R + "[us]").encode("utf-32"), "invalid", ""),
    "Latin 1": (_with(R + "[us] # \xe9").encode("latin-1"), "invalid", ""),
    "overlong UTF-8": (_with(R + "[us]").encode() + b"# \xc0\xaf\n", "invalid", ""),
    "half a surrogate pair": (_with(R + '["\\ud83d"]'), "invalid", ""),
    "an escape in the value": (_with(R + '["\\u0075s"]'), "deny", DENIED),
    "a value over two lines": (_with(R + "[eu,\n      us]"), "deny", DENIED),
    "a value in a block": (_with("    residency:\n    - |-\n      us"), "deny", DENIED),
    "a folded value": (_with("    residency:\n    - >-\n      us"), "deny", DENIED),
    "a list that is not indented": (_with("    residency:\n    - us"), "deny", DENIED),
    "a quoted value": (_with(R + "['us']"), "deny", DENIED),
    "a value with a space after it": (_with(R + '["eu "]'), "invalid", ""),
    "a value of look-alikes": (_with(R + "[\u0435u]"), "invalid", ""),
    "a value with a zero-width joiner": (_with(R + '["eu\u200d"]'), "invalid", ""),
    "a text in place of the list": (_with(R + "us"), "invalid", ""),
    "an object in place of the list": (_with(R + "{us: us}"), "invalid", ""),
    "a list in the list": (_with(R + "[[us]]"), "invalid", ""),
    "nothing in the list": (_with(R + "[eu, ]\n    # us"), "allow", ""),
    "null in the list": (_with(R + "[eu, ~]"), "invalid", ""),
    "no of YAML 1.1 in the list": (_with(R + "[no]"), "invalid", ""),
    "an octal number": (_with(R + "[010]"), "invalid", ""),
    "a number in base sixty": (_with(R + "[1:30]"), "invalid", ""),
    "a date": (_with(R + "[2026-01-01]"), "invalid", ""),
    "not a number": (_with(R + "[.nan]"), "invalid", ""),
    "a number beyond 2^53": (_with(R + "[9007199254740993]"), "invalid", ""),
    "a comment that looks like a list": (_with(R + "[eu] # , us]"), "allow", ""),
    "nesting of a thousand levels": (_with(R + "[" * 1000 + "us" + "]" * 1000), "invalid", ""),
    "a key of a megabyte": (_beside("    " + "k" * 2**20 + ": [us]"), "invalid", ""),
    "ten megabytes of spaces": (_with(R + "[us]") + " " * (10 * 2**20), "invalid", ""),
    "ten megabytes of comment": (_with(R + "[us]") + "#" + "x" * (10 * 2**20), "invalid", ""),
    "ten megabytes of zones": (_with(R + "[" + "us, " * (5 * 2**19) + "us]"), "invalid", ""),
    "no document": ("", "invalid", ""),
    "a document of null": ("null\n", "invalid", ""),
    "a list of documents": ("- a\n", "invalid", ""),
    "the kind of a pack": (EU.replace("kind: Tenant", "kind: Pack"), "invalid", ""),
    "another apiVersion": (EU.replace("v1alpha1", "v1"), "invalid", ""),
    "no kind": (EU.replace("kind: Tenant\n", ""), "invalid", ""),
    "a name that is Rego": (EU.replace("name: acme", "name: 'acme\"] }'", 1), "invalid", ""),
    "a name that is Jinja": (EU.replace("name: acme", "name: '{{ 7*7 }}'", 1), "invalid", ""),
    "a name of look-alikes": (EU.replace("name: acme", "name: \u0430cme", 1), "invalid", ""),
    "a name that leaves": (EU.replace("name: acme", "name: ../x", 1), "invalid", ""),
    "a display name that is Jinja": (_named("'{{ 7*7 }}{% raw %}'"), "allow", ""),
    "a display name that is Rego": (_named("'\"} } findings := {'"), "allow", ""),
    "a display name right to left": (_named('"a\u202eb"'), "invalid", ""),
}  # fmt: skip


@pytest.mark.parametrize("case", TEXTS)
def test_a_document(case: str, shared: Hostile) -> None:
    text, ended, said = TEXTS[case]
    shared.files[TENANT] = text
    outcome = shared.judge(shared.head())
    assert outcome.ended == ended, outcome
    if said:
        assert outcome == Outcome(ended, (said,))
