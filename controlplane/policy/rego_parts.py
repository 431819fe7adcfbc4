"""Takes a rule apart: its bodies, the expressions of each, and rules that ask how far one holds.

Decides how a body is cut and what is generated from it. A generated rule holds where the first N
expressions of one body hold together, so that every evaluator can be asked, each in its own way,
which condition it was that did not hold. Nothing here evaluates anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from controlplane.policy import rego_module
from controlplane.policy.bundle import LIBRARIES, of_parts
from controlplane.policy.model import PolicyBundle, PolicyModule, Rule
from controlplane.policy.rego_module import Form, Head, Module, path_of
from controlplane.policy.rego_scan import KEYWORDS, Token, matching, scan, statements

FAMILY = "explained"
ANSWERS = frozenset({"findings", "valid_until"})
WAYS = "explained_ways"
TERM = "explained_term"
NO_NAME = " "  # a key that is no name, so that a way without names is a value too


@dataclass(frozen=True)
class Expression:
    """One condition of a body: its text on one line, and the names that it gives a value."""

    source: str
    text: str
    line: int
    gives: tuple[str, ...]
    paths: tuple[tuple[str, ...], ...]  # ("input", "subject", "name"): what it looks at


@dataclass(frozen=True)
class Body:
    """One `findings contains term if { … }`: its conditions, the term itself last."""

    line: int
    expressions: tuple[Expression, ...]


def bodies(module: PolicyModule) -> tuple[Body, ...]:
    """Return every body that adds a finding, in the order of the file."""
    read = rego_module.read(scan(module.path, module.text))
    aliases = dict(_aliases(read))
    heads = [r for r in read.rules if r.name == "findings" and r.form is Form.SET]
    return tuple(_body(read.source.text, head, aliases) for head in heads)


def _aliases(module: Module) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the names that only stand for a path of the input: `spec := input.subject…`."""
    for rule in module.rules:
        if rule.form is Form.VALUE and len(rule.tokens) > 2 and rule.tokens[1].text == ":=":
            path = path_of(rule.tokens[2:])
            if path and path[0] in {"input", "data"}:
                yield rule.name, tuple(path)


def _body(text: str, head: Head, aliases: dict[str, tuple[str, ...]]) -> Body:
    tokens = head.tokens
    at = _keyword(tokens, "if")
    term, conditions = tokens[2:at], tokens[at + 1 :]
    if conditions and conditions[0].text == "{" and matching(conditions, 0) == len(conditions) - 1:
        conditions = conditions[1:-1]
    parts = [each for each in statements(conditions) if each] if conditions else []
    joined = [_expression(text, part, aliases) for part in _with_bare_some(parts)]
    last = _expression(text, term, aliases)
    finding = Expression(f"{TERM} := {last.source}", last.text, last.line, (), last.paths)
    return Body(head.first.line, (*joined, finding))


def _keyword(tokens: Sequence[Token], word: str) -> int:
    """Return the index of `word` outside of brackets, the length where it is not there."""
    index = 0
    while index < len(tokens):
        if tokens[index].kind == "op" and tokens[index].text in {"(", "[", "{"}:
            index = matching(tokens, index)
        elif tokens[index].kind == "name" and tokens[index].text == word:
            return index
        index += 1
    return len(tokens)


def _with_bare_some(parts: Sequence[tuple[Token, ...]]) -> Iterator[tuple[Token, ...]]:
    """Yield the parts, a `some x` without `in` together with the one that gives x a value."""
    held: tuple[Token, ...] = ()
    for part in parts:
        bare = part[0].text == "some" and _keyword(part, "in") == len(part)
        if bare:
            held += part
            continue
        yield held + part
        held = ()
    if held:
        yield held


def _expression(
    text: str, tokens: Sequence[Token], aliases: dict[str, tuple[str, ...]]
) -> Expression:
    tokens = [t for i, t in enumerate(tokens) if not (t.text == ";" and i == len(tokens) - 1)]
    return Expression(
        source=text[tokens[0].offset : tokens[-1].end],
        text=_on_one_line(text, tokens),
        line=tokens[0].line,
        gives=tuple(_given(tokens)),
        paths=tuple(dict.fromkeys(_paths(tokens, aliases))),
    )


