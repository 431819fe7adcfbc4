"""Forms of `some` and `every` that evaluators read differently, though each part is portable.

The embedded evaluator holds `every x in xs { not x.a }` true as soon as one member has no `a`,
takes the comma of `some k, v in xs` within a comprehension for the end of an item, and knows no `_`
in a `some` without `in`. Only the first is silent; all are refused, so that a rule which loads here
loads everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence

from controlplane.policy import rego_names
from controlplane.policy.rego_module import Module
from controlplane.policy.rego_scan import OPENING, Token, matching


def check(module: Module) -> None:
    """Note each such form of the module."""
    for rule in module.rules:
        _negations(module, rule.tokens)
        _pairs(module, rule.tokens)


def _negations(module: Module, tokens: Sequence[Token]) -> None:
    seen: set[int] = set()  # one `not` within two `every` is one problem
    for index, token in enumerate(tokens):
        span = rego_names.every(tokens, index) if _word(token, "every") else None
        for inside in tokens[span[0] : span[1]] if span else ():
            if _word(inside, "not") and inside.offset not in seen:
                seen.add(inside.offset)
                text = "a `not` within `every` holds for some evaluators once one member is so"
                remedy = "ask a function that says `not` itself: `every x in xs { clean(x) }`"
                module.note(inside, "rego/every", text, remedy)


def _pairs(module: Module, tokens: Sequence[Token]) -> None:
    for index, token in enumerate(tokens):
        if not _word(token, "some"):
            continue
        pattern, with_in = rego_names.until_in(tokens, index + 1)
        if with_in and _comma(pattern) and _in_comprehension(tokens, index):
            text = "some evaluators do not load `some k, v in …` within a comprehension"
            remedy = "write `some k` and then `v := xs[k]`, or make it a rule of its own"
            module.note(token, "rego/some", text, remedy)
        elif not with_in and any(each.text == "_" for each in pattern):
            text = "some evaluators do not load a `some` that declares `_`"
            module.note(token, "rego/some", text, "leave `_` out: it needs no declaration")


def _word(token: Token, text: str) -> bool:
    return token.kind == "name" and token.text == text


def _comma(pattern: Sequence[Token]) -> bool:
    """Whether a comma stands outside of the pattern's brackets."""
    index = 0
    while index < len(pattern):
        if pattern[index].text == ",":
            return True
        index = matching(pattern, index) if pattern[index].text in OPENING else index
        index += 1
    return False


def _in_comprehension(tokens: Sequence[Token], at: int) -> bool:
    return any(
        token.text in {"[", "{"}
        and token.kind == "op"
        and matching(tokens, begin) > at
        and rego_names.has_bar(tokens[begin + 1 : matching(tokens, begin)])
        for begin, token in enumerate(tokens[:at])
    )
