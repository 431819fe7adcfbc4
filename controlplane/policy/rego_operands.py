"""Operands that evaluators cut or bind differently: chained comparisons, and indices within them.

`a < b == c` is read in two ways, and the guards of the embedded evaluator make a third of it. It
also calls nothing with `xs[k]` while `k` has no value yet: where an operand of `<`, an argument or
a member is to go through `xs`, it stays silent; OPA takes such a part out in front. So an index
must be given its values in an expression of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from controlplane.policy import rego_names
from controlplane.policy.rego_module import Module
from controlplane.policy.rego_scan import CLOSING, OPENING, Token, begins, matching
from controlplane.policy.rego_scopes import comprehensions, every_bodies, is_index

_COMPARE = frozenset({"=", "==", "!=", "<", "<=", ">", ">=", "in"})
_CALLS = frozenset({"<", "<=", ">", ">=", "in", "not"})  # calls, to some evaluators; or unsafe
_DIVIDE = frozenset({";", ",", ":", ":=", "if", "else", "contains"})


def check(module: Module) -> None:
    """Note each such operand of the module."""
    for rule in module.rules:
        bars = {each.bar for each in comprehensions(rule.tokens)}
        _chains(module, rule.tokens, bars)
        _indices(module, rule.tokens, bars)


def _chains(module: Module, tokens: Sequence[Token], bars: set[int]) -> None:
    """Note a second comparison in an expression, without brackets around either."""
    declaring = set(_declaring(tokens))
    seen = [False]  # for each bracket that is open: whether a comparison stands before
    for index, token in enumerate(tokens):
        if token.kind == "op" and token.text in CLOSING:
            seen.pop()
        elif index in bars or _divides(tokens, index):
            seen[-1] = False
        if token.kind == "op" and token.text in OPENING:
            seen.append(False)
        elif _is(token, _COMPARE) and index not in declaring:
            if seen[-1]:
                text = "evaluators read a second comparison in one expression differently"
                remedy = "give the first a name, `below := a < b`, and compare that"
                module.note(token, "rego/comparison", text, remedy)
            seen[-1] = True


def _declaring(tokens: Sequence[Token]) -> Iterator[int]:
    """Yield where the `in` of each `some … in` and `every … in` stands."""
    for index, token in enumerate(tokens):
        if _is(token, {"some", "every"}):
            pattern, with_in = rego_names.until_in(tokens, index + 1)
            if with_in:
                yield index + 1 + len(pattern)


def _divides(tokens: Sequence[Token], index: int) -> bool:
    """Whether an expression begins at `index`, or the token stands between two."""
    new = index > 0 and begins(tokens[index - 1], tokens[index])
    return new or _is(tokens[index], _DIVIDE)


def _indices(module: Module, tokens: Sequence[Token], bars: set[int]) -> None:
    scopes = {each.begin for each in comprehensions(tokens)}
    scopes |= {begin for begin, _ in every_bodies(tokens)}
    scopes |= {at + 1 for at, token in enumerate(tokens[:-1]) if _is(token, {"if", "else"})}
    for at in free_indices(tokens):
        if _is_operand(tokens, at, bars, scopes, set(_declaring(tokens))):
            text = f"some evaluators do not go through the values of `{tokens[at].text}` here"
            remedy = "give what is indexed a name first: `x := xs[k]`, or write `some x in xs`"
            module.note(tokens[at], "rego/index", text, remedy)


def free_indices(tokens: Sequence[Token]) -> Iterator[int]:
    """Yield each index `_`, and the first use of each name that a bare `some` declares."""
    for index, token in enumerate(tokens):
        if _is(token, {"_"}) and is_index(tokens, index - 1):
            yield index
        if not _is(token, {"some"}):
            continue
        pattern, with_in = rego_names.until_in(tokens, index + 1)
        for name in () if with_in else rego_names.variables(pattern):
            after = range(index + 1 + len(pattern), len(tokens))
            use = next((at for at in after if tokens[at].text == name.text), None)
            if use is not None and is_index(tokens, use - 1):
                yield use


def _is_operand(
    tokens: Sequence[Token], at: int, bars: set[int], scopes: set[int], declaring: set[int]
) -> bool:
    """Whether the index at `at` is part of a call or a value, or beside what some make a call."""
    begin, end, found = 0, len(tokens), False
    while True:
        inner, compares = None, False
        index = begin
        while index < end:
            if index in bars or _divides(tokens, index):
                if index > at:
                    break
                compares = False
            if _is(tokens[index], _CALLS) and index not in declaring:
                compares = True
            if tokens[index].kind == "op" and tokens[index].text in OPENING:
                last = matching(tokens, index)
                inner = index if index < at <= last else inner
                index = last
            index += 1
        found = found or compares
        if inner is None:
            return found
        if inner in scopes:
            found = False
        elif inner != at - 1:
            found = True
        begin, end = inner + 1, matching(tokens, inner)


def _is(token: Token, texts: frozenset[str] | set[str]) -> bool:
    return token.kind in {"op", "name"} and token.text in texts