def _on_one_line(text: str, tokens: Sequence[Token]) -> str:
    """Return the tokens with one space where there was space or a comment between them."""
    said = tokens[0].text
    for before, token in pairwise(tokens):
        said += (" " if text[before.end : token.offset] else "") + token.text
    return said


def _given(tokens: Sequence[Token]) -> Iterator[str]:
    """Yield the names declared by `some … in` or `:=` at the beginning of an expression."""
    assigned = next((i for i, t in enumerate(tokens) if t.text == ":=" and t.kind == "op"), 0)
    end = assigned
    if tokens[0].text == "some":
        end = _keyword(tokens, "in")
        if end == len(tokens):  # `some x, y`, and what gives them a value after it
            end = next((i for i in range(2, end, 2) if tokens[i].text != ","), end)
    for token in tokens[:end]:
        if token.kind == "name" and token.text not in KEYWORDS and token.text != "_":
            yield token.text


def _paths(
    tokens: Sequence[Token], aliases: dict[str, tuple[str, ...]]
) -> Iterator[tuple[str, ...]]:
    for index, token in enumerate(tokens):
        if token.kind != "name" or (index and tokens[index - 1].text == "."):
            continue
        begin = aliases.get(token.text, (token.text,))
        if begin[0] not in {"input", "data"}:
            continue
        path, at = list(begin), index + 1
        while at + 1 < len(tokens) and tokens[at].text == "." and tokens[at + 1].kind == "name":
            path.append(tokens[at + 1].text)
            at += 2
        yield tuple(path)


def name(body: int, length: int) -> str:
    """Return the id of the rule that asks whether the first `length` expressions hold."""
    return f"{FAMILY}/b{body}-e{length}"


def probe(bundle: PolicyBundle, rule: Rule, parts: Sequence[Body]) -> PolicyBundle:
    """Return a bundle of rules, one for each beginning of each body of `rule`.

    Each finds one thing where the beginning holds, with `params.values`: what the names in it
    stand for, for each way in which it holds, beside NO_NAME.
    """
    module = next(module for module in bundle.modules if module.path == rule.module)
    rest = _without_answers(module)
    rules, modules = [], [m for m in bundle.modules if m.path.startswith(LIBRARIES)]
    for number, body in enumerate(parts):
        for length in range(1, len(body.expressions) + 1):
            identity = name(number, length)
            package = f"controlplane.{FAMILY}.b{number}_e{length}"
            path = f"policies/{identity}/rule.rego"
            asked = _asking(body.expressions[:length])
            modules.append(PolicyModule(path, f"package {package}\n\n{rest}\n\n{asked}\n"))
            rules.append(_rule(rule, identity, package, path))
    return of_parts(rules, modules, bundle.data)


def _without_answers(module: PolicyModule) -> str:
    """Return the module without its package and without what it answers."""
    read = rego_module.read(scan(module.path, module.text))
    dropped = {r.first.offset for r in read.rules if r.name in ANSWERS}
    kept = [
        module.text[s.first.offset : s.tokens[-1].end]
        for s in read.source.statements
        if s.first.text != "package" and s.first.offset not in dropped
    ]
    return "\n\n".join(kept)


def _asking(expressions: Sequence[Expression]) -> str:
    """Return the rule's text.

    The names stand in a set of their own: some evaluators read a comma within a comprehension as
    the end of an item.
    """
    names = dict.fromkeys(given for each in expressions for given in each.gives)
    values = "".join(f', "{given}": {given}' for given in names)
    chain = "\n\t".join(each.source for each in expressions)
    return (
        f'{WAYS} contains {{"{NO_NAME}": true{values}}} if {{\n\t{chain}\n}}\n\n'
        'findings contains {"code": "held", "path": [], "params": '
        f'{{"values": [way | some way in {WAYS}]}}}} if {{\n\tcount({WAYS}) > 0\n}}'
    )


def _rule(rule: Rule, identity: str, package: str, path: str) -> Rule:
    return Rule(
        id=identity,
        package=package,
        title=rule.title,
        description="",
        severity=rule.severity,
        subjects=rule.subjects,
        uses=rule.uses,
        messages={"held": "held"},
        remedy="",
        controls=(),
        module=path,
    )
