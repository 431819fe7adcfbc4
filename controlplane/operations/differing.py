"""Which rules of two sets of policies are not the same rule.

A rule is the same where everything that its answer depends on is: its text, what it says of
itself, the libraries that it reaches, and its parameters. Two rules that are the same need not both
be asked: no evaluator can answer them differently.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from controlplane.policy.model import PolicyBundle, Rule, Severity
from evidence.canonical import Json, digest

_PARAMETERS: Final = re.compile(r"\bdata\.parameters\.([A-Za-z_]\w*)\.([A-Za-z_]\w*)")
_PARAMETERS_OR_ELSE: Final = re.compile(
    r"\bobject\.get\(data\.parameters, \[\"([A-Za-z_]\w*)\", \"([A-Za-z_]\w*)\""
)
_DATA: Final = re.compile(r"(?<![\w.\"])data\b(?![\"\w])")
_LIBRARY: Final = re.compile(r"\bdata\.controlplane\.lib\.([a-z][a-z0-9_]*)")


def differing(before: Sequence[PolicyBundle], after: Sequence[PolicyBundle]) -> frozenset[str]:
    """Return the rules that stand on one side only, or on both and are not the same."""
    old, new = _prints(before), _prints(after)
    return frozenset(rule for rule in {*old, *new} if old.get(rule) != new.get(rule))


def no_longer_deny(
    before: Sequence[PolicyBundle], after: Sequence[PolicyBundle]
) -> Mapping[str, Rule]:
    """Return the rules of `before` that deny and are gone, are milder, or see fewer kinds."""
    new: dict[str, list[Rule]] = {}
    for bundle in after:
        for rule in bundle.rules:
            new.setdefault(rule.id, []).append(rule)
    return {
        rule.id: rule
        for bundle in before
        for rule in bundle.rules
        if rule.severity is Severity.DENY and not _covered(rule, new.get(rule.id, []))
    }


def _covered(rule: Rule, others: Sequence[Rule]) -> bool:
    kinds = {kind for other in others if not _milder(other, rule) for kind in other.subjects}
    return bool(kinds) and rule.subjects <= kinds


def _milder(rule: Rule, than: Rule) -> bool:
    """Whether what a rule says of itself lets it deny later, in fewer environments, or never."""
    later = rule.effective_on > than.effective_on  # dates as text; "" is always
    return rule.severity is not Severity.DENY or later or (rule.style and not than.style)


def _prints(bundles: Sequence[PolicyBundle]) -> Mapping[str, frozenset[str]]:
    """Return rule → what it is made of, one digest for each set that holds it."""
    found: dict[str, set[str]] = {}
    for bundle in bundles:
        texts = {module.path: module.text for module in bundle.modules}
        for rule in bundle.rules:
            found.setdefault(rule.id, set()).add(_print(rule, texts, bundle))
    return {rule: frozenset(prints) for rule, prints in found.items()}


def _print(rule: Rule, texts: Mapping[str, str], bundle: PolicyBundle) -> str:
    reached = _reached(texts[rule.module], texts)
    code = "\n".join([texts[rule.module], *reached.values()])
    return digest(
        {
            "text": texts[rule.module],
            "libraries": reached,
            "parameters": _parameters(code, bundle),
            "others": bundle.digest if _reads_more(code) else "",
        }
    )


def _reads_more(code: str) -> bool:
    """Whether a text may read other data than libraries and parameters: then all of it counts."""
    plain = "\n".join(line.partition("#")[0] for line in code.splitlines())
    return _DATA.search(_LIBRARY.sub("", plain).replace("data.parameters", "")) is not None


def _parameters(code: str, bundle: PolicyBundle) -> Json:
    """Return the parameters that a text reads: all of them where it does not name which."""
    named = [*_PARAMETERS.findall(code), *_PARAMETERS_OR_ELSE.findall(code)]
    every: Json = bundle.data.get("parameters", {})
    if len(named) < code.count("data.parameters"):
        return every
    return {f"{family}.{rule}": every.get(family, {}).get(rule) for family, rule in set(named)}


def _reached(text: str, texts: Mapping[str, str]) -> dict[str, str]:
    """Return the libraries that a text imports, and those that they import."""
    found: dict[str, str] = {}
    todo = [text]
    while todo:
        for name in _LIBRARY.findall(todo.pop()):
            path = f"policies/lib/{name}/{name}.rego"
            if path in texts and path not in found:
                found[path] = texts[path]
                todo.append(texts[path])
    return found
