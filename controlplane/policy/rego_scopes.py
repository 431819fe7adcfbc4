"""Comprehensions, bodies of `every` and arguments that evaluators read differently.

The embedded evaluator finds nothing for a variable from outside that stands in the head of a
comprehension and not in its own body, nor for a comprehension or an `every` within an `every`.
OPA does not load `[x + 1 | …]`, the embedded evaluator neither `{-x | …}` nor `f(x, x)`. What a
name within may be called is `rego_names`' to say.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from controlplane.policy import rego_names
from controlplane.policy.rego_module import Form, Head, Module
from controlplane.policy.rego_scan import CLOSING, KEYWORDS, OPENING, Token, matching, opened

_INFIX = frozenset({
    "+", "-", "*", "/", "%", "&", "=", "==", "!=", "<", "<=", ">", ">=", "in",
})  # fmt: skip


@dataclass(frozen=True)
class Comprehension:
    """Indices of the opening bracket, of the bar after the head, and of the closing bracket."""

    begin: int
    bar: int
    end: int


def check(module: Module) -> None:
    """Note each such form of the module."""
    for rule in module.rules:
        _arguments(module, rule)
        made = list(comprehensions(rule.tokens))
        shared = _shared(module, rule)
        for each in made:
            _head(module, rule.tokens, each, made, shared)
            _infix(module, rule.tokens, each)
        _within_every(module, rule.tokens, made)


def comprehensions(tokens: Sequence[Token]) -> Iterator[Comprehension]:
    """Yield every comprehension, also those within others; a body and an index are none."""
    bodies = {begin for begin, _ in every_bodies(tokens)}
    for index, token in enumerate(tokens):
        if token.kind != "op" or token.text not in {"[", "{"} or index in bodies:
            continue
        if is_index(tokens, index) or (index and tokens[index - 1].text in {"if", "else"}):
            continue
        end = matching(tokens, index)
        if (bar := rego_names.bar(tokens[index + 1 : end])) is not None:
            yield Comprehension(index, index + 1 + bar, end)


def every_bodies(tokens: Sequence[Token]) -> Iterator[tuple[int, int]]:
    """Yield the indices of the brackets around each body of an `every`."""
    for index, token in enumerate(tokens):
        span = rego_names.every(tokens, index) if _word(token, "every") else None
        if span:
            yield opened(tokens, span[1] - 1), span[1] - 1


def is_index(tokens: Sequence[Token], at: int) -> bool:
    """Whether the bracket at `at` holds the index of what stands before it."""
    if at == 0 or tokens[at].text != "[" or tokens[at].first:
        return False
    before = tokens[at - 1]
    if before.kind == "name":
        return before.text not in KEYWORDS
    return before.kind == "op" and before.text in CLOSING


def _arguments(module: Module, rule: Head) -> None:
    if rule.form is not Form.FUNCTION:
        return
    seen: set[str] = set()
    for token in rego_names.variables(rule.tokens[2 : matching(rule.tokens, 1)]):
        if token.text in seen and token.text != "_":
            text = f"a second argument `{token.text}`, which some evaluators do not load"
            module.note(token, "rego/argument", text, "name it otherwise, and compare the two")
        seen.add(token.text)


def _shared(module: Module, rule: Head) -> set[str]:
    """Return the names that mean the same everywhere in the rule: no argument, no variable."""
    own = set(rego_names.declared(rule.tokens[1:]))
    if rule.form is Form.FUNCTION:
        arguments = rule.tokens[2 : matching(rule.tokens, 1)]
        own |= {token.text for token in rego_names.variables(arguments)}
    known = {*module.names(), *(each.alias for each in module.imports), "data", "input", "_"}
    return known - own


def _head(
    module: Module,
    tokens: Sequence[Token],
    made: Comprehension,
    others: Sequence[Comprehension],
    shared: set[str],
) -> None:
    """Note a variable of the head that the comprehension's own body does not mention."""
    inner = [each for each in others if made.begin < each.begin and each.end < made.end]
    inside = {
        name
        for each in inner
        if each.end < made.bar
        for name in rego_names.declared(tokens[each.bar + 1 : each.end])
    }
    own = [
        token
        for index, token in enumerate(tokens[made.bar + 1 : made.end], made.bar + 1)
        if not any(each.begin <= index <= each.end for each in inner)
    ]
    mentioned = {token.text for token in rego_names.variables(own)}
    for name in rego_names.variables(tokens[made.begin + 1 : made.bar]):
        if name.text not in shared | inside | mentioned:
            text = f"`{name.text}` is from outside: some evaluators make nothing of it in this head"
            remedy = f"give it a name in the body, and use that: `each := {name.text}`"
            module.note(name, "rego/comprehension", text, remedy)


def _infix(module: Module, tokens: Sequence[Token], made: Comprehension) -> None:
    index = made.begin + 1
    while index < made.bar:
        token = tokens[index]
        if token.kind == "op" and token.text in OPENING:
            index = matching(tokens, index)
        elif token.text in _INFIX and token.kind in {"op", "name"}:
            text = f"not every evaluator loads `{token.text}` in the head of a comprehension"
            module.note(token, "rego/comprehension", text, "give it a name in the body by `:=`")
            return
        index += 1


def _within_every(module: Module, tokens: Sequence[Token], made: Sequence[Comprehension]) -> None:
    begins = [each.begin for each in made]
    begins += [index for index, token in enumerate(tokens) if _word(token, "every")]
    bodies = list(every_bodies(tokens))
    for index in sorted(begins):
        if any(begin < index < end for begin, end in bodies):
            what = "an `every`" if _word(tokens[index], "every") else "a comprehension"
            text = f"{what} within `every` finds nothing for some evaluators"
            remedy = "ask a function that says it: `every x in xs { clean(x) }`"
            module.note(tokens[index], "rego/every", text, remedy)


def _word(token: Token, text: str) -> bool:
    return token.kind == "name" and token.text == text
