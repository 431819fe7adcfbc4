"""Rules with something wrong: each must be noticed by a sample or a test of the rule.

One condition less, one finding less, or a finding too many. A condition is one expression of a
rule's body. What declares a variable (`some`, `:=`) is no condition of its own; a mutant that no
longer loads is not one either.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from controlplane.policy.model import PolicyModule
from controlplane.policy.rego_module import Form, read
from controlplane.policy.rego_scan import OPENING, Token, matching, scan

_GOES_ON = {"==", "!=", "<", "<=", ">", ">=", ":=", "=", "+", "-", "*", ".", ",", "|", "&", "in"}


@dataclass(frozen=True)
class Mutant:
    """A module without the condition at `line`."""

    module: PolicyModule
    line: int
    removed: str

    def __str__(self) -> str:
        return f"{self.module.path}:{self.line} without `{self.removed}`"


def mutants(module: PolicyModule) -> Iterator[Mutant]:
    """Yield every mutant of a module, in the order of its text."""
    for rule in read(scan(module.path, module.text)).rules:
        if rule.form is Form.DEFAULT:
            continue
        for begin, end, braced in _conditions(rule.tokens):
            tokens = rule.tokens[begin:end]
            first, last = tokens[0], tokens[-1]
            removed = module.text[first.offset : last.end]
            instead = "" if braced else "true"
            text = module.text[: first.offset] + instead + module.text[last.end :]
            yield Mutant(PolicyModule(module.path, text), first.line, " ".join(removed.split()))


def _conditions(tokens: Sequence[Token]) -> Iterator[tuple[int, int, bool]]:
    """Yield (begin, end, in braces) of each expression of the rule's body."""
    at = _if(tokens)
    if at is None:
        return
    if tokens[at + 1].text != "{":
        yield at + 1, len(tokens), False
        return
    last = matching(tokens, at + 1)
    expressions = list(_expressions(tokens, at + 2, last))
    for begin, end in expressions:
        words = {token.text for token in _outer(tokens[begin:end])}
        if not words & {"some", ":="} and len(expressions) > 1:
            yield begin, end, True


def _if(tokens: Sequence[Token]) -> int | None:
    index = 0
    while index < len(tokens):
        if tokens[index].kind == "op" and tokens[index].text in OPENING:
            index = matching(tokens, index)
        elif tokens[index].text == "if" and tokens[index].kind == "name":
            return index
        index += 1
    return None


def _expressions(tokens: Sequence[Token], begin: int, end: int) -> Iterator[tuple[int, int]]:
    index = start = begin
    while index < end:
        token, before = tokens[index], tokens[index - 1]
        goes_on = token.text in _GOES_ON or (before.text in _GOES_ON and index > start)
        if index > start and (token.text == ";" or (token.first and not goes_on)):
            yield start, index
            start = index + (token.text == ";")
            index = max(index, start)
        if index < end and tokens[index].kind == "op" and tokens[index].text in OPENING:
            index = matching(tokens, index)
        index += 1
    if start < end:
        yield start, end


def _outer(tokens: Sequence[Token]) -> Iterator[Token]:
    index = 0
    while index < len(tokens):
        yield tokens[index]
        if tokens[index].kind == "op" and tokens[index].text in OPENING:
            index = matching(tokens, index)
        index += 1


def silenced(module: PolicyModule, name: str) -> Iterator[Mutant]:
    """Yield the module with one part of the set `name` less, for each `name contains … if …`."""
    for rule in read(scan(module.path, module.text)).rules:
        if rule.name != name or rule.form is not Form.SET:
            continue
        at = _if(rule.tokens)
        assert at is not None, f"{module.path}:{rule.first.line} adds to {name} in any case"
        begins, last = rule.tokens[at].end, rule.tokens[-1].end
        body = module.text[begins:last].strip()
        inside = body[1:-1] if body.startswith("{") else f"\n\t{body}\n"
        text = f"{module.text[:begins]} {{\n\tfalse\n{inside}}}{module.text[last:]}"
        yield Mutant(PolicyModule(module.path, text), rule.first.line, f"{name} of that line")


def overzealous(module: PolicyModule) -> Mutant:
    """Return the module as one that finds something in everything."""
    finding = '{"code": "everything", "path": [], "params": {}}'
    text = f"{module.text}\nfindings contains {finding}\n"
    return Mutant(PolicyModule(module.path, text), 1, "any condition")
