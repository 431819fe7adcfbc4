"""`cpctl policy docs`: a page per rule, an index, and which rules others know by another name.

All of it comes from METADATA, parameters and samples.

Pure: the same policies give the same text to the byte, so that a page that was not written again
is found by comparing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from controlplane.policy.bundle import LoadedPolicies, RuleFiles
from controlplane.policy.model import Rule
from evidence.canonical import Json

NOTE = "<!-- Written by `cpctl policy docs` from the rule's METADATA; edit the rule instead. -->\n"


def pages(loaded: LoadedPolicies) -> dict[str, str]:
    """Return path below the output folder → Markdown."""
    rules = sorted(loaded.bundle.rules, key=lambda rule: rule.id)
    written = {f"{rule.id}.md": _page(rule, loaded.files[rule.id]) for rule in rules}
    twins = {rule.id: loaded.files[rule.id].metadata.custom.twins for rule in rules}
    return {"README.md": _index(rules), "twins.md": _twins(twins), **written}


def _twins(of: Mapping[str, Sequence[str]]) -> str:
    """Return the page that leads from another library's policy to the rule that does its work."""
    lines = [
        NOTE,
        "# Twins\n",
        "Policies of other libraries, and the rule here that looks for the same. A twin is no",
        "copy: it may allow more, or less. Both pages say what each does.\n",
        "| library | policy | rule |",
        "|---|---|---|",
    ]
    pairs = sorted((*twin.split(": ", 1), rule) for rule, twins in of.items() for twin in twins)
    lines += [f"| {library} | {policy} | [{rule}]({rule}.md) |" for library, policy, rule in pairs]
    return "\n".join(lines) + "\n"


def _index(rules: list[Rule]) -> str:
    lines = [
        NOTE,
        "# Rules\n",
        f"{len(rules)} rules; how to write one: [policies](../policies.md). "
        "What other libraries call them: [twins](twins.md).\n",
    ]
    for family in sorted({rule.id.partition("/")[0] for rule in rules}):
        lines += [f"## {family}\n", "| rule | says | severity | judges |", "|---|---|---|---|"]
        lines += [
            f"| [{rule.id.partition('/')[2]}]({rule.id}.md) | {_cell(rule.title)} "
            f"| {rule.severity} | {', '.join(sorted(rule.subjects))} |"
            for rule in rules
            if rule.id.startswith(family + "/")
        ]
        lines.append("")
    return "\n".join(lines)


def _page(rule: Rule, files: RuleFiles) -> str:
    return "\n".join([NOTE, f"# {rule.id}\n", *_sections(rule, files)]) + "\n"


def _sections(rule: Rule, files: RuleFiles) -> Iterator[str]:
    yield f"**{rule.title}.** {rule.description.strip()}\n"
    yield "| | |\n|---|---|"
    yield f"| severity | {rule.severity}{_tempered(rule)} |"
    yield f"| judges | {', '.join(sorted(rule.subjects))} |"
    yield f"| looks at | {', '.join(sorted({'the subject', *rule.uses}))} |"
    yield f"| controls | {', '.join(rule.controls) or 'none'} |"
    if twins := files.metadata.custom.twins:
        yield f"| twins | {', '.join(twins)} |"
    yield f"| source | `{rule.module}` |\n"
    yield "## Findings\n\n| code | message |\n|---|---|"
    yield from (f"| `{code}` | {_cell(words)} |" for code, words in sorted(rule.messages.items()))
    yield f"\n## Remedy\n\n{rule.remedy.strip()}"
    if files.schema is not None:
        yield "\n## Parameters\n\n| name | default | meaning |\n|---|---|---|"
        yield from _parameters(files.schema)
    if files.metadata.related_resources:
        yield "\n## See also\n"
        for related in files.metadata.related_resources:
            yield f"- <{related.ref}> {related.description}".rstrip()
    yield "\n## Samples\n"
    for name in sorted(files.samples):
        verdict = "fires" if name.startswith("deny") else "silent"
        yield f"- `{name}`: {verdict}"


def _tempered(rule: Rule) -> str:
    """Return where and until when the rule's denials weigh as warnings."""
    style = ", a matter of style: a warning where strictness is relaxed" if rule.style else ""
    begins = f", a warning before {rule.effective_on}" if rule.effective_on else ""
    return f"{style}{begins}"


def _parameters(schema: Mapping[str, Json]) -> Iterator[str]:
    for name, each in sorted(schema.get("properties", {}).items()):
        default = f"`{each['default']}`" if "default" in each else "must be given"
        yield f"| `{name}` | {_cell(default)} | {_cell(each.get('description', ''))} |"


def _cell(text: str) -> str:
    return " ".join(str(text).split()).replace("|", "\\|")
