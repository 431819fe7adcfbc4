"""Operands that evaluators cut or bind differently: chained comparisons, and indices within them.

`a < b == c` is read in two ways, and the guards of the embedded evaluator make a third of it. It
also calls nothing with `xs[k]` while `k` has no value yet: where an operand of `<`, an argument or
a member is to go through `xs`, it stays silent; OPA takes such a part out in front. So an index
must be given its values in an expression of its own. In an array the engine puts what is indexed
in order by a call, so there what it calls with must have a value as well: `xs[i].a[j]` has none.
"""

from __future__ import annotations

from collections.abc import Sequence

from controlplane.policy.rego_indices import (
    FreeIndex,
    declaring,
    divides,
    expression,
    free_indices,
    makes_array,
    reference,
    valueless,
)
from controlplane.policy.rego_module import Module
from controlplane.policy.rego_scan import CLOSING, OPENING, Token
from controlplane.policy.rego_scopes import comprehensions

_COMPARE = frozenset({"=", "==", "!=", "<", "<=", ">", ">=", "in"})
_EQUAL = frozenset({"=", "==", "!="})
_CALCULATE = frozenset({"+", "-", "*", "/", "%", "&", "|"})
_REMEDY = "give what is indexed a name first: `x := xs[k]`, or write `some x in xs`"
_NESTED = "give that a name first: `each := xs[i]`, and then `each.a[j]` or `some x in each.a`"
_PARTS = "go through it first, `some x in xs`, and compare the parts of `x`"


def check(module: Module) -> None:
    """Note each such operand of the module."""
    for rule in module.rules:
        bars = {each.bar for each in comprehensions(rule.tokens)}
        _chains(module, rule.tokens, bars)
        _indices(module, rule.tokens, bars)


def _chains(module: Module, tokens: Sequence[Token], bars: set[int]) -> None:
    """Note a second comparison in an expression, without brackets around either."""
    ins = set(declaring(tokens))
    seen = [False]  # for each bracket that is open: whether a comparison stands before
    for index, token in enumerate(tokens):
        if token.kind == "op" and token.text in CLOSING:
            seen.pop()
        elif index in bars or divides(tokens, index):
            seen[-1] = False
        if token.kind == "op" and token.text in OPENING:
            seen.append(False)
        elif _is(token, _COMPARE) and index not in ins:
            if seen[-1]:
                text = "evaluators read a second comparison in one expression differently"
                remedy = "give the first a name, `below := a < b`, and compare that"
                module.note(token, "rego/comparison", text, remedy)
            seen[-1] = True


def _indices(module: Module, tokens: Sequence[Token], bars: set[int]) -> None:
    noted: set[int] = set()  # `xs[[_, _]]` is one problem
    ins, free, compared = set(declaring(tokens)), valueless(tokens), set[int]()
    for each in sorted(free_indices(tokens), key=lambda each: each.bracket):
        begin = reference(tokens, each.bracket)
        around = expression(tokens, begin)
        nested = makes_array(tokens, each.bracket) and (
            begin - 1 in ins or each.pattern or any(begin <= at < each.bracket for at in free)
        )
        right = _after(tokens, begin, bars, _CALCULATE) or (
            around in compared and _after(tokens, begin, bars, _EQUAL)
        )
        compared.add(around)
        unnamed = each.pattern and each.name.text == "_"
        here = each.operand or right or unnamed or _heads(tokens, each)
        if each.bracket not in noted and (nested or here):
            noted.add(each.bracket)
            _note(module, each, nested=nested)


def _note(module: Module, each: FreeIndex, *, nested: bool) -> None:
    where, remedy = "here", _REMEDY
    if each.pattern:
        where, remedy = "within a pattern here", _PARTS
    elif nested:
        where, remedy = "in an array, of what has no value yet either", _NESTED
    text = f"some evaluators do not go through the values of `{each.name.text}` {where}"
    module.note(each.name, "rego/index", text, remedy)


def _after(tokens: Sequence[Token], begin: int, bars: set[int], operators: frozenset[str]) -> bool:
    """Whether what begins here stands right of such an operator."""
    return begin > 0 and begin - 1 not in bars and _is(tokens[begin - 1], operators)


def _heads(tokens: Sequence[Token], each: FreeIndex) -> bool:
    """Whether it stands in the head of a comprehension, where some evaluators find nothing."""
    around = [it for it in comprehensions(tokens) if it.begin < each.bracket < it.end]
    return bool(around) and each.bracket < around[-1].bar


def _is(token: Token, texts: frozenset[str] | set[str]) -> bool:
    return token.kind in {"op", "name"} and token.text in texts
